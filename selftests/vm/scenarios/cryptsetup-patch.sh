# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What patches/cryptsetup offers: in the capture kernel cryptsetup itself opens the volume
# with the logon key that came over, verified against the header, and nothing else.
#
# disk: luks2-pbkdf2
# programs: cryptsetup/cryptsetup
# phases: first capture
# scan verified: payload=2 cipher=0-4
# scan opened: payload=2 cipher=0-8
# scan closed: payload=2 cipher=0-8

PATCHED=/usr/local/sbin/cryptsetup

# dm-crypt and AF_ALG take a key that their user possesses.
possess_ring() { keyctl link "$(ring)" @s; }

leave_ring() { keyctl unlink "$(ring)" @s; }

no_mapping() { ! dmsetup ls --target crypt | grep -q "("; }

table_has() { dmsetup table "$NAME" | grep -q -e "$1"; }

is_read_only() { [ "$(blockdev --getro "/dev/mapper/$NAME")" = 1 ]; }

# with_key KEY COMMAND ARGUMENT…: the patched cryptsetup with this logon key
with_key()
{
	key=%logon:$1 command=$2
	shift 2
	"$PATCHED" "$command" --volume-key-keyring "$key" "$@"
}

# refuses WHAT STATUS PATTERN KEY ARGUMENT…: it opens nothing with this key, and says why
refuses()
{
	what=$1 expected_status=$2 pattern=$3 other=$4
	shift 4
	refused "$what" "$expected_status" with_key "$other" open "$@" "$NAME"
	says "$what: it says why" "$pattern"
	check "$what: nothing is mapped" no_mapping
}

# From the disk, not from the page cache.
reads_back()
{
	echo 3 > /proc/sys/vm/drop_caches
	check "$1: the file of the first kernel is intact" marker_is_intact
}

opens_and_closes()
{
	need "the key is verified, and nothing opened" with_key "$KEY" open --test-passphrase /dev/vda
	check "nothing is mapped" no_mapping
	scan verified
	need "the volume opens" with_key "$KEY" open /dev/vda "$NAME"
	scan opened
	check "its table names the key" table_has ":64:logon:$KEY "
	check "cryptsetup status" cryptsetup status "$NAME"
	says "it is LUKS2, by its key in the keyring" "key location: keyring"
	need "it is mounted" mount_volume
	reads_back open
	check "refresh" with_key "$KEY" refresh --allow-discards "$NAME"
	check "the table is another" table_has allow_discards
	suspends_and_resumes
	umount /mnt
	check "Debian's cryptsetup resizes it" unlock resize --device-size 128M "$NAME"
	check "it closes" "$PATCHED" close "$NAME"
	differ "the key stays where it was" "" "$(member "$KEY")"
	scan closed
}

suspends_and_resumes()
{
	need "luksSuspend" "$PATCHED" luksSuspend "$NAME"
	refused "luksResume with another key" 2 with_key other:key luksResume "$NAME"
	refused "luksResume with a key that is not there" 1 with_key no:key luksResume "$NAME"
	check "luksResume" with_key "$KEY" luksResume "$NAME"
	reads_back resumed
}

other_ways_to_open()
{
	need "the header is backed up" cryptsetup luksHeaderBackup /dev/vda --header-backup-file /tmp/header
	need "open --header" with_key "$KEY" open --header /tmp/header /dev/vda "$NAME"
	check "close" "$PATCHED" close "$NAME"
	need "open --readonly" with_key "$KEY" open --readonly /dev/vda "$NAME"
	check "it is read-only" is_read_only
	check "close" "$PATCHED" close "$NAME"
}

add_a_passphrase()
{
	get_passphrase
	printf '%s' "$PASSPHRASE" > /tmp/passphrase
	with_key "$KEY" luksAddKey --batch-mode --pbkdf pbkdf2 --pbkdf-force-iterations 1000 /dev/vda /tmp/passphrase
}

what_needs_the_key_itself()
{
	refused "luksAddKey" 1 add_a_passphrase
	says "luksAddKey: it says why" "cannot be read"
	refuses "--link-vk-to-keyring" 1 "cannot be read" "$KEY" --link-vk-to-keyring "@s::%logon:its:copy" /dev/vda
	refuses "--disable-keyring" 1 "keyring is disabled" "$KEY" --disable-keyring /dev/vda
}

# format_other CRYPTSETUP-ARGUMENT…: the second disk, with another volume key
format_other()
{
	unlock luksFormat --batch-mode --pbkdf pbkdf2 --pbkdf-force-iterations 1000 "$@" /dev/vdb
}

other_volumes()
{
	need "another volume is formatted" format_other
	refuses "another volume" 2 "does not match" "$KEY" /dev/vdb
	need "its re-encryption begins" unlock reencrypt --batch-mode --init-only --pbkdf pbkdf2 \
		--pbkdf-force-iterations 1000 /dev/vdb
	refuses "a volume in re-encryption" 1 "not in reencryption" "$KEY" \
		--volume-key-keyring %logon:other:key /dev/vdb
	need "it is formatted with a hash that this kernel has not" format_other --hash sha3-256
	refuses "a digest that the kernel cannot compute" 1 "kernel does not support hmac.sha3-256" "$KEY" /dev/vdb
}

wrong_keys()
{
	need "there is another key of the same size" keyctl add logon other:key "$(printf %064d 7)" @s
	refuses "another key" 2 "does not match" other:key /dev/vda
	refused "another key, --test-passphrase" 2 with_key other:key open --test-passphrase /dev/vda
	need "there is one of another size" keyctl add logon short:key "$(printf %032d 7)" @s
	refuses "a key of another size" 2 "does not match" short:key /dev/vda
	refuses "a key that is not there" 1 "not found in" no:key /dev/vda
	need "there is one with a space in its name" keyctl add logon "a:key 0 /dev/vda" "$(printf %064d 7)" @s
	refuses "a name that the table cannot have" 1 "Cannot use" "a:key 0 /dev/vda" /dev/vda
	need "there is another one of the same name" keyctl add logon "$KEY" "$(printf %064d 7)" @s
	refuses "another key of the same name" 2 "does not match" "$KEY" /dev/vda
	keyctl unlink "$(keyctl search @s logon "$KEY")" @s
}

first()
{
	prepare_volume
	need "its key is designated" tag "$NAME"
	need "a crash image is loaded" load_crash
	need "the image agrees with the ring" wait_for_state synced
	panic_now
}

capture()
{
	KEY=$(key_name)
	equal "one key was adopted" 1 "$(cat $KEYS/adopted/count)"
	refuses "a key that the process does not possess" 1 "not found in" "$KEY" /dev/vda
	need "the ring is possessed" possess_ring
	wrong_keys
	opens_and_closes
	other_ways_to_open
	what_needs_the_key_itself
	other_volumes
	need "the ring is possessed no more" leave_ring
	refuses "without the ring" 1 "not found in" "$KEY" /dev/vda
}
