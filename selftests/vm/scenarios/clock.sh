# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Neither a clock that is set forward nor a suspended machine makes an expired key
# live on in the crash image, and a key that expires after the panic is not adopted.
#
# disk: none
# phases: first capture

# expiring_key NAME SECONDS [NUMBER]: the last of so many keys that are carried (1)
expiring_key()
{
	need "$1: a key that expires in $2 s" keyctl add logon "$1" 1 @s
	read -r key < "$OUT"
	need "$1: its end is set" keyctl timeout "$key" "$2"
	need "$1: it is designated" keyctl link "$key" "$(ring)"
	need "$1: the image has it" wait_for_file $KEYS/crash/carried "${3:-1}"
}

suspend_for() { ask wake "$1" && echo mem > /sys/power/state; }

first()
{
	need "a crash image is loaded" load_crash

	expiring_key forward:key 1000
	need "the clock is set forward by 990 s" date -s "@$(($(date +%s) + 990))"
	equal "the key is there still" "synced 1" "$(state) $(cat $KEYS/crash/carried)"
	need "the clock is set forward by 990 s again" date -s "@$(($(date +%s) + 990))"
	need "the key is gone" wait_for_file $KEYS/crash/carried 0
	equal "which is as it should be" synced "$(state)"

	expiring_key asleep:key 6
	start=$(date +%s)
	need "the machine is suspended for 10 s" suspend_for 10
	check "so long it was" test $(($(date +%s) - start)) -ge 10
	need "the key is gone" wait_for_file $KEYS/crash/carried 0
	equal "which is as it should be, too" synced "$(state)"

	expires_after_the_panic
}

# The capture kernel reads the hardware's clock: for it, more than an hour has passed.
expires_after_the_panic()
{
	need "the ring is cleared" keyctl clear "$(ring)"
	need "the clock is set back by two hours" date -s "@$(($(date +%s) - 7200))"
	expiring_key meanwhile:key 600
	expiring_key later:key 14400 2
	need "a key that does not expire is designated" keyctl add logon lasting:key 1 "$(ring)"
	need "the image has all three" wait_for_file $KEYS/crash/carried 3
	panic_now
}

capture()
{
	equal "the set is valid" ok "$(cat $KEYS/adopted/status)"
	equal "two keys are adopted" 2 "$(cat $KEYS/adopted/count)"
	equal "one is not" 1 "$(cat $KEYS/adopted/skipped)"
	equal "it is the one that has expired" "" "$(serial_of meanwhile:key)"
	check "the one that has not is valid" keyctl describe "$(member later:key)"
	check "so is the one that does not expire" keyctl describe "$(member lasting:key)"
}
