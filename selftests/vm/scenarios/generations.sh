# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Each kernel tells the next one of its own handover buffer in the device tree, and of
# no older one: the tree that it hands on begins as a copy of the one that it was given.
# Where ACPI describes the machine, the tree is not in sysfs: what is adopted shows it.
#
# disk: none
# mem: 1024
# phases: first next*4

# From the command line of every kernel but the first.
round=${round:-0} reservations=${reservations:-0}
PROPERTY=/proc/device-tree/chosen/linux,kexec-keys-buffer
# A slot of 16 MiB, which is too large for pages in one piece: no buffer is handed on.
NO_BUFFER=kexec_keys.slot_size=16777216

# hex FILE OFFSET BYTES
hex() { od -An -v -t x1 -j "$2" -N "$3" "$1" | tr -d ' \n'; }

# The map of reserved memory of the device tree: "address size" a line.
reservations()
{
	fdt=/sys/firmware/fdt
	at=$((0x$(hex $fdt 16 4)))
	while entry=$(hex $fdt $at 16) && [ "${entry#????????????????}" != 0000000000000000 ]; do
		echo "$entry"
		at=$((at + 16))
	done
}

# The buffer that this kernel was told of, as address and size in hexadecimal.
buffer() { [ ! -e $PROPERTY ] || hex $PROPERTY 0 16; }

count_reservations() { reservations | wc -l; }

# load_generation ROUND [WORD…]
load_generation()
{
	number=$1
	shift
	need "the kernel of round $number is loaded" load_next next "round=$number" "$@"
}

first()
{
	equal "the firmware hands over no buffer" "" "$(buffer)"
	need "a key is designated" keyctl add logon some:key "$(printf %064d 7)" "$(ring)"
	need "carrying over is turned on" turn_on
	load_generation 1 $NO_BUFFER
	kexec_now
}

has_buffer()
{
	equal "round $round: the key came over" "reboot ok 1" "$(adopted)"
	acpi_alone && return
	differ "round $round: the tree says where the buffer was" "" "$(buffer)"
	equal "round $round: it reserves that, once" 1 "$(reservations | grep -c -x "$(buffer)")"
}

has_none()
{
	equal "round $round: nothing was handed over" "none none 0" "$(adopted)"
	acpi_alone && return
	equal "round $round: the tree says nothing of a buffer" "" "$(buffer)"
	equal "round $round: it reserves one region less" $((reservations - 1)) "$(count_reservations)"
}

next()
{
	if [ ! -e $KEYS ]; then
		next_without_the_feature
		return
	fi
	case $round in
	1)
		has_buffer
		need "round $round: carrying over is turned on" turn_on
		load_generation 2 "reservations=$(count_reservations)"
		equal "round $round: no buffer is handed on" "disabled memory 0" "$(reboot_state)" ;;
	2)
		has_none
		need "round $round: a key is designated" keyctl add logon other:key "$(printf %064d 8)" "$(ring)"
		need "round $round: carrying over is turned on" turn_on
		load_generation 3 "reservations=$reservations" ;;
	3)
		has_buffer
		need "round $round: carrying over is turned on" turn_on
		load_generation 4 "reservations=$reservations" ;;
	*)
		has_buffer
		acpi_alone || equal "round $round: it reserves as much as in round 1" "$reservations" "$(count_reservations)"
		return ;;
	esac
	kexec_now
}

# It does not know what it is told, but it must not tell it the next one.
next_without_the_feature()
{
	if [ "$round" = 1 ]; then
		differ "round $round: the tree says where the buffer was" "" "$(buffer)"
		load_generation 2 "reservations=$(count_reservations)"
		kexec_now
	fi
	equal "round $round: the tree says nothing of a buffer" "" "$(buffer)"
	equal "round $round: it reserves one region less" $((reservations - 1)) "$(count_reservations)"
}
