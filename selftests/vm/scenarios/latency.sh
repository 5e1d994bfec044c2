# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# How long it takes from a change of the ring until the crash image agrees: with one
# key in it, with a hundred, and with a thousand.
#
# disk: none
# phases: first

rounds=100
# For the median: an emulated machine is slow, and a single change may be starved.
limit() { echo $((10000 + 100 * $1)); }

measure()
{
	need "$1 keys: latency is measured" latency "$(ring)" "$1" $rounds
	read -r median worst < "$OUT"
	fact "$1 keys: median $median us, worst $worst us, of $((2 * rounds)) changes"
	check "$1 keys: half of the changes take less than $(limit "$1") us" test "$median" -lt "$(limit "$1")"
	equal "$1 keys: all are carried" "synced $1 ok" "$(state) $(cat $KEYS/crash/carried) $(cat $KEYS/crash/verify)"
}

first()
{
	need "a crash image is loaded" load_crash
	for members in 1 100 1000; do
		measure $members
	done
}
