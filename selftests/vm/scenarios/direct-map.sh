# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The buffer of a loaded crash image is neither in /proc/kcore nor in what read(2)
# of /dev/mem gives, by the direct map or by the alias through which it is written;
# nor after the crash region was made writable for a CPU that came or went.
#
# disk: none
# append: no_hash_pointers nokaslr

# What /proc/kcore is made of: lines of offset, virtual and physical address, size.
kcore_segments()
{
	phnum=$(od -An -v -j 56 -N 2 -tu2 /proc/kcore)
	od -An -v -j 64 -N $((phnum * 56)) -w56 -tx8 /proc/kcore |
		while read -r _ offset virtual physical size _; do
			echo "0x$offset $virtual $physical 0x$size"
		done
}

# kcore_page virtual|physical ADDRESS, of 16 digits: a page of it. The first four of a
# virtual one only have to be equal: no shell can count with them.
kcore_page()
{
	kcore_segments | while read -r offset virtual physical size; do
		case $1 in
		virtual) start=$virtual ;;
		physical) start=$physical ;;
		esac
		[ "${start%????????????}" = "${2%????????????}" ] || continue
		behind=$((0x${2#????} - 0x${start#????}))
		if [ "$behind" -ge 0 ] && [ "$behind" -lt $((size)) ]; then
			dd if=/proc/kcore bs=4096 count=1 skip=$((offset + behind)) iflag=skip_bytes 2> /dev/null
			break
		fi
	done
}

virtual_page() { kcore_page virtual "$1"; }

physical_page() { kcore_page physical "$(printf %016x "$1")"; }

mem_page() { dd if=/dev/mem bs=4096 count=1 skip=$(($1 / 4096)) 2> /dev/null; }

has_content() { [ "$("$@" | tr -d '\0' | wc -c)" != 0 ]; }

is_blank_page() { [ "$("$@" | wc -c)" = 4096 ] && ! has_content "$@"; }

gives_nothing() { [ "$("$@" | wc -c)" = 0 ]; }

# Some area of vmalloc has content: this reads what is there.
has_other_area()
{
	# shellcheck disable=SC2013 # each line is one word
	for area in $(sed -n 's/^0x\([0-9a-f]*\)-.* pages=.* vmalloc.*/\1/p' /proc/vmallocinfo); do
		! has_content virtual_page "$area" || return 0
	done
	return 1
}

# On riscv64 vmalloc is below the direct map, and its offsets in the file negative.
if [ "$(uname -m)" = riscv64 ]; then reaches_vmalloc=; else reaches_vmalloc=yes; fi

is_hidden()
{
	check "$1: /proc/kcore, direct map: zeroes" is_blank_page physical_page "$buffer"
	[ -z "$reaches_vmalloc" ] ||
		check "$1: /proc/kcore, alias: zeroes" is_blank_page virtual_page "$(alias_address)"
	check "$1: /dev/mem: nothing" gives_nothing mem_page "$buffer"
}

use_cpu() { echo "$1" > /sys/devices/system/cpu/cpu1/online; }

first()
{
	need "a key is designated" designate_known_key
	need "a crash image is loaded" load_crash
	need "it agrees with the ring" wait_for_state synced
	differ "the alias has an address" "" "$(alias_address)"
	show_buffer
	buffer=0x$ANSWER

	kernel=0x$(sed -n 's/^ *\([0-9a-f]*\)-.* : Kernel code$/\1/p' /proc/iomem)
	check "/proc/kcore shows other memory" has_content physical_page "$kernel"
	if [ -n "$reaches_vmalloc" ]; then
		check "and another area of vmalloc" has_other_area
	else
		check "and no area of vmalloc" fails_to has_other_area
	fi
	check "/dev/mem shows other memory" has_content mem_page "$kernel"

	is_hidden "loaded"
	for _ in 1 2 3; do
		need "a CPU goes" use_cpu 0
		need "and comes" use_cpu 1
	done
	is_hidden "after CPU hotplug"
	need "the image is replaced" load_crash
	need "it agrees with the ring" wait_for_state synced
	is_hidden "replaced"

	need "the image is unloaded" unload_crash
	check "the former one is blank in /proc/kcore" is_blank_page physical_page "$buffer"
	check "and in /dev/mem, which has it again" is_blank_page mem_page "$buffer"

	need "a crash image is loaded again" load_crash
	need "it agrees with the ring again" wait_for_state synced
	panic_now
}

capture()
{
	equal "the key was adopted" "ok 1" "$(cat $KEYS/adopted/status) $(cat $KEYS/adopted/count)"
	check "no page of the buffer is reserved any more" buffer_is_given_back
	check "there is a vmcore" test -s /proc/vmcore
}
