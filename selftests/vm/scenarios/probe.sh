# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A header whose digest takes a hash that the kernel does not offer to programs: the
# key is tried on the volume, and refused unless something known is on it. The kernel,
# which designates keys while they are in use, takes none away for that.
#
# disk: luks2-blake2b
# append: dm_crypt.kexec_keys=Y
# phases: first capture

is_designated() { [ -n "$(member "$(key_name)")" ]; }

probe() { kexec-keys open --test --batch-mode UUID="$(uuid_of /dev/vda)"; }

nothing_is_left()
{
	equal "$1: no mapping is left over" "" "$(dmsetup ls --target crypt | grep -v 'No devices')"
	check "$1: the key is still designated" is_designated
}

# refuses WHAT PATTERN: a key that is tried
refuses()
{
	refused "$1" 16 probe
	says "$1: it says why" "$2"
	nothing_is_left "$1"
}

first()
{
	prepare_volume
	refused "the key of an open volume cannot be tried" 17 probe
	says "it says so" "cannot verify the key of .* while it is open"
	need "a crash image is loaded" load_crash
	need "it carries the key" wait_for_file $KEYS/crash/carried 1
	umount /mnt
	panic_now
}

# In the place of the right one.
wrong_keys()
{
	need "the right key is taken away" keyctl unlink "$(member "$(key_name)")" "$(ring)"

	need "a wrong key has its name" keyctl add logon "$(key_name)" "$(printf %064d 7)" "$(ring)"
	refuses "a wrong key" "nothing known is on /dev/vda with the key"
	refused "a wrong key opens nothing" 16 kexec-keys open --batch-mode UUID="$(uuid_of /dev/vda)"
	nothing_is_left "a wrong key opens nothing"
	need "a short key has its name" keyctl add logon "$(key_name)" "$(printf %020d 7)" "$(ring)"
	refuses "a key that is too short" "does not match the header"
	keyctl unlink "$(member "$(key_name)")" "$(ring)"
	need "a key of another digest" keyctl add logon "$(key_name 1)" "$(printf %064d 7)" "$(ring)"
	refused "a key of another digest" 16 probe
	says "a key of another digest: it says why" "does not match the header"
	keyctl unlink "$(member "$(key_name 1)")" "$(ring)"

	need "the right key is put back" tag /dev/vda
	check "it opens the volume again" probe
}

unknown_content()
{
	need "the content is wiped" dd if=/dev/zero of="/dev/mapper/$NAME" bs=1M count=4 conv=fsync
	need "the volume is closed" cryptsetup close "$NAME"
	# The kernel has taken the key of the mapping.
	need "its key is put back" tag /dev/vda
	refuses "nothing known on the volume" "nothing known is on /dev/vda with the key"
}

capture()
{
	need "the key was adopted" is_designated
	check "the key opens the volume" probe
	nothing_is_left "the key opens the volume"
	wrong_keys
	check_volume_by_its_key
	umount /mnt
	unknown_content
}
