# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Memory that was added after boot is no place for the handover buffer: the next kernel
# does not know it.
#
# disk: none
# mem: 4608
# kernel: hotplug
# loads: hotplug
# append: mem=1G
# phases: first next

# The memory above 4 GiB.
ADDRESS=0x100000000
MEMORY=/sys/devices/system/memory

add_memory() { echo $ADDRESS > $MEMORY/probe; }

block() { echo "$MEMORY/memory$((ADDRESS / 0x$(cat $MEMORY/block_size_bytes)))"; }

online() { echo online_kernel > "$(block)/state"; }

first()
{
	need "memory is added" add_memory
	need "and in use" online
	equal "the kernel's own allocations prefer it" Normal "$(cat "$(block)/valid_zones")"
	need "a key is designated" keyctl add logon some:key "$(printf %064d 7)" "$(ring)"
	need "carrying over is turned on" turn_on
	need "the next kernel is loaded" load_next next mem=1G
	equal "the key would be carried" "armed none 1" "$(reboot_state)"
	kexec_now
}

next() { equal "the key came over" "reboot ok 1" "$(adopted)"; }
