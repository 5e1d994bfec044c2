# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The machine hibernates with a crash image loaded, and panics after it has resumed. The
# hibernation image on the second disk has the key once, as the ring has it.
# Whatever the mainline kernel restores of its own copies of a key, it may leave in the
# pages that it has read them into, too. Compressed, such a copy would be one that
# nobody knows whose it is.
#
# disk: luks2-pbkdf2
# size: 1024
# append: hibernate=nocompress
# phases: first resumed capture
# scan hibernated: payload=1 cipher=0-12 round-key=0-200
# scan resumed: payload=1-2 cipher=0-12 crash-region=1

hibernate()
{
	leave hibernation
	echo disk > /sys/power/state
}

first()
{
	prepare_volume
	need "the volume is tagged" tag "$NAME"
	need "a crash image is loaded" load_crash
	need "it agrees with the ring" wait_for_state synced

	need "there is room for its image" sh -c "mkswap /dev/vdb && swapon /dev/vdb"
	need "hibernation ends in a reset" sh -c "echo reboot > /sys/power/disk"
	hibernate
	resume_phase resumed
	ask scan-second-disk hibernated
	check "the image agrees with the ring" wait_for_state synced
	equal "the next kernel could read it" ok "$(cat $KEYS/crash/verify)"
	scan resumed
	panic_now
}

capture()
{
	equal "the key was adopted" "ok 1" "$(cat $KEYS/adopted/status) $(cat $KEYS/adopted/count)"
	check_volume_by_its_key
}
