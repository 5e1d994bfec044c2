# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# No key makes a load fail: where the crash region is too small for an image and ten
# thousand keys, it is too small for the image alone.
#
# disk: none
# mem: 1024
# crashkernel: 40M
# phases: first

STEP=1048576
QUOTA=/proc/sys/kernel/keys/root_max

region() { cat /sys/kernel/kexec_crash_size; }

shrink() { echo $(($(region) - STEP)) > /sys/kernel/kexec_crash_size; }

# Whether an image can be loaded; it does not stay.
loads() { load_crash > /dev/null 2>&1 && wait_for_state "${1:-synced}" && unload_crash; }

first()
{
	need "an image can be loaded" loads
	need "root may have ten thousand keys" sh -c "echo 20000 > ${QUOTA}keys && echo 20000000 > ${QUOTA}bytes"
	need "ten thousand keys are designated" fill "$(ring)" small 10000 64
	need "an image can be loaded with as many of them as fit" loads stale
	while loads stale; do
		need "a smaller region" shrink
	done
	fact "the largest region that is too small: $(($(region) >> 20)) MiB"
	need "the ring is cleared" keyctl clear "$(ring)"
	check "$(($(region) >> 20)) MiB: no image is loaded without a key either" fails_to loads
}
