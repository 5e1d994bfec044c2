# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Checks that print TAP; sourced after lib.sh, never run.

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0 failed=0

# check DESCRIPTION COMMAND…: what it says is seen where it fails. A function fails with the
# first of its commands that does; so it is not called in a condition, where errexit is off.
check()
{
	local description=$1 status
	shift
	count=$((count + 1))
	set +e
	(
		set -e
		"$@"
	) > "$work/said" 2>&1
	status=$?
	set -e
	if [ "$status" = 0 ]; then
		echo "ok $count - $description"
	else
		failed=1
		echo "not ok $count - $description"
		sed 's/^/# /' "$work/said"
	fi
}

fails_to() { ! "$@"; }

# The plan, and the exit status of the program.
close_report()
{
	echo "1..$count"
	exit "$failed"
}
