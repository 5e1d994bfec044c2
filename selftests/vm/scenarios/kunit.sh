# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What the kernel's own unit tests said at boot: each case that the source has.
#
# disk: none
# phases: first

# A line for each case, as "SUITE CASE", that scripts/kselftests has taken from the source.
CASES=/kselftest/kunit-cases

cases_of() { sed -n "s/^$1 //p" "$CASES" | sort; }

# suite_is_good SUITE: every case of the source has passed, none is skipped
suite_is_good()
{
	results=/sys/kernel/debug/kunit/$1/results
	cat "$results"
	cases_of "$1" > /tmp/cases
	sed -n 's/^    ok [0-9]* \([a-z0-9_]*\)$/\1/p' "$results" | sort | diff /tmp/cases - &&
		[ -s /tmp/cases ] && grep -q "^ok 1 $1$" "$results" && ! grep -qE "not ok|SKIP" "$results"
}

suites() { cut -d' ' -f1 "$CASES" | sort -u | xargs; }

first()
{
	equal "the suites of the source" "keys_kexec_codec keys_kexec_image" "$(suites)"
	for suite in $(suites); do
		check "KUnit suite $suite: every case of the source" suite_is_good "$suite"
	done
	equal "and no other suite was run" "$(suites)" "$(cd /sys/kernel/debug/kunit && echo *)"
}
