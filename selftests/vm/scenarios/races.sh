# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Everything at once, for minutes, on a kernel that watches itself: images are
# loaded, replaced, unloaded and fail to load, processors come and go, the ring and
# its members change without a pause, the policy is turned off and on, the state is
# read. Afterwards state and content agree.
#
# disk: none
# mem: 1536
# crashkernel: 160M
# cpus: 3
# append: nokaslr no_hash_pointers
# kernel: debug
# phases: first

SECONDS_OF_ROUND=180
# On a slow machine it takes longer until there was enough of everything.
ROUNDS_MAX=4
PARAMETERS=/sys/module/kexec_keys/parameters

hotplug()
{
	while :; do
		for cpu in 1 2; do
			echo 0 > /sys/devices/system/cpu/cpu$cpu/online && echo unplugged >> /tmp/hotplugs
			usleep 300000
			echo 1 > /sys/devices/system/cpu/cpu$cpu/online
			usleep 300000
		done
	done
}

policy()
{
	while :; do
		echo N > $PARAMETERS/crash
		usleep 50000
		echo Y > $PARAMETERS/crash
		echo Y > $PARAMETERS/reboot
		usleep 400000
		echo N > $PARAMETERS/reboot
	done
}

# Keys that expire, change owner and permissions.
attributes()
{
	while :; do
		for number in 1 2 3; do
			key=$(keyctl add logon "storm:attribute$number" "$number" @s)
			keyctl timeout "$key" "$number" && keyctl link "$key" "$(ring)"
			keyctl setperm "$key" 0x3f0d0000
			keyctl chown "$key" 1000
		done
		usleep 200000
	done > /dev/null 2>&1
}

# Whenever it is looked at, what the next kernel would read is a whole set.
reader()
{
	while :; do
		verdict=$(cat $KEYS/crash/verify)
		echo "$verdict $(cat $KEYS/crash/state) $(cat $KEYS/reboot/state)" >> /tmp/states
		case $verdict in
		ok | none) ;;
		*) echo "$verdict" >> /tmp/wrong ;;
		esac
	done
}

member_names()
{
	for serial in $(keyctl rlist "$(ring)"); do
		keyctl rdescribe "$serial" 2> /dev/null | cut -d ';' -f 5-
	done
}

# count WORD: of all processes that load
count() { sed -n "s/.*\b$1 \([0-9]*\).*/\1/p" /tmp/loads | awk '{ n += $1 } END { print n + 0 }'; }

was_enough()
{
	for word in loads unloads refused failed; do
		[ "$(count $word)" -gt 2 ] || return 1
	done
	[ "$changes" -gt 1000 ] && [ "$(wc -l < /tmp/hotplugs)" -gt 10 ]
}

race()
{
	: > /tmp/hotplugs
	: > /tmp/wrong
	before=$(cat $KEYS/generation)
	nice storm "$(ring)" 2> /tmp/storm &
	storm=$!
	looks $KEYS/ring $KEYS/generation $KEYS/*/* 2> /tmp/looks &
	looks=$!
	for racer in hotplug policy attributes reader; do
		$racer &
		racers="$racers $!"
	done
	for round in $(seq $ROUNDS_MAX); do
		loads /tmp/small-kernel /guest/lib.sh "$CAPTURE_APPEND" $SECONDS_OF_ROUND >> /tmp/loads 2>&1
		status=$?
		changes=$(($(cat $KEYS/generation) - before))
		if [ $status != 0 ] || was_enough; then
			break
		fi
	done
	kill -0 $storm $looks || status=1
	# shellcheck disable=SC2086
	kill $storm $looks $racers
	return $status
}

check_that_it_raced()
{
	fact "$round times $SECONDS_OF_ROUND s: loads $(count loads), unloads $(count unloads), refused $(count refused)," \
		"failed $(count failed); changes of the ring $changes; hotplugs $(wc -l < /tmp/hotplugs);" \
		"looks at the state $(wc -l < /tmp/states): $(sort /tmp/states | uniq -c | sort -rn | tr -s ' \n' ' ,')"
	check "there was enough of everything" was_enough
	equal "neither the storm nor who looks met an error" "" "$(cat /tmp/storm /tmp/looks)"
	equal "no look at it found half a set" "" "$(sort /tmp/wrong | uniq -c)"
}

settle()
{
	echo 1 > /sys/devices/system/cpu/cpu1/online
	echo 1 > /sys/devices/system/cpu/cpu2/online
	echo Y > $PARAMETERS/crash
	# Those that expire do so.
	sleep 4
}

# What is on its way is taken for a leak by the first of two scans.
find_leaks()
{
	echo scan > /sys/kernel/debug/kmemleak && sleep 6 && echo scan > /sys/kernel/debug/kmemleak
}

# leaks, from the command line: whether this kernel has one that must be found.
check_leaks()
{
	need "leaks are looked for" find_leaks
	if [ "${leaks:-}" = planted ]; then
		check "the array that no load frees is found" grep -q kexec_keys_crash_loaded /sys/kernel/debug/kmemleak
	else
		equal "nothing leaks" "" "$(grep '^unreferenced object' /sys/kernel/debug/kmemleak)"
	fi
	sed -n '1,30s/^/#   /p' /sys/kernel/debug/kmemleak >&3
}

first()
{
	[ ! -e /sys/kernel/debug/fail_page_alloc ] || let_any_allocation_fail
	need "there is a kernel that is loaded sooner" make_small_kernel
	check "every load and unload ends as it may, the storm does not end" race
	[ -z "$(cat /tmp/loads)" ] || sed 's/^/# /' /tmp/loads >&3
	settle
	check_that_it_raced

	need "a crash image is loaded at the end" load_crash
	need "a key is designated at the end" keyctl add logon last:key 1 "$(ring)"
	need "it agrees with the ring" wait_for_state synced
	equal "the next kernel could read it" ok "$(cat $KEYS/crash/verify)"
	show_buffer
	ask holds "$(member_names | tr '\n' ' ')"
	need "the image is unloaded" unload_crash
	need "the ring is cleared" keyctl clear "$(ring)"

	[ ! -e /sys/kernel/debug/kmemleak ] || check_leaks
}
