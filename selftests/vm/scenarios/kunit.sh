# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What the kernel's own unit tests said at boot.
#
# disk: none
# phases: first

suite_is_good()
{
	results=/sys/kernel/debug/kunit/$1/results
	cat "$results"
	grep -q "^ok 1 $1" "$results" && ! grep -q "not ok" "$results"
}

first()
{
	for suite in keys_kexec_codec keys_kexec_image; do
		check "KUnit suite $suite" suite_is_good "$suite"
	done
}
