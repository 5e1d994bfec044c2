# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A capture kernel that cannot read the clock, so that it starts in 1970: a key that
# expires meanwhile is adopted, and dies when the time comes.
#
# disk: none
# clock: none

first()
{
	need "the clock is set" date -s "2026-01-01 00:00"
	need "a key is made" keyctl add logon expiring:key 1 @s
	read -r key < "$OUT"
	need "it expires in an hour" keyctl timeout "$key" 3600
	need "it is designated" keyctl link "$key" "$(ring)"
	need "a key that does not expire is designated" keyctl add logon lasting:key 1 "$(ring)"
	need "a crash image is loaded" load_crash
	need "it agrees with the ring" wait_for_state synced
	panic_now
}

capture()
{
	equal "the year is 1970" 1970 "$(date +%Y)"
	equal "both keys are adopted" 2 "$(cat $KEYS/adopted/count)"
	expiring=$(member expiring:key)
	check "the one that expires is valid" keyctl describe "$expiring"
	need "the clock is set, two hours later" date -s "2026-01-01 02:00"
	refused "it has expired" 1 keyctl describe "$expiring"
	says "which is the reason" "Key has expired"
	check "the other has not" keyctl describe "$(member lasting:key)"
}
