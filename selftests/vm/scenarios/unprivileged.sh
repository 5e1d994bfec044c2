# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A user who changes keys of his own without a pause costs nothing, unless root has
# designated them; then each change reaches the image, and he may revoke what is his.
#
# disk: none
# phases: first

MANY=2000

tell()
{
	echo "$*" >&7
	read -r answer <&8
	[ "$answer" = "done" ]
}

start_owner()
{
	mkfifo /tmp/to /tmp/from
	owner 1000 own:key < /tmp/to > /tmp/from 2> /tmp/owner &
	exec 7> /tmp/to 8< /tmp/from
	read -r key <&8
}

generation() { cat $KEYS/generation; }

first()
{
	need "a crash image is loaded" load_crash
	start_owner
	need "a user has a key of his own" test -n "$key"

	before=$(generation)
	check "he changes it $MANY times" tell "update $MANY"
	equal "nothing was written for that" "$before" "$(generation)"

	need "root designates it" keyctl link "$key" "$(ring)"
	need "the image has it" wait_for_file $KEYS/crash/carried 1
	before=$(generation)
	check "he changes it $MANY times" tell "update $MANY"
	need "the image follows" wait_for_state synced
	fact "$MANY changes of a member: $(($(generation) - before)) updates at most"
	differ "they are seen" "$before" "$(generation)"
	equal "the next kernel could read it" ok "$(cat $KEYS/crash/verify)"

	need "root takes it out again" keyctl unlink "$key" "$(ring)"
	need "the image follows" wait_for_file $KEYS/crash/carried 0
	need "and agrees" wait_for_state synced
	before=$(generation)
	check "he changes it $MANY times" tell "update $MANY"
	check "one more update at most was made for that" test $(($(generation) - before)) -le 1

	need "root designates it again" keyctl link "$key" "$(ring)"
	need "the image has it" wait_for_file $KEYS/crash/carried 1
	check "he revokes it" tell revoke
	check "the image has it no more" wait_for_file $KEYS/crash/carried 0
}
