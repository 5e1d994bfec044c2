# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Nothing that suspends or resumes a device, or that loads an image, waits for the ring: the
# task that holds its semaphore may wait for memory, and so for that very device. The host
# holds it.
#
# disk: luks2-pbkdf2
# mem: 1024
# cpus: 1
# append: nokaslr dm_crypt.kexec_keys=Y
# phases: first

# goes_on DESCRIPTION COMMAND…: it ends, and well, although the ring is held
goes_on()
{
	description=$1
	shift
	rm -f /tmp/status
	{ "$@"; echo $? > /tmp/status; } > /dev/null 2>&1 &
	need "$description" wait_for_file /tmp/status 0
}

first()
{
	need "a crash image is loaded" load_crash
	need "a volume is opened" unlock open /dev/vda "$NAME"
	need "its key is in the crash image" wait_for_file $KEYS/crash/carried 1
	ask hold-ring
	goes_on "the device is suspended and its key wiped" cryptsetup luksSuspend "$NAME"
	equal "its key is not in the crash image" "0 ok" "$(cat $KEYS/crash/carried $KEYS/crash/verify | xargs)"
	goes_on "the device is resumed" unlock luksResume "$NAME"
	equal "nor is it before it is linked anew" "0 ok" "$(cat $KEYS/crash/carried $KEYS/crash/verify | xargs)"
	goes_on "the crash image is loaded again" load_crash
	goes_on "the volume is closed" cryptsetup close "$NAME"
	equal "its key is not in the crash image" "0 ok" "$(cat $KEYS/crash/carried $KEYS/crash/verify | xargs)"
}
