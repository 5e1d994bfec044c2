# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Panics at any time while other processes change the ring without a pause: the
# capture kernel starts, has the set that was in the buffer, and opens the volume.
#
# disk: luks2-pbkdf2
# append: nokaslr no_hash_pointers
# replays: yes
# phases: first capture*16

panics=${panics:-16}

first()
{
	need "the volume is formatted and tagged" tag /dev/vda
	need "a crash image is loaded" load_crash
	show_buffer
	need "another key is designated" keyctl add logon gone:key 1 "$(ring)"
	need "the image has both" wait_for_file $KEYS/crash/carried 2
	need "it is taken out again" keyctl unlink "0x$(serial_of gone:key)" "$(ring)"
	need "the image has one" wait_for_file $KEYS/crash/carried 1

	storm "$(ring)" 2> /tmp/storm &
	sleep 1
	before=$(cat $KEYS/generation)
	usleep 200000
	fact "changes in 0.2 s: $(($(cat $KEYS/generation) - before))"
	need "the storm goes on" kill -0 $!
	ask replay anytime "$panics"
	echo c > /proc/sysrq-trigger
}

capture()
{
	equal "the buffer is good" ok "$(cat $KEYS/adopted/status)"
	show_adopted
	check "what was taken out before is not there" sh -c "! grep -q gone:key /proc/keys"
	check "the shim opens the volume" kexec-keys open --all
}
