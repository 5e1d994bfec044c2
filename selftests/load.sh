#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# An image for an ordinary kexec carries no key, and the state says so. The image
# is the running kernel's, or the one named as argument; it is never executed.

DIR=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=kexec_keys_lib.sh
. "$DIR/kexec_keys_lib.sh"

need_feature
image=$(find_image "$@") || skip_all "no kernel image found; name one as argument"
[ "$(cat /sys/kernel/kexec_loaded)" = 0 ] || skip_all "an image is loaded already"

clean_up()
{
	image_load reboot unload
	ring_edit cleanup
}
trap clean_up EXIT

# Before the plan: it may skip all.
load_or_skip_all reboot "$image"
first_load=$?

ktap_print_header
ktap_set_plan 9

check "loading $image" [ "$first_load" = 0 ]
check "loaded: reboot/state disabled" becomes reboot/state disabled
check "a key can be designated meanwhile" add_key load
check "it changes nothing: reboot/state disabled" becomes reboot/state disabled
check "loading again, over the first" image_load reboot load "$image"
check "loaded again: reboot/state disabled" becomes reboot/state disabled
image_load reboot unload
check "unloaded: reboot/state none" becomes reboot/state none

legacy_output=$(image_load reboot legacy 2>&1)
case $? in
0)
	check "loaded by kexec_load(2): reboot/state unsupported" becomes reboot/state unsupported
	image_load reboot unload
	check "unloaded again: reboot/state none" becomes reboot/state none ;;
"$KSFT_SKIP")
	ktap_test_skip "loaded by kexec_load(2), $legacy_output"
	ktap_test_skip "unloaded again" ;;
*)
	ktap_test_fail "loaded by kexec_load(2), $legacy_output"
	ktap_test_fail "unloaded again" ;;
esac
ktap_finished
