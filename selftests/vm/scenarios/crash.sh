# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The main job: tag, load, panic, adopt, open, save a vmcore, read it in a third
# boot that has the passphrase.
#
# disk: luks2-pbkdf2
# phases: first capture last
# scan booted:
# scan prepared: cipher=0-4
# scan tagged: payload=1 cipher=0-4
# scan loaded: payload=1 cipher=0-4 crash-region=1
# scan unloaded: payload=1 cipher=0-4
# scan untagged: cipher=0-4
# scan captured: payload=2 cipher=0-4
# scan opened: payload=2 cipher=0-8

description_of() { keyctl rdescribe "0x$(serial_of "$1")"; }

first()
{
	scan booted
	ask plant
	prepare_volume
	scan prepared
	need "the shim tags the volume" tag "$NAME"
	scan tagged
	key=$(key_name)
	differ "the key is in the ring" "" "$(serial_of "$key")"
	fact "key $(description_of "$key")"

	equal "no crash image is loaded" none "$(state)"
	need "a crash image is loaded" load_crash
	need "the image agrees with the ring" wait_for_state synced
	equal "it carries one key" 1 "$(cat $KEYS/crash/carried)"
	equal "the next kernel could read it" ok "$(cat $KEYS/crash/verify)"
	scan loaded

	need "the image is unloaded" unload_crash
	equal "none is loaded" none "$(state)"
	scan unloaded

	need "it is loaded again" load_crash
	need "untag" kexec-keys untag "$NAME"
	need "the image follows" wait_for_file $KEYS/crash/carried 0
	scan untagged
	need "the volume is tagged again" tag "$NAME"
	need "the image follows again" wait_for_file $KEYS/crash/carried 1

	description_of "$key" > /mnt/description
	panic_now
}

capture()
{
	key=$(key_name)
	equal "one key was adopted" 1 "$(cat $KEYS/adopted/count)"
	equal "it came from a crash image" crash "$(cat $KEYS/adopted/source)"
	# One payload is the capture kernel's, one what the first kernel left.
	scan captured
	serial=0x$(serial_of "$key")
	check "it is a logon key" sh -c "grep -q 'logon *$key' /proc/keys"
	refused "nobody can print it" 1 keyctl print "$serial"
	need "the shim opens the volume" kexec-keys open --all
	NAME=$(dmsetup ls --target crypt | head -n 1 | cut -f 1)
	scan opened
	need "the volume is mounted" mount_volume
	check "the file of the first kernel is intact" marker_is_intact
	equal "type, owner, permissions and description are the same" \
		"$(cat /mnt/description)" "$(keyctl rdescribe "$serial")"
	need "a vmcore is saved on it" save_vmcore
	check "cryptsetup takes the mapping for its own" cryptsetup status "$NAME"
	umount /mnt
	check "cryptsetup closes it" cryptsetup close "$NAME"
}

last()
{
	need "the passphrase opens the volume" unlock open /dev/vda "$NAME"
	need "it is mounted" mount_volume
	check "the file of the first kernel is intact" marker_is_intact
	check "the vmcore can be read" makedumpfile --dump-dmesg /mnt/vmcore /mnt/dmesg
	check "it has the panic" grep -q "sysrq triggered crash" /mnt/dmesg
}
