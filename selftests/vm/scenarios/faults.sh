# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Each memory allocation of a load fails in turn. Whether the load then fails or not,
# what the state says is so, no copy of the key is left in the crash region where no
# image is, and no page is lost.
#
# disk: luks2-pbkdf2
# mem: 1024
# crashkernel: 160M
# kernel: debug
# phases: first
# scan failed: payload=1 cipher=0-4
# scan unloaded: payload=1 cipher=0-4

MANY=100

# load_without KIND NUMBER: the load, without that allocation
load_without() { failload "$1" /tmp/small-kernel /guest/lib.sh "$CAPTURE_APPEND" "$2" > "$OUT" 2>&1; }

image_of() { cat "/sys/kernel/kexec_$1loaded"; }

# What is loaded carries the key, or says that it does not.
loaded_well()
{
	case "$(state) $(cat $KEYS/crash/reason)" in
	"synced none" | "stale memory" | "stale capacity") true ;;
	*) echo "$(state) $(cat $KEYS/crash/reason)"; false ;;
	esac
}

crash_loads()
{
	number=1 failures=0 survived=0
	while :; do
		load_without crash $number
		case $? in
		0)
			survived=$((survived + 1))
			check "allocation $number fails, the load does not: the state is true" loaded_well ;;
		1)
			failures=$((failures + 1))
			equal "allocation $number fails: nothing is loaded" "none 0" "$(state) $(image_of crash_)"
			scan failed ;;
		3) break ;;
		*) fail "failload ran"; note_output; return ;;
		esac
		number=$((number + 1))
	done
	fact "a crash load: $((number - 1)) allocations, $failures fail it, $survived do not"
	check "some allocations fail a load" test "$failures" -gt 10
	check "some do not" test "$survived" -gt 0
}

# A lost buffer would be 32 pages for each load.
buffers_are_lost() { [ "$lost" -ge $((MANY * 8)) ]; }

free_pages() { awk '$1 == "nr_free_pages" { print $2 }' /proc/vmstat; }

# The last allocation without which a reboot image is not loaded comes after our
# pages have been taken.
reboot_loads()
{
	number=1
	while :; do
		load_without reboot $number
		case $? in
		0) kexec -u -s ;;
		1) last_failure=$number ;;
		*) break ;;
		esac
		number=$((number + 1))
	done
	need "the one that nothing failed is unloaded" kexec -u -s
	fact "a reboot load: $((number - 1)) allocations, the last to fail it is $last_failure"
	equal "nothing is loaded" "none 0" "$(cat $KEYS/reboot/state) $(image_of "")"
	for round in warm-up first second third; do
		pages=$(free_pages)
		for _ in $(seq $MANY); do
			load_without reboot $last_failure
		done
		lost=$((pages - $(free_pages)))
		fact "$MANY loads of a reboot image that fail: $lost pages less are free ($round)"
		# Others, too, take memory now and then, but not in every round.
		[ $round = warm-up ] || buffers_are_lost || break
	done
	check "no page of a buffer is lost" fails_to buffers_are_lost
}

first()
{
	need "allocations can fail" test -e /proc/self/fail-nth
	let_any_allocation_fail
	need "there is a kernel that is loaded sooner" make_small_kernel
	need "the volume is formatted and tagged" tag /dev/vda
	crash_loads
	need "a crash image is loaded" load_crash
	need "it agrees with the ring" wait_for_state synced
	need "it is unloaded" unload_crash
	scan unloaded
	reboot_loads
}
