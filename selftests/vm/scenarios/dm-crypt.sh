# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# dm-crypt designates the keys of its tables by itself, for as long as they are in
# use. After luksSuspend there is no copy of the key anywhere. What is closed on the
# way to a kexec is carried over it.
#
# disk: luks2-pbkdf2
# mem: 1024
# append: dm_crypt.kexec_keys=Y
# phases: first next capture
# scan opened: payload=1 cipher=0-4 crash-region=1
# scan suspended: payload=0
# scan resumed: payload=1 cipher=0-4 crash-region=1
# scan by-hand: payload=0

in_ring() { [ -n "$(member "$(key_name)")" ]; }

not_in_ring() { ! in_ring; }

# The ring is changed a moment later.
is_designated() { wait_until in_ring && wait_for_file $KEYS/crash/carried 1; }

# And the image at once.
is_not_designated() { [ "$(cat $KEYS/crash/carried)" = 0 ] && wait_until not_in_ring; }

# A table may name a key that its loader possesses.
possess_ring() { keyctl link "$(ring)" @s; }

leave_ring() { keyctl unlink "$(ring)" @s; }

# table_of NAME [DEVICE]: the same, on another device if told
table_of() { dmsetup table "$1" | sed "${2:+s#[0-9]*:[0-9]* #$2 #}"; }

parameter() { echo "$1" > /sys/module/dm_crypt/parameters/kexec_keys; }

tables_come_and_go()
{
	need "refresh" unlock refresh --allow-discards "$NAME"
	check "refresh: the key is designated" is_designated
	need "resize" unlock resize --device-size 128M "$NAME"
	check "resize: the key is designated" is_designated

	need "the ring is possessed" possess_ring
	need "a table is loaded" dmsetup load "$NAME" --table "$(table_of "$NAME")"
	need "it comes into use without CAP_SYS_BOOT" setpriv --bounding-set -sys_boot dmsetup resume "$NAME"
	check "replaced: the key is designated" is_designated
	need "a second mapping has the same key" dmsetup create second --table "$(table_of "$NAME")"
	refused "a third one fails for want of a device" 1 dmsetup create third --table "$(table_of "$NAME" /dev/none)"
	need "a table is loaded" dmsetup load "$NAME" --table "$(table_of "$NAME")"
	check "two mappings, three tables: the key is designated" is_designated
	need "and dropped" dmsetup clear "$NAME"
	check "two mappings: the key is designated" is_designated
	leave_ring
	need "the first mapping is closed" cryptsetup close "$NAME"
	check "one mapping: the key is designated" is_designated
	need "the second one is removed" dmsetup remove second
	check "no mapping: the key is not" is_not_designated
}

other_keys()
{
	keyctl add user some:key 0123456789abcdef0123456789abcdef @s
	need "a table with a user key" dmsetup create other \
		--table "0 2048 crypt aes-xts-plain64 :32:user:some:key 0 /dev/vdb 0"
	equal "which cannot be carried" "" "$(keyctl rlist "$(ring)")"
	need "it is removed" dmsetup remove other
	need "a table with its key in it" dmsetup create other \
		--table "0 2048 crypt aes-xts-plain64 $(printf %064d 1) 0 /dev/vdb 0"
	equal "neither can this" "" "$(keyctl rlist "$(ring)")"
	need "it is removed" dmsetup remove other
}

suspend_by_itself()
{
	need "luksSuspend" cryptsetup luksSuspend "$NAME"
	check "luksSuspend: the key is not designated" is_not_designated
	scan suspended
	need "luksResume" unlock luksResume "$NAME"
	check "luksResume: the key is designated" is_designated
	scan resumed
}

# Without the parameter: what the man page says.
suspend_by_hand()
{
	need "the parameter is turned off" parameter N
	need "the volume is closed" cryptsetup close "$NAME"
	need "and opened" unlock open /dev/vda "$NAME"
	check "the key is not designated" is_not_designated
	need "it is tagged" tag "$NAME"
	need "luksSuspend with a tagged key" cryptsetup luksSuspend "$NAME"
	check "it is designated nevertheless" is_designated
	need "luksResume" unlock luksResume "$NAME"
	need "it is untagged" kexec-keys untag "$NAME"
	need "luksSuspend" cryptsetup luksSuspend "$NAME"
	scan by-hand
	need "luksResume" unlock luksResume "$NAME"
	check "the key is not designated" is_not_designated
	need "the volume is closed" cryptsetup close "$NAME"
	need "the parameter is turned on" parameter Y
}

reopen() { unlock open /dev/vda "$NAME" && is_designated; }

# not_any_more WHAT: the end of a kexec that was to come is followed, not waited for
not_any_more()
{
	check "$1: the image follows" wait_for_file $KEYS/crash/carried 0
	check "$1: its key is not designated any more" is_not_designated
}

load_next_with_crash() { load_next next crashkernel=128M; }

# As a shutdown does before it enters an image.
closed_for_a_kexec()
{
	need "a kexec that carries keys is turned on" turn_on
	need "the volume is closed with no image to enter" cryptsetup close "$NAME"
	check "its key is not designated" is_not_designated
	need "it is opened" reopen

	need "the next kernel is loaded" load_next_with_crash
	need "the volume is closed for a kexec" cryptsetup close "$NAME"
	check "its key stays designated" is_designated
	need "it is opened once more" reopen
	need "and suspended" cryptsetup luksSuspend "$NAME"
	check "luksSuspend: the key is not designated" is_not_designated
	need "it is resumed" unlock luksResume "$NAME"
	need "and closed" cryptsetup close "$NAME"
	check "its key stays designated again" is_designated
	need "the kexec is turned off" turn_off
	not_any_more "turned off"

	need "it is opened with the kexec turned off" reopen
	need "and closed" cryptsetup close "$NAME"
	check "its key is not designated" is_not_designated
	need "the kexec is turned on" turn_on
	need "it is opened with the kexec turned on" reopen
	need "and closed" cryptsetup close "$NAME"
	need "the image is unloaded" kexec -u -s
	not_any_more "unloaded"
}

first()
{
	need "a crash image is loaded" load_crash
	prepare_volume
	check "opened: the key is designated" is_designated
	scan opened
	umount /mnt
	tables_come_and_go
	other_keys
	need "the volume is opened again" unlock open /dev/vda "$NAME"
	check "it is designated again" is_designated
	suspend_by_itself
	suspend_by_hand
	need "the volume is opened again" reopen
	closed_for_a_kexec

	need "the volume is open when the next kernel is loaded" reopen
	need "the next kernel is loaded again" load_next_with_crash
	need "the volume is closed on the way to it" cryptsetup close "$NAME"
	kexec_now
}

next()
{
	equal "the key came, though the volume was closed" "reboot ok 1" \
		"$(cat $KEYS/adopted/source) $(cat $KEYS/adopted/status) $(cat $KEYS/adopted/count)"
	need "a crash image is loaded" load_crash
	check_volume_by_its_key
	check "its key is designated" is_designated
	equal "the image agrees with the ring" "synced ok" "$(state) $(cat $KEYS/crash/verify)"
	umount /mnt
	panic_now
}

# As while the device is not there yet: who then tries again needs the key.
load_in_vain()
{
	need "the ring is possessed" possess_ring
	refused "no table can be loaded" 1 dmsetup create early \
		--table "0 2048 crypt aes-xts-plain64 :64:logon:$(key_name) 0 /dev/none 0"
	leave_ring
	differ "the adopted key is still designated" "" "$(member "$(key_name)")"
}

capture()
{
	load_in_vain
	check_volume_by_its_key
	umount /mnt
	check "the key is designated here, too" wait_until in_ring
	need "the volume is closed" cryptsetup close "$NAME"
	check "then it is no more" wait_until not_in_ring
}
