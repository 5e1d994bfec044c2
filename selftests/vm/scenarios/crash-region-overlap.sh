# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# powerpc reserves the next kernel's crash region without asking whether the handover buffer
# is in it. After adoption no page of the region is given to others: a crash image will be
# written there.
#
# disk: none
# mem: 1024
# phases: first next

# From 128 MiB on, which is where that kernel has it.
MIB=1048576
REGION_START=$((128 * MIB))
REGION_SIZE=$((640 * MIB))

# Of the loaded image. It is the only segment without content.
buffer_start() { dmesg | sed -n 's/.*segment\[[0-9]*\]: buf=0x0* bufsz=0x0 mem=\(0x[0-9a-f]*\) .*/\1/p' | tail -n 1; }

is_in_region() { [ "$1" -ge $REGION_START ] && [ "$1" -lt $((REGION_START + REGION_SIZE)) ]; }

first()
{
	need "a key is designated" keyctl add logon some:key "$(printf %064d 7)" "$(ring)"
	need "carrying over is turned on" turn_on
	# shellcheck disable=SC2034 # load_next's
	LOAD_NEXT_BY=-ds
	need "the next kernel is loaded" load_next next crashkernel=$REGION_SIZE
	fact "the buffer is at $(buffer_start)"
	need "the next crash region will be there" is_in_region "$(buffer_start)"
	equal "the key would be carried" "armed none 1" "$(reboot_state)"
	kexec_now
}

next()
{
	equal "the key came over" "reboot ok 1" "$(adopted)"
	equal "the crash region is reserved" $REGION_SIZE "$(cat /sys/kernel/kexec_crash_size)"
	equal "it is where it was expected" "$(printf %08x $REGION_START)" "$(sed -n 's/^ *\([0-9a-f]*\)-.* : Crash kernel$/\1/p' /proc/iomem)"
	equal "each page of it is reserved" 0 "$(pages_in_use $REGION_START $REGION_SIZE)"
	need "a crash image is loaded there" load_crash
	need "it agrees with the ring" wait_for_state synced
}
