# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The series' kselftests, installed and run as kernel CI does.
#
# disk: none
# phases: first
# crashkernel: 192M

passed() { grep -q "^ok [0-9]* selftests: kexec_keys: $1$" /tmp/kselftest.log; }

first()
{
	ln -s kernel "/boot/vmlinuz-$(uname -r)"
	(cd /kselftest && ./run_kselftest.sh > /tmp/kselftest.log 2>&1)
	for test in ring abi.sh load.sh crash_load.sh; do
		check "kselftest $test passes, and is not skipped" passed "$test" ||
			grep -E "not ok|SKIP|ok .*$test|Bail" /tmp/kselftest.log | head -n 20 | sed 's/^/# /' >&3
	done
}
