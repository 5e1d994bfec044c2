# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A handover buffer that no kernel wrote costs the keys and one line: the capture
# kernel boots, and says what was wrong. Keys that are not those of the ring are seen
# before.
#
# replays: yes
# runs: magic digest short version record count empty payload perm

first()
{
	load_with_a_key
	next_run
	ask corrupt "$run"
	equal "$run: the state files see it" "$(seen)" "$(cat $KEYS/crash/verify)"
	panic_now
}

seen()
{
	case $run in
	payload | perm) echo content ;;
	*) reason ;;
	esac
}

# The word for what is wrong: a number of records that is wrong is a bad record.
reason()
{
	case $run in
	count) echo record ;;
	payload | perm) echo ok ;;
	*) echo "$run" ;;
	esac
}

# How many keys are adopted, and how many lines in the log say why none is.
adopted_keys() { [ "$(reason)" = ok ] && echo 1 || echo 0; }

lines()
{
	case $(reason) in
	ok | empty) echo 0 ;;
	*) echo 1 ;;
	esac
}

capture()
{
	this_run
	equal "$run: the reason" "$(reason)" "$(cat $KEYS/adopted/status)"
	equal "$run: what is adopted" "$(adopted_keys)" "$(cat $KEYS/adopted/count)"
	equal "$run: lines in the log" "$(lines)" "$(dmesg | grep -c "kexec-keys: handover buffer")"
	[ "$run" != perm ] ||
		equal "$run: only permissions that there are" "logon;0;0;3f3f3f3f;some:key" "$(keyctl rdescribe "$(member some:key)")"
	check "$run: there is a vmcore" test -s /proc/vmcore
}
