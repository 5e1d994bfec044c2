# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What "open --boot" tells the scripts of an initramfs: in a capture kernel it fails
# where somebody would be asked for a passphrase, and only there.
#
# disk: luks2-pbkdf2
# size: 64

CHEAP="--pbkdf pbkdf2 --pbkdf-force-iterations 1000"

at_boot() { kexec-keys open --boot --name="$1"; }

# crypttab KEY [OPTIONS [KEY-OF-SWAP]]: KEY and OPTIONS are the other volume's
crypttab()
{
	echo "$NAME UUID=$(uuid_of /dev/vda) none luks
late UUID=00000000-1111-2222-3333-444444444444 none luks
late-path /dev/disk/by-partlabel/late none luks
swap /dev/mapper/blank ${3:-/dev/urandom} swap
data UUID=$(uuid_of /dev/vdb) $1 ${2:-luks}" > /etc/crypttab
}

token()
{
	echo "{\"type\":\"$1\",\"keyslots\":[\"0\"]}" | cryptsetup token import --token-id 0 --token-replace /dev/vdb
}

# ignored WHAT NAME: nothing to do for us, and nothing to say
ignored()
{
	refused "$1" 0 at_boot "$2"
	equal "$1: not a word" "" "$(cat "$OUT")"
}

# As systemd's service and dracut's hook do, both of which must find it open in the end.
both_open()
{
	at_boot "$NAME" &
	at_boot "$NAME"
	mine=$?
	wait $! && [ $mine = 0 ]
}

# Where they do not wait for each other, most of these fail.
both_open_ten_times()
{
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		both_open && cryptsetup close "$NAME" || return
	done
}

first()
{
	prepare_volume
	# shellcheck disable=SC2086 # several words
	need "another volume is made" unlock luksFormat --batch-mode $CHEAP /dev/vdb
	need "the first is tagged" tag "$NAME"
	crypttab none
	ignored "a volume without a key, not in a capture kernel" data
	ignored "an open volume" "$NAME"
	need "a crash image is loaded" load_crash
	need "it has the key" wait_for_state synced
	umount /mnt
	panic_now
}

no_luks()
{
	# Sectors of a disk that nobody has written.
	need "there is a device without LUKS" dmsetup create blank \
		--table "0 2048 linear /dev/vdb $(($(blockdev --getsz /dev/vdb) - 2048))"
	crypttab none
	ignored "what is no LUKS volume" swap
	crypttab none luks none
	refused "what is no LUKS volume, and asks" 17 at_boot swap
	need "that device is gone" dmsetup remove blank
}

capture()
{
	no_luks
	crypttab none
	refused "a volume without a key" 15 at_boot data
	equal "it says so in one line" 1 "$(wc -l < "$OUT")"
	says "it says what it is" "no key came over for data .*nobody is here to be asked; reboot"
	refused "it would not be asked for by rd.luks.uuid= either" 15 at_boot "luks-$(uuid_of /dev/vdb)"
	ignored "a volume that is not there" late
	ignored "a device that is not there" late-path
	ignored "a name that nobody knows" other

	crypttab /etc/key
	check "a key file may open it" at_boot data
	crypttab none luks,tpm2-device=auto
	check "a TPM may open it" at_boot data
	crypttab none
	need "it has a token" token somebodys
	check "a token may open it" at_boot data
	need "it has another" token systemd-recovery
	refused "of a recovery key, a token opens nothing" 15 at_boot data
	absent "it is not open" /dev/mapper/data

	for word in dmcryptkeys=0x1000 fadump=on; do
		echo "$(cat /proc/cmdline) $word" > /tmp/cmdline
		need "the command line has $word" mount --bind /tmp/cmdline /proc/cmdline
		ignored "where others carry keys, or nobody can: $word" data
		need "it has it no more" umount /proc/cmdline
	done

	need "two who open it at the same time" both_open_ten_times

	key=$(key_name)
	need "the right key is taken away" keyctl unlink "0x$(serial_of "$key")" "$(ring)"
	need "a wrong one has its name" keyctl add logon "$key" "$(printf %064d 7)" "$(ring)"
	refused "a wrong key" 16 at_boot "$NAME"
	says "it says so" "does not match the header"
	absent "it opens nothing" "/dev/mapper/$NAME"
	keyctl unlink "0x$(serial_of "$key")" "$(ring)"
	refused "no key any more" 15 at_boot "$NAME"
}
