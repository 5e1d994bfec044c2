# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What can become of a volume after it was tagged, and what opening it says then.
# No panic: the keys are opened where they were designated.
#
# disk: luks2-pbkdf2
# size: 48
# phases: first

no_mapping() { ! dmsetup ls --target crypt | grep -q "("; }

# The host has changed a disk: read it anew.
reread_disks()
{
	for disk in /dev/vda /dev/vdb; do
		blockdev --flushbufs "$disk"
	done
}

# refuses DESCRIPTION STATUS PATTERN: opening everything ends so, and maps nothing
refuses()
{
	refused "$1" "$2" kexec-keys open UUID="$UUID"
	says "$1: it says why" "$3"
	check "$1: nothing is mapped" no_mapping
}

reencrypt()
{
	get_passphrase
	printf '%s' "$PASSPHRASE" | cryptsetup reencrypt --batch-mode --key-file - --pbkdf pbkdf2 \
		--pbkdf-force-iterations 1000 /dev/vda
}

ours_is_cryptsetups()
{
	need "the shim opens the volume" kexec-keys open --name "$NAME" /dev/vda
	check "cryptsetup status" cryptsetup status "$NAME"
	says "it is LUKS2, by its key in the keyring" "key location: keyring"
	check "cryptsetup refresh" unlock refresh --allow-discards "$NAME"
	check "cryptsetup resize" unlock resize --device-size 4M "$NAME"
	check "cryptsetup close" cryptsetup close "$NAME"
}

keys_end()
{
	need "it is tagged for two seconds" tag --timeout 2 /dev/vda
	need "the image has the key" wait_for_file $KEYS/crash/carried 1
	need "two seconds later it has it no more" wait_for_file $KEYS/crash/carried 0
	equal "which is as it should be" synced "$(state)"
	need "it is tagged again" tag /dev/vda
	need "the image has the key again" wait_for_file $KEYS/crash/carried 1
	keyctl link "$(ring)" @s
	need "the key is revoked" keyctl revoke "0x$(serial_of "$(key_name)")"
	keyctl unlink "$(ring)" @s
	need "the image follows" wait_for_file $KEYS/crash/carried 0
	refuses "a revoked key" 15 "kexec-keys tag"
	need "it is tagged once more" tag /dev/vda
}

first()
{
	UUID=$(uuid_of /dev/vda)
	need "a crash image is loaded" load_crash
	need "the volume is tagged" tag /dev/vda
	ours_is_cryptsetups
	keys_end

	ask clone
	reread_disks
	refuses "a clone beside the disk" 4 "/dev/vdb"
	dd if=/dev/zero of=/dev/vdb bs=1M count=16 conv=fsync 2> /dev/null

	need "the volume is re-encrypted" reencrypt
	refuses "a key of before the re-encryption" 16 "not.*match|re-encrypted"
	need "and once more" reencrypt
	refuses "a key of before two re-encryptions" 16 "not.*match|re-encrypted"

	ask damage
	reread_disks
	refuses "a header that lost its end" 4 "no usable LUKS header"
	ask blank
	reread_disks
	refuses "a volume that is not there" 4 "no device carries the LUKS UUID $UUID"
}
