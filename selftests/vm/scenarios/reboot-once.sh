# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# One ordinary kexec, in other circumstances: without KASLR, with less memory,
# when nobody has turned it on, when it was turned off again, and with an image of
# kexec_load(2).
#
# disk: none
# mem: 1024
# phases: first next
# runs: nokaslr little-memory unarmed disarmed kexec_load

# run comes from the command line
words="run=${run:?}"
memory=400

first()
{
	need "$run: a key is designated" keyctl add logon some:key "$(printf %064d 7)" "$(ring)"
	case $run in
	nokaslr) words="$words nokaslr" ;;
	little-memory) words="$words mem=${memory}M" ;;
	esac
	# shellcheck disable=SC2034 # load_next's
	[ "$run" != kexec_load ] || LOAD_NEXT_BY=-c
	need "$run: the next kernel is loaded" load_next next "$words"
	[ "$run" = unarmed ] || need "$run: carrying over is turned on" turn_on
	[ "$run" != disarmed ] || need "$run: and off again" turn_off
	equal "$run: the state" "$(expected_state)" "$(cat $KEYS/reboot/state) $(cat $KEYS/reboot/reason)"
	kexec_now
}

expected_state()
{
	case $run in
	unarmed | disarmed) echo "disabled parameter" ;;
	kexec_load) echo "unsupported kexec_load" ;;
	*) echo "armed none" ;;
	esac
}

# Where the buffer is, is the page allocator's business.
expected_by_address()
{
	node=$(dirname "$(grep -l 0xb /sys/kernel/boot_params/setup_data/*/type)")
	address=$(od -An -N8 -tu8 "$node/data")
	note "the buffer is at $((address >> 20)) MiB"
	if [ $((address >> 20)) -lt $memory ]; then
		echo "ok 1"
	else
		echo "not-ram 0"
	fi
}

adopted() { echo "$(cat $KEYS/adopted/status) $(cat $KEYS/adopted/count)"; }

next()
{
	case $run in
	unarmed | disarmed) equal "$run: an empty buffer was handed over" "empty 0" "$(adopted)" ;;
	kexec_load) equal "$run: nothing was handed over" "none 0" "$(adopted)" ;;
	little-memory) equal "$run: a key is adopted from what is memory" "$(expected_by_address)" "$(adopted)" ;;
	*) equal "$run: the key was carried over" "ok 1" "$(adopted)" ;;
	esac
}
