# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The decompressor of the next kernel, which chooses at random where that goes, does not
# put it over the handover buffer. The host leaves it one place: the first time the
# buffer is elsewhere, and the kernel goes there; the second time the buffer is in it.
#
# disk: none
# mem: 1280
# phases: first next*2

# From the command line of every kernel but the first.
round=${round:-0}

WINDOW=576
WINDOW_END=640

# In MiB.
kernel_address() { echo $((0x$(sed -n 's/^ *\([0-9a-f]*\)-.* : Kernel code$/\1/p' /proc/iomem) >> 20)); }

# kexec_with_buffer ROUND outside|inside: of the only place that there is
kexec_with_buffer()
{
	# shellcheck disable=SC2034 # load_next's
	LOAD_NEXT_BY=-ds
	need "the kernel of round $1 is loaded" load_next next "round=$1"
	need "carrying over is turned on" turn_on
	ask place "$(kernel_entry)" "$2"
	kexec_now
}

first()
{
	need "a key is designated" keyctl add logon some:key "$(printf %064d 7)" "$(ring)"
	kexec_with_buffer 1 outside
}

is_in_window() { [ "$(kernel_address)" -ge $WINDOW ] && [ "$(kernel_address)" -lt $WINDOW_END ]; }

next()
{
	fact "round $round: the kernel is at $(kernel_address) MiB"
	equal "round $round: the key came over" "ok 1" "$(cat $KEYS/adopted/status) $(cat $KEYS/adopted/count)"
	if [ "$round" = 1 ]; then
		check "the kernel is in the only place that there was" is_in_window
		kexec_with_buffer 2 inside
	fi
	check "the kernel is not where the buffer was" fails_to is_in_window
}
