# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# While a block device may be suspended, no memory is allocated in a way that could
# wait for I/O: the caller, or the holder of a lock that is needed, may be the one to
# resume it. The host looks at the calls that allocate.
#
# disk: luks2-pbkdf2
# mem: 1024
# cpus: 1
# append: nokaslr dm_crypt.kexec_keys=Y
# phases: first

# in_scope WHAT FUNCTION COMMAND…: it calls that, which allocates
in_scope()
{
	what=$1 function=$2
	shift 2
	ask watch-calls "$function"
	need "$what" "$@"
	ask called "$(echo "$what" | tr ' ' _)"
}

is_designated() { [ -n "$(member "$(key_name)")" ]; }

is_not_designated() { [ -z "$(member "$(key_name)")" ]; }

# Another use of the key than the mapping's is over, which a worker notices.
turn_off_and_wait() { turn_off && wait_until is_not_designated; }

first()
{
	in_scope "a crash image is loaded" vmap load_crash
	in_scope "a key is designated when its table is resumed" key_link unlock open /dev/vda "$NAME"
	check "it is in the ring" is_designated
	in_scope "a key is withdrawn when it is wiped" key_unlink cryptsetup luksSuspend "$NAME"
	check "it is not in the ring" is_not_designated
	in_scope "it is designated again" key_link unlock luksResume "$NAME"
	in_scope "it is withdrawn when the table is destroyed" key_unlink cryptsetup close "$NAME"
	check "it is not in the ring" is_not_designated

	need "the volume is opened again" unlock open /dev/vda "$NAME"
	need "there is a kernel that is loaded sooner" make_small_kernel
	need "an image for a kexec is loaded" kexec -l -s /tmp/small-kernel --initrd=/guest/lib.sh --append="$CAPTURE_APPEND"
	need "carrying over is turned on" turn_on
	need "the volume is closed" cryptsetup close "$NAME"
	check "its key stays in the ring" is_designated
	in_scope "it is withdrawn when the kexec is called off" key_unlink turn_off_and_wait
}
