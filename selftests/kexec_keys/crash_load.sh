#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The crash image holds the designated keys and follows every change of them. The
# image is the running kernel's, one that the test makes, or the one named as argument;
# it is not meant to be executed. Needs crashkernel= and nothing loaded there.

DIR=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=kexec_keys_lib.sh
. "$DIR/kexec_keys_lib.sh"

need_feature
parameter=/sys/module/kexec_keys/parameters/crash

[ "$(cat /sys/kernel/kexec_crash_size)" != 0 ] ||
	skip_all "no memory is reserved: boot with crashkernel="
[ "$(cat /sys/kernel/kexec_crash_loaded)" = 0 ] ||
	skip_all "a crash image is loaded already, which stays"
[ "$(cat "$parameter")" = Y ] || skip_all "kexec_keys.crash is off, which stays"
[ "$(value crash/reason)" != sme ] || skip_all "memory encryption is on"

clean_up()
{
	image_load crash unload
	echo Y > "$parameter"
	ring_edit cleanup
}
at_end clean_up
ring_edit cleanup

load_first crash "$@"
first_load=$?
# What the machine had designated before is counted in.
others=$(value crash/carried)

# carries N: keys of the test, all of the ring, and the next kernel would see them.
carries()
{
	becomes crash/carried $((others + $1)) &&
		becomes crash/state synced &&
		becomes crash/reason none &&
		becomes crash/not_carried 0 &&
		becomes crash/verify ok
}

lacks_some()
{
	becomes crash/state stale &&
		becomes crash/reason capacity &&
		becomes crash/verify ok &&
		[ "$(value crash/not_carried)" != 0 ]
}

disabled_by_parameter()
{
	becomes crash/state disabled &&
		becomes crash/reason parameter &&
		becomes crash/carried 0 &&
		becomes crash/verify none
}

nothing_loaded()
{
	becomes crash/state none &&
		becomes crash/reason none &&
		becomes crash/carried 0 &&
		becomes crash/verify none
}

legacy_image()
{
	becomes crash/state unsupported &&
		becomes crash/reason kexec_load &&
		becomes crash/carried 0 &&
		becomes crash/verify none
}

# The longest payloads that a logon key takes, one more than half of the buffer, which is
# a 64th of the reservation but 128 KiB at least, has room for.
overfill()
{
	room=$(($(cat /sys/kernel/kexec_crash_size) / 128))
	[ "$room" -gt 65536 ] || room=65536
	for i in $(seq $((room / 32767 + 1))); do
		head -c 32767 /dev/zero | ring_edit add "filler$i" || return
	done
}

long_name=$(printf '%0300d' 0)

without()
{
	ring_edit unlink "$1" && carries "$2"
}

ktap_print_header
ktap_set_plan 36

check "loading $image" [ "$first_load" = 0 ]
check "loaded: nothing of the test's is carried" carries 0
add_key one > /dev/null
check "a key that is added is carried" carries 1
add_key two > /dev/null
check "another is, too" carries 2
key=$(add_key two)
check "one of the same name displaces it" carries 2
check "a key that is unlinked is not carried" without "$key" 1

key=$(add_key two)
check "a key to revoke" carries 2
check "revoking a key wakes a poll of crash/state" \
	wakes crash/state "$DIR/ring_edit" revoke "$key"
check "a key that is revoked is not carried" carries 1
check "adding a key wakes a poll of crash/state" \
	wakes crash/state sh -c "echo payload | '$DIR/ring_edit' add another"
key=$(add_key another)
check "the last of them is carried" carries 2
check "unlinking a key wakes a poll of crash/state" \
	wakes crash/state "$DIR/ring_edit" unlink "$key"

key=$(add_key three)
check "a key to change and to expire" carries 2
check "updating a key wakes a poll of crash/state" \
	wakes crash/state sh -c "seq 100 | '$DIR/ring_edit' update $key"
check "its new payload is carried" carries 2
ring_edit timeout "$key" 1
check "a key that has expired is not carried" carries 1

check "a key that is left out wakes a poll of crash/state" \
	wakes crash/state sh -c "echo x | '$DIR/ring_edit' add $long_name"
key=$(add_key "$long_name")
check "a description of over 255 bytes is not carried" lacks_some
check "the others still are" becomes crash/carried $((others + 1))
check "unlinking it wakes a poll of crash/state" \
	wakes crash/state "$DIR/ring_edit" unlink "$key"
check "synced when it is gone" carries 1

fillers=$(overfill)
check "what does not fit is left out" lacks_some
check "a load with more than fits" image_load crash load "$image"
check "leaves it out, too" lacks_some
for key in $fillers; do ring_edit unlink "$key"; done
check "synced when they are gone" carries 1

check "turning the parameter off wakes a poll of crash/state" \
	wakes crash/state sh -c "echo N > $parameter"
check "parameter off: disabled, nothing is held" disabled_by_parameter
image_load crash load "$image"
check "nor after another load" disabled_by_parameter
check "turning it on wakes a poll of crash/state" \
	wakes crash/state sh -c "echo Y > $parameter"
check "parameter on: synced, without another load" carries 1

check "unloading wakes a poll of crash/state" wakes crash/state "$DIR/image_load" crash unload
add_key four > /dev/null
check "unloaded: none" nothing_loaded
check "loading wakes a poll of crash/state" \
	wakes crash/state "$DIR/image_load" crash load "$image"
check "loaded again: holds what was added meanwhile" carries 2

legacy_output=$(image_load crash legacy 2>&1)
case $? in
0)
	check "loaded by kexec_load(2): unsupported" legacy_image ;;
"$KSFT_SKIP")
	ktap_test_skip "loaded by kexec_load(2), $legacy_output" ;;
*)
	ktap_test_fail "loaded by kexec_load(2), $legacy_output" ;;
esac
image_load crash unload
check "unloaded in the end: none" nothing_loaded
ktap_finished
