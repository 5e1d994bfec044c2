#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# An image for an ordinary kexec would carry the designated keys if it were told to.
# The image is the running kernel's, one that the test makes, or the one named as
# argument; it is never executed.

DIR=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=kexec_keys_lib.sh
. "$DIR/kexec_keys_lib.sh"

need_feature
parameter=/sys/module/kexec_keys/parameters/reboot
[ "$(cat /sys/kernel/kexec_loaded)" = 0 ] || skip_all "an image is loaded already"

[ "$(cat "$parameter")" = N ] || skip_all "kexec_keys.reboot is on, which stays"

clean_up()
{
	image_load reboot unload
	echo N > "$parameter"
	ring_edit cleanup
}
at_end clean_up
ring_edit cleanup

# Before the plan: it may skip all.
load_first reboot "$@"
first_load=$?

disabled()
{
	becomes reboot/state disabled &&
		becomes reboot/reason parameter &&
		becomes reboot/carried 0
}

# What the machine had designated before is counted in.
armed()
{
	becomes reboot/state armed &&
		becomes reboot/reason none &&
		becomes reboot/carried $((others + $1)) &&
		becomes reboot/not_carried 0
}

lacks_some()
{
	becomes reboot/state armed &&
		[ "$(value reboot/not_carried)" != 0 ]
}

nothing_loaded()
{
	becomes reboot/state none &&
		becomes reboot/reason none &&
		becomes reboot/carried 0
}

ktap_print_header
ktap_set_plan 17

check "loading $image" [ "$first_load" = 0 ]
check "loaded: disabled" disabled
echo Y > "$parameter"
others=$(value reboot/carried)
check "parameter on: armed" armed 0
add_key load > /dev/null
check "a key that is added would be carried" armed 1
long=$(add_key "$(printf '%0300d' 0)")
check "a description of over 255 bytes would not" lacks_some
ring_edit unlink "$long"
check "armed again without it" armed 1
check "loading again, over the first" image_load reboot load "$image"
check "armed still" armed 1
check "turning the parameter off wakes a poll of reboot/state" \
	wakes reboot/state sh -c "echo N > $parameter"
check "parameter off: disabled" disabled
check "turning it on wakes a poll of reboot/state" \
	wakes reboot/state sh -c "echo Y > $parameter"
check "unloading wakes a poll of reboot/state" wakes reboot/state "$DIR/image_load" reboot unload
check "unloaded: none" nothing_loaded
check "loading wakes a poll of reboot/state" \
	wakes reboot/state "$DIR/image_load" reboot load "$image"
image_load reboot unload

legacy_output=$(image_load reboot legacy 2>&1)
case $? in
0)
	check "loaded by kexec_load(2): unsupported" becomes reboot/state unsupported
	check "for that reason" becomes reboot/reason kexec_load
	image_load reboot unload
	check "unloaded again: none" nothing_loaded ;;
"$KSFT_SKIP")
	ktap_test_skip "loaded by kexec_load(2), $legacy_output"
	ktap_test_skip "for that reason"
	ktap_test_skip "unloaded again" ;;
*)
	ktap_test_fail "loaded by kexec_load(2), $legacy_output"
	ktap_test_fail "for that reason"
	ktap_test_fail "unloaded again" ;;
esac
ktap_finished
