# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# An image that is unloaded or replaced is freed before another one can be loaded: what
# is freed, the crash region and the copy of vmcoreinfo, is what the other one uses. The
# host looks at the lock that every load takes.
#
# disk: none
# append: nokaslr
# phases: first

# freed_under_lock WHAT COMMAND…: it frees an image
freed_under_lock()
{
	what=$1
	shift
	ask watch-lock kimage_free
	need "$what" "$@"
	ask was-locked "$(echo "$what" | tr ' ' _)"
}

load_reboot() { kexec -l -s /boot/kernel --initrd=/guest/lib.sh --append="$CAPTURE_APPEND"; }

first()
{
	need "a crash image is loaded" load_crash
	freed_under_lock "the crash image is unloaded" unload_crash
	need "an image for an ordinary kexec is loaded" load_reboot
	freed_under_lock "that image is replaced" load_reboot
	freed_under_lock "that image is unloaded" kexec -l -u -s
}
