# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# An ordinary kexec with keys into a kernel that lacks the feature: it boots, shows no key to
# anybody, and the volume opens with its passphrase. It keeps no key longer than other memory
# that it was given, and the kernel after it is told of none, however it is loaded.
#
# append: kexec_keys.reboot=Y
# disk: luks2-pbkdf2
# mem: 1024
# loads: off
# phases: first next*4
# scan started: payload=0-2 cipher=0-4 stray=0-2
# scan used: payload=0-2 cipher=0-4

# From the command line of every kernel but the first.
round=${round:-0}

designate_both()
{
	need "the volume's key is designated" tag "$NAME"
	need "so is a key whose payload is known" designate_known_key
}

# load_generation ROUND KERNEL
load_generation()
{
	# shellcheck disable=SC2034 # load_next's
	NEXT_KERNEL=$2
	need "the kernel of round $1 is loaded" load_next next "round=$1"
}

carry_both()
{
	load_generation "$1" /boot/kernel
	equal "it would carry both keys" "armed none 2" "$(reboot_state)"
	kexec_now
}

first()
{
	prepare_volume
	designate_both
	need "it is unmounted" umount /mnt
	equal "carrying over is on" Y "$(cat $PARAMETER)"
	carry_both 1
}

# All of the memory is given to something else, but for the little that is kept for devices
# of old: there may be what the first kernel had on its heap.
use_memory() { ! dd if=/dev/zero of=/tmp/filler bs=1M 2> /dev/null && rm /tmp/filler; }

check_kernel_without_the_feature()
{
	absent "round $round: it has no state files" "$KEYS"
	check_known_key_is_hidden
	equal "round $round: no memory is reserved for a buffer" "" "$(reservations | grep -x "$(told_buffer)")"
	scan started
	need "round $round: its memory is used" use_memory
	scan used
	refused "round $round: the shim says what is missing" 10 kexec-keys open --all
	need "round $round: the volume opens with its passphrase" unlock open /dev/vda "$NAME"
	need "round $round: it is mounted" mount_volume
	check "round $round: the file of the first kernel is intact" marker_is_intact
	need "round $round: it is unmounted" umount /mnt
}

next()
{
	case $round in
	1)
		check_kernel_without_the_feature
		# shellcheck disable=SC2034 # load_next's
		LOAD_NEXT_BY=-c
		load_generation 2 /boot/own ;;
	3)
		check_kernel_without_the_feature
		load_generation 4 /boot/own ;;
	*)
		equal "round $round: nothing was handed over" "none none 0" "$(adopted)"
		equal "round $round: the ring is empty" "" "$(keyctl rlist "$(ring)")"
		[ "$round" = 4 ] && return
		need "round $round: there are random numbers" wait_until has_random_numbers
		need "round $round: the volume opens with its passphrase" unlock open /dev/vda "$NAME"
		designate_both
		need "carrying over is turned on" turn_on
		carry_both 3 ;;
	esac
	kexec_now
}
