# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What "make bench" reports: with one key, with a hundred, with a thousand, how long
# an update, a load and adoption take; and the volume's opening, by passphrase and by
# carried key.
#
# disk: luks2-argon2id
# mem: 2560
# crashkernel: 256M
# append: initcall_debug
# runs: 1 100 1000
# phases: first capture

LOADS=10

hundredths() { awk '{ printf "%d", $1 * 100 }' /proc/uptime; }

# timed NAME COMMAND…: how many seconds that takes is a fact
timed()
{
	name=$1
	shift
	start=$(hundredths)
	need "$name" "$@"
	fact "$run-$name" "$(($(hundredths) - start))"
}

available() { awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo; }

has_feature() { [ -d $KEYS ]; }

loads()
{
	for _ in $(seq $LOADS); do
		load_crash || return 1
	done
}

open_with_passphrase()
{
	unlock open /dev/vda "$NAME" && cryptsetup close "$NAME"
}

measure_updates()
{
	need "updates with $run keys" latency "$(ring)" "$run" 100
	read -r median worst < "$OUT"
	fact "$run-update" "$median"
	fact "$run-worst-update" "$worst"
}

first()
{
	CAPTURE_APPEND="$CAPTURE_APPEND run=$run"
	if has_feature; then
		need "an image is loaded" load_crash
		measure_updates
	fi
	if [ "$run" = 1 ]; then
		get_passphrase
		timed passphrase open_with_passphrase
		need "the volume is tagged" tag /dev/vda
	fi
	timed "$LOADS-loads" loads
	panic_now
}

capture()
{
	fact "$run-available" "$(available)"
	has_feature || return 0
	fact "$run-adoption" "$(dmesg | sed -n 's/.*initcall kexec_keys_adopt+.* after \([0-9]*\) usecs/\1/p')"
	equal "all keys are adopted" "$run" "$(grep -c 'latency\|cryptsetup:00112233' /proc/keys)"
	[ "$run" != 1 ] || timed key kexec-keys open /dev/vda
}
