# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Whatever ends a key's stay in the crash image, no copy is left there: the image
# is replaced or unloaded, a load fails, the key is revoked, expires, is unlinked.
#
# disk: luks2-pbkdf2
# phases: first
# scan loaded: payload=1 cipher=0-4 crash-region=1
# scan replaced: payload=1 cipher=0-4 crash-region=1
# scan too-large: payload=1 cipher=0-4
# scan too-long: payload=1 cipher=0-4
# scan off: payload=1 cipher=0-4
# scan on: payload=1 cipher=0-4 crash-region=1
# scan revoked: cipher=0-4
# scan tagged-again: payload=1 cipher=0-4 crash-region=1
# scan expired: cipher=0-4
# scan kexec-load: payload=1 cipher=0-4
# scan cleared: cipher=0-4

load() { need "$1" load_crash && need "$1: it agrees with the ring" wait_for_state synced; }

# fails WHAT SCAN COMMAND…: a load that fails has never held a key, and has wiped
# what was loaded before it.
fails()
{
	load "loaded before: $1"
	what=$1 name=$2
	shift 2
	check "$what: the load fails" fails_to "$@"
	equal "$what: nothing is loaded" "none 0" "$(state) $(cat /sys/kernel/kexec_crash_loaded)"
	scan "$name"
}

kernel_image() { kexec -p -s "$1" --initrd="${2:-/boot/capture.img}" --append="${3:-$CAPTURE_APPEND}"; }

# More than the crash region has room for.
make_large_initrd() { dd if=/dev/zero of=/tmp/large bs=1M count=140 2> /dev/null; }

failing_loads()
{
	make_large_initrd
	fails "an initramfs that is too large" too-large kernel_image /boot/kernel /tmp/large
	rm /tmp/large
	# No other loader looks at its length.
	[ "$(uname -m)" != x86_64 ] ||
		fails "a command line that is too long" too-long kernel_image /boot/kernel /boot/capture.img \
			"$(printf %04000d 0)"
}

first()
{
	need "the volume is opened" unlock open /dev/vda "$NAME"
	need "it is tagged" tag "$NAME"
	load "a crash image is loaded"
	scan loaded
	load "the image is replaced"
	scan replaced
	failing_loads

	load "a crash image is loaded again"
	need "the policy is turned off" sh -c "echo N > /sys/module/kexec_keys/parameters/crash"
	scan off
	need "the policy is turned on" sh -c "echo Y > /sys/module/kexec_keys/parameters/crash"
	scan on

	need "the ring is possessed" keyctl link "$(ring)" @s
	need "the key is revoked" keyctl revoke "$(member "$(key_name)")"
	need "the ring is left" keyctl unlink "$(ring)" @s
	need "the image follows" wait_for_file $KEYS/crash/carried 0
	scan revoked

	echo 0 > /proc/sys/kernel/keys/gc_delay
	need "the volume is tagged for five seconds" tag --timeout 5 "$NAME"
	need "the image has the key" wait_for_file $KEYS/crash/carried 1
	scan tagged-again
	need "it expires" wait_for_file $KEYS/crash/carried 0
	scan expired

	need "the volume is tagged" tag "$NAME"
	need "the image has the key" wait_for_file $KEYS/crash/carried 1
	need "the image is replaced by one of kexec_load" load_crash -c
	scan kexec-load
	need "the ring is cleared" keyctl clear "$(ring)"
	scan cleared
}
