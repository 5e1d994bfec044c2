# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Each kernel tells the next one of its own handover buffer, and of no older one: a device
# tree that is handed on begins as a copy of the one that this kernel was given. No memory
# is lost from one kernel to the next. A kernel that is given no random seed has random
# numbers nevertheless before an image is loaded, and carries keys.
#
# disk: none
# mem: 1024
# phases: first next*4

# From the command line of every kernel but the first.
round=${round:-0} reserved=${reserved:-0} memory=${memory:-0}

count_reservations() { reservations | wc -l; }

# KiB that this kernel has to give.
total_memory() { sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo; }

# Less than half of the smallest buffer may be lost to what is not ours.
has_as_much_memory() { [ "$(total_memory)" -gt $((memory - 64)) ]; }

# load_generation ROUND: it is told what this kernel has reserved
load_generation()
{
	need "the kernel of round $1 is loaded" load_next next "round=$1" "reserved=$(count_reservations)" "memory=$(total_memory)"
}

first()
{
	equal "the firmware hands over no buffer" "" "$(told_buffer)"
	need "a key is designated" keyctl add logon some:key "$(printf %064d 7)" "$(ring)"
	need "carrying over is turned on" turn_on
	load_generation 1
	kexec_now
}

# loses_nothing: nothing of the one before is left
loses_nothing()
{
	equal "round $round: it reserves as much as in the round before" "$reserved" "$(count_reservations)"
	check "round $round: there is as much memory" has_as_much_memory
}

came_over()
{
	equal "round $round: the key came over" "reboot ok 1" "$(adopted)"
	need "round $round: carrying over is turned on" turn_on
}

next()
{
	equal "round $round: the tree says nothing of a buffer" "" "$(told_buffer)"
	case $round in
	1)
		came_over
		load_generation 2 ;;
	2)
		loses_nothing
		came_over
		# shellcheck disable=SC2034 # load_next's
		LOAD_NEXT_BY=-c
		load_generation 3
		equal "round $round: an image that kexec-tools puts together carries nothing" "unsupported kexec_load 0" "$(reboot_state)" ;;
	3)
		equal "round $round: nothing was handed over" "none none 0" "$(adopted)"
		need "round $round: there are random numbers" wait_until has_random_numbers
		need "round $round: a key is designated" keyctl add logon other:key "$(printf %064d 8)" "$(ring)"
		need "round $round: carrying over is turned on" turn_on
		load_generation 4 ;;
	*)
		came_over
		return ;;
	esac
	kexec_now
}
