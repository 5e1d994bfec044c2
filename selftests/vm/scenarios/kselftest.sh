# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The series' kselftests, installed and run as kernel CI does. Then, by hand, with no
# kernel in /boot, killed halfway, and where loading is forbidden.
#
# disk: none
# phases: first
# crashkernel: 192M

LOG=/tmp/kselftest.log
IMAGE=/boot/vmlinuz-$(uname -r)
PARAMETER=/sys/module/kexec_keys/parameters/reboot

# What may be skipped, and why.
SKIPS='vmtest.sh: no qemu-system-[a-z0-9_]*$'

passed() { grep -q "^ok [0-9]* selftests: kexec_keys: $1$" "$LOG"; }

# report_of TEST: what the runner shows of its output
report_of()
{
	sed -n "/^# selftests: kexec_keys: $1$/,/^\(not \)\{0,1\}ok [0-9]* selftests: kexec_keys: $1/s/^# //p" "$LOG"
}

# is_whole TEST: as many results as its plan says, all of them good
is_whole()
{
	report_of "$1" > /tmp/report
	plan=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' /tmp/report)
	results=$(grep -c "^ok [0-9]" /tmp/report)
	echo "$results good results of ${plan:-no plan}"
	[ "$plan" -gt 0 ] && [ "$results" = "$plan" ] && ! grep "^not ok" /tmp/report
}

# Each test that says SKIP, be it for one result or for all.
skips()
{
	for test in $TESTS; do
		report_of "$test" | sed -n "s/^.*# SKIP */$test: /p; s/^\(ok .*\)#SKIP/$test: \1/p"
	done | grep -vE "$SKIPS"
}

skips_nothing_else() { ! skips; }

loads() { report_of "$1" | grep -q "^ok 1 loading $2"; }

nothing_is_left()
{
	[ "$(cat /sys/kernel/kexec_loaded)" = 0 ] && [ "$(cat /sys/kernel/kexec_crash_loaded)" = 0 ] &&
		[ "$(cat "$PARAMETER")" = N ] && [ "$(cat /sys/module/kexec_keys/parameters/crash)" = Y ] &&
		[ -z "$(keyctl rlist "$(cat "$KEYS/ring")" 2> /dev/null | tr -d '\n ')" ] &&
		[ "$(find /tmp -name 'tmp.*' | wc -l)" = 0 ]
}

# killed SIGNAL TEST FILE VALUE: once the file has that value, the test is killed as the
# runner does it, and then everything is as it was.
killed()
{
	# A shell's background command else ignores SIGINT.
	env --default-signal=INT "./$2" > /tmp/killed.log 2>&1 &
	test_pid=$!
	for _ in $(seq 300); do
		[ "$(cat "$3")" != "$4" ] || break
		sleep 0.1
	done
	[ "$(cat "$3")" = "$4" ] || return
	kill "-$1" "$test_pid" || return
	wait "$test_pid"
	killed_status=$?
	[ "$killed_status" -gt 128 ] && nothing_is_left
}

# with_no_image TEST: /boot has none
with_no_image()
{
	mv "$IMAGE" /tmp/image || return
	"./$1" > "$OUT.stub" 2>&1
	with_status=$?
	mv /tmp/image "$IMAGE"
	cat "$OUT.stub"
	[ "$with_status" = 0 ] && grep -q "^ok 1 loading stub" "$OUT.stub" && ! grep -q SKIP "$OUT.stub"
}

first()
{
	ln -s kernel "$IMAGE"
	cd /kselftest || exit 1
	TESTS=$(sed -n 's/^kexec_keys://p' kselftest-list.txt)
	# The runner writes what tests say to this file, which udev makes; of a log that is a
	# file it would overwrite parts.
	ln -s /proc/self/fd/1 /dev/stdout
	./run_kselftest.sh 2>&1 | cat > "$LOG"
	for test in ring abi.sh load.sh crash_load.sh; do
		check "kselftest $test passes, and is not skipped" passed "$test" ||
			report_of "$test" | grep -E -A 3 "not ok|SKIP|Bail" | head -n 20 | sed 's/^/# /' >&3
		check "kselftest $test: all of its plan" is_whole "$test"
	done
	equal "there are no other tests" "abi.sh crash_load.sh load.sh ring vmtest.sh" "$(echo "$TESTS" | sort | xargs)"
	check "none of their results is skipped but those that may be" skips_nothing_else
	check "load.sh has loaded the kernel of this machine" loads load.sh "$IMAGE"
	check "crash_load.sh too" loads crash_load.sh "$IMAGE"
	check "they leave nothing behind" nothing_is_left

	cd kexec_keys || exit 1
	check "load.sh with an image that it makes itself" with_no_image load.sh
	check "crash_load.sh with an image that it makes itself" with_no_image crash_load.sh

	for signal in TERM INT; do
		check "load.sh, killed by SIG$signal, leaves nothing behind" \
			killed $signal load.sh "$PARAMETER" Y
	done
	check "crash_load.sh, killed by SIGTERM, leaves nothing behind" \
		killed TERM crash_load.sh "$KEYS/crash/carried" 2

	refused "what is no image is unsuitable" 3 ./image_load reboot load /init
	says "for that reason" "Exec format error|Invalid argument"
	refused "no capability is a failure, and no skip" 1 \
		setpriv --bounding-set -sys_boot ./image_load reboot load stub
	says "for that reason" "Operation not permitted"
	refused "the same for kexec_load(2)" 1 setpriv --bounding-set -sys_boot ./image_load reboot legacy
	check "the administrator forbids another load" sysctl -w kernel.kexec_load_disabled=1
	refused "then it is a skip" 4 ./load.sh
	says "with the reason" "SKIP .*cannot be loaded: .*Operation not permitted"
}
