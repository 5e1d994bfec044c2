# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A header whose digest takes a hash that the kernel does not offer to programs: the
# key is tried on the volume. The kernel, which designates keys while they are in use,
# takes none away for that.
#
# disk: luks2-blake2b
# append: dm_crypt.kexec_keys=Y
# phases: first capture

is_designated() { [ -n "$(member "$(key_name)")" ]; }

first()
{
	prepare_volume
	need "a crash image is loaded" load_crash
	need "it carries the key" wait_for_file $KEYS/crash/carried 1
	umount /mnt
	panic_now
}

capture()
{
	need "the key was adopted" is_designated
	check "the key opens the volume" kexec-keys open --test --batch-mode UUID="$(uuid_of /dev/vda)"
	check "the key is still designated" is_designated
	equal "no mapping is left over" "" "$(dmsetup ls --target crypt | grep -v 'No devices')"
	check_volume_by_its_key
	umount /mnt
}
