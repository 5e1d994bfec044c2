# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A previous kernel, or a boot loader, that says that the handover buffer is where
# it cannot be: the range is judged before it is touched, and the boot goes on.
# A debugger changes setup_data, or the device tree, as the capture kernel starts,
# because purgatory would see it.
#
# replays: yes
# append: nokaslr
# runs: null unaligned unaligned-size small too-large large wrapping topmost largest foreign-ram hole initramfs-start initramfs-end kernel-start kernel-end parameters elfcorehdr end-of-ram
# runs setup-data: start-of-ram duplicate
# runs fdt: short

first()
{
	load_with_a_key
	next_run
	ask move "$run"
	panic_now
}

reason()
{
	case $run in
	null | unaligned | unaligned-size) echo alignment ;;
	small | large | too-large) echo size ;;
	wrapping) echo overflow ;;
	initramfs-* | kernel-* | parameters) echo overlap ;;
	# Where the command line says where it is, it is only found not to be RAM.
	elfcorehdr) [ -e /proc/device-tree ] && echo overlap || echo not-ram ;;
	foreign-ram | largest | hole | topmost | *-of-ram) echo not-ram ;;
	duplicate) echo duplicate ;;
	short) echo none ;;
	esac
}

ignored() { dmesg | grep "kexec-keys: handover buffer at .* ignored"; }

capture()
{
	this_run
	if [ "$run" = duplicate ]; then
		equal "$run: the first counts" "ok 1" "$(cat $KEYS/adopted/status) $(cat $KEYS/adopted/count)"
	else
		equal "$run: the reason" "$(reason)" "$(cat $KEYS/adopted/status)"
		equal "$run: nothing is adopted" 0 "$(cat $KEYS/adopted/count)"
	fi
	if [ "$run" = short ]; then
		equal "$run: as if there were no property" "" "$(ignored)"
	else
		equal "$run: one line is in the log" 1 "$(ignored | grep -c ": $(reason)$")"
		equal "$run: and no other" 1 "$(ignored | wc -l)"
	fi
	check "$run: there is a vmcore" test -s /proc/vmcore
}
