# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A handover buffer that no kernel wrote costs the keys and one line: the capture
# kernel boots, and says what was wrong.
#
# replays: yes
# runs: magic digest short version record count empty

first()
{
	load_with_a_key
	next_run
	ask corrupt "$run"
	differ "$run: the state files see it" ok "$(cat $KEYS/crash/verify)"
	panic_now
}

# The word for what is wrong: a number of records that is wrong is a bad record.
reason()
{
	case $run in
	count) echo record ;;
	*) echo "$run" ;;
	esac
}

capture()
{
	this_run
	equal "$run: the reason" "$(reason)" "$(cat $KEYS/adopted/status)"
	equal "$run: nothing is adopted" 0 "$(cat $KEYS/adopted/count)"
	equal "$run: one line is in the log" 1 "$(dmesg | grep -c "kexec-keys: handover buffer.*: $(reason)$")"
	check "$run: the buffer is freed" sh -c "dmesg | grep -q 'Freeing kexec keys memory'"
	check "$run: there is a vmcore" test -s /proc/vmcore
}
