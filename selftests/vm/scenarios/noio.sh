# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# While a block device may be suspended, or the lock of kexec is held, nothing waits for
# I/O: an allocation starts none, and no lock of sysfs is taken, which others hold during
# theirs. The host looks at the calls.
#
# disk: luks2-pbkdf2
# mem: 1024
# cpus: 1
# append: nokaslr dm_crypt.kexec_keys=Y
# phases: first

# no_lookup WHAT COMMAND…: it looks up no file of sysfs
no_lookup()
{
	what=$1
	shift
	ask watch-calls kernfs_find_and_get_ns all
	need "$what" "$@"
	ask not-called "$(echo "$what" | tr ' ' _)"
}

first()
{
	ask watch-calls vmap
	need "a crash image is loaded" load_crash
	ask called-without-io a_crash_image_is_loaded
	need "it agrees with the ring" wait_for_state synced
	need "a volume is opened" unlock open /dev/vda "$NAME"
	need "its key is in the crash image" wait_for_file $KEYS/crash/carried 1

	no_lookup "the crash image is loaded again" load_crash
	no_lookup "the device is suspended and its key wiped" cryptsetup luksSuspend "$NAME"
	no_lookup "the device is resumed" unlock luksResume "$NAME"
}
