# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Runs one phase of a scenario in the guest: sh lib.sh PHASE.  File descriptor
# 3 is the port to the host; each line on it is a result, a comment, or (with
# an @) a verb of verbs.py, which the host answers with a line where that says so.
#
# No "set -e": a scenario goes on after a failed check, so that one run says all
# that is wrong; where going on makes no sense it says "need" instead of "check".

export DM_DISABLE_UDEV=1 LC_ALL=C
KEYS=/sys/kernel/kexec/keys
NAME=vault
OUT=/tmp/output
PASSPHRASE=

# --- results ---------------------------------------------------------------

# A byte for each result of this phase: the host compares what has arrived. A file, as
# also subshells have results.
RESULTS=/run/scenario-results

note() { echo "# $*" >&3; }

note_output() { tail -n 15 "$OUT" | sed 's/^/#   /' >&3; }

result() { printf . >> "$RESULTS" && echo "$*" >&3; }

pass() { result "ok $*"; }

fail() { result "not ok $*"; }

skip() { result "skip $*"; }

number_of_results() { stat -c %s "$RESULTS"; }

# What a program has printed: the host looks for the volume key in it.
show_output() { awk '{ print "@said " $0 }' "$OUT" >&3; }

# check DESCRIPTION COMMAND…: the command succeeds
check()
{
	description=$1
	shift
	"$@" > "$OUT" 2>&1 < /dev/null
	status=$?
	show_output
	if [ "$status" = 0 ]; then
		pass "$description"
	else
		fail "$description"
		note "exit status $status of: $*"
		note_output
		return 1
	fi
}

need() { check "$@" || exit 1; }

fails_to() { ! "$@"; }

# refused DESCRIPTION STATUS COMMAND…: it ends with exactly this status
refused()
{
	description=$1 expected=$2
	shift 2
	"$@" > "$OUT" 2>&1 < /dev/null
	status=$?
	show_output
	if [ "$status" = "$expected" ]; then
		pass "$description"
	else
		fail "$description"
		note "exit status $status, not $expected, of: $*"
		note_output
	fi
}

# equal DESCRIPTION EXPECTED ACTUAL
equal()
{
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1"
		note "expected: $2"
		note "have:     $3"
	fi
}

# differ DESCRIPTION OTHER ACTUAL
differ()
{
	if [ "$2" != "$3" ]; then
		pass "$1"
	else
		fail "$1"
		note "have: $3"
	fi
}

# says DESCRIPTION PATTERN: the last command's output has a line like this
says()
{
	if grep -q -E -e "$2" "$OUT"; then
		pass "$1"
	else
		fail "$1"
		note "no line like: $2"
		note_output
	fi
}

# absent DESCRIPTION PATH
absent() { check "$1" test ! -e "$2"; }

# --- the host --------------------------------------------------------------

# ask WORD…: let the host do something; its answer is in $ANSWER
ask()
{
	echo "@$*" >&3
	read -r ANSWER <&3
}

# From here on the phases are gone through once for each word of the setting "runs": the
# host goes back to this moment where it can, and else begins anew.
next_run() { ask run; run=$ANSWER; }

# In a capture kernel: the word of the run that it belongs to.
# shellcheck disable=SC2034 # scenarios look at it
this_run() { ask trial; run=$ANSWER; }

# The host stops this guest and searches its memory for the volume key.
scan() { ask scan "$1"; }

# resume_phase NAME: after hibernation
resume_phase()
{
	: > "$RESULTS"
	echo "@phase $1 $(uname -r)" >&3
}

# leave HOW: this phase ends here, by a panic, a kexec, hibernation, a reboot or a poweroff.
# No result may follow, unless it does not come to that.
leave() { ask leave "$1" "$(number_of_results)"; }

# leave_by HOW DESCRIPTION COMMAND…: the command has the system do so, at once or when it
# has shut down.
leave_by()
{
	description=$2
	leave "$1"
	shift 2
	"$@" > "$OUT" 2>&1 < /dev/null
	status=$?
	[ "$status" != 0 ] || sleep 300
	fail "$description"
	note "exit status $status of: $*"
	note_output
}

fact() { echo "@fact $*" >&3; }

# A moment of the host's clock, which no reboot sets back.
mark() { echo "@mark $1" >&3; }

get_passphrase()
{
	[ -n "$PASSPHRASE" ] || { ask passphrase; PASSPHRASE=$ANSWER; }
}

# --- volumes ---------------------------------------------------------------

# unlock CRYPTSETUP-ARGUMENT…: cryptsetup with the passphrase on its input
unlock()
{
	get_passphrase
	printf '%s' "$PASSPHRASE" | cryptsetup --key-file - "$@"
}

# The same through the shim.
tag() { get_passphrase; printf '%s' "$PASSPHRASE" | kexec-keys tag --key-file - "$@"; }

uuid_of() { cryptsetup luksUUID "$1"; }

# The description that cryptsetup gives to the key of /dev/vda, digest $1.
key_name() { echo "cryptsetup:$(uuid_of /dev/vda)-d${1:-0}"; }

make_filesystem()
{
	mke2fs -q -t ext4 -O ^has_journal "/dev/mapper/$NAME" && mount_volume
}

mount_volume() { mkdir -p /mnt && mount "/dev/mapper/$NAME" /mnt; }

# A file whose content nobody else could have written.
write_marker()
{
	dd if=/dev/urandom of=/mnt/marker bs=4096 count=64 2> /dev/null &&
		sha256sum /mnt/marker > /mnt/marker.sum && sync
}

marker_is_intact() { sha256sum -c /mnt/marker.sum; }

# In the next kernel: opened with the key that came over, nothing is lost.
check_volume_by_its_key()
{
	need "the shim opens the volume" kexec-keys open --all
	NAME=$(dmsetup ls --target crypt | head -n 1 | cut -f 1)
	need "it is mounted" mount_volume
	check "the file of the first kernel is intact" marker_is_intact
}

# Unlocked with the passphrase, a file system made, the marker written.
prepare_volume()
{
	need "the volume opens with its passphrase" unlock open /dev/vda "$NAME"
	need "a file system is made on it" make_filesystem
	need "a file is written to it" write_marker
}

# --- keys ------------------------------------------------------------------

ring() { cat "$KEYS/ring"; }

# The serial of a logon key in the ring, by its description.
serial_of()
{
	awk -v name="$1:" '$8 == "logon" && $9 == name { print $1 }' /proc/keys | head -n 1
}

# The serial of a member of the ring, by its description: elsewhere there may be
# others of that name.
member()
{
	for serial in $(keyctl rlist "$(ring)"); do
		[ "$(keyctl rdescribe "$serial" | cut -d ';' -f 5-)" != "$1" ] || echo "$serial"
	done
}

# /proc/keys, without serial, flags and use count: what carrying over must keep.
# Expiry is kept as a moment (the table shows what is left, in its largest unit).
carried_part()
{
	keyctl rdescribe "0x$(serial_of "$1")"
}

state() { cat "$KEYS/crash/state"; }

# A change reaches the image within milliseconds; the guest may be starved.
wait_until()
{
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ "$tries" -le 100 ] || return 1
		usleep 50000
	done
}

state_is() { [ "$(state)" = "$1" ]; }

wait_for_state()
{
	wait_until state_is "$1" || { echo "state is $(state), not $1: $(cat "$KEYS/crash/reason")"; return 1; }
}

file_is() { [ "$(cat "$1")" = "$2" ]; }

wait_for_file() { wait_until file_is "$1" "$2" || { echo "$1 is $(cat "$1"), not $2"; return 1; }; }

# A key whose payload is known here, so that it can be searched for.
KNOWN=0f7e-known-only-to-this-test-4b1d
KNOWN_HEX=$(printf %s "$KNOWN" | od -An -v -tx1 | tr -d ' \n')
KNOWN_SPACED=$(printf %s "$KNOWN" | od -An -v -tx1 | tr -d '\n')

designate_known_key() { keyctl add logon known:key "$KNOWN" "$(ring)"; }

# Files of sysfs, debugfs and procfs that show that payload, in any usual form.
# /proc/kcore and /proc/vmcore are memory, which is scanned from outside.
files_with_known_key()
{
	{
		find /sys /proc/sys -type f
		find /proc -maxdepth 1 -type f ! -name kcore ! -name vmcore ! -name kmsg
	} | xargs -r timeout 60 grep -laisF -e "$KNOWN" -e "$KNOWN_HEX" -e "${KNOWN_SPACED# }"
	dmesg | grep -qiF -e "$KNOWN" -e "$KNOWN_HEX" -e "${KNOWN_SPACED# }" && echo dmesg
}

# Nothing shows it, and a place that does would be seen.
check_known_key_is_hidden()
{
	echo "$KNOWN" > /sys/class/net/lo/ifalias
	equal "a payload planted in sysfs is found" /sys/devices/virtual/net/lo/ifalias "$(files_with_known_key)"
	echo > /sys/class/net/lo/ifalias
	equal "no file shows a payload" "" "$(files_with_known_key)"
}

# Of failing allocations, any kind may fail, and nothing is said about it.
let_any_allocation_fail()
{
	for kind in failslab fail_page_alloc; do
		echo 0 > /sys/kernel/debug/$kind/verbose
		echo N > /sys/kernel/debug/$kind/ignore-gfp-wait
	done
	echo 0 > /sys/kernel/debug/fail_page_alloc/min-order
}

# So it is where the device tree that the kernel was given is never unflattened.
acpi_alone() { [ -d /sys/firmware/acpi/tables ] && [ ! -e /proc/device-tree/compatible ]; }

# --- kexec -----------------------------------------------------------------

load_crash()
{
	kexec -p "${1:--s}" "${2:-/boot/kernel}" --initrd=/boot/capture.img --append="$CAPTURE_APPEND"
}

# A copy of the kernel that wants less memory, so is loaded sooner, and cannot run:
# init_size, in Documentation/arch/x86/boot.rst, is 4 MiB.
make_small_kernel()
{
	cp /boot/kernel /tmp/small-kernel &&
		printf '\0\0\100\0' | dd of=/tmp/small-kernel bs=1 seek=608 conv=notrunc 2> /dev/null
}

# A crash image that carries one key
load_with_a_key()
{
	need "a key is designated" keyctl add logon some:key "$(printf %064d 7)" "$(ring)"
	need "a crash image is loaded" load_crash
	need "it agrees with the ring" wait_for_state synced
}

# Where the kernel maps the buffer. Needs no_hash_pointers.
alias_address()
{
	sed -n 's/^0x\([0-9a-f]*\)-.* \(map_segment\|kexec_keys_crash_loaded\)+.*/\1/p' /proc/vmallocinfo
}

# The host is told where the buffer is; $ANSWER is its physical address.
show_buffer()
{
	ask buffer "$(alias_address)" $(($(cat $KEYS/crash/capacity) * 2))
}

# In the next kernel the host is told which keys are there.
show_adopted()
{
	ask adopted "$(awk '$8 == "logon" { sub(/:$/, "", $9); print $9 }' /proc/keys | tr '\n' ' ')"
}

unload_crash() { kexec -p -u "${1:--s}"; }

# load_next PHASE [WORD…]: this system, with another phase and these words on the
# command line, is what an ordinary kexec starts.  How it is loaded: $LOAD_NEXT_BY.
LOAD_NEXT_BY=-s
load_next()
{
	phase=$1
	shift
	find / -xdev ! -path '/tmp/*' ! -path '/mnt/*' | cpio -o -H newc > /tmp/next.img 2> /dev/null &&
		kexec -l "$LOAD_NEXT_BY" /boot/kernel --initrd=/tmp/next.img \
			--append="$CAPTURE_APPEND phase=$phase $*" &&
		rm /tmp/next.img
}

# Of the reboot image: state, reason, keys that it would carry.
reboot_state()
{
	echo "$(cat $KEYS/reboot/state) $(cat $KEYS/reboot/reason) $(cat $KEYS/reboot/carried)"
}

PARAMETER=/sys/module/kexec_keys/parameters/reboot

turn_on() { echo Y > $PARAMETER; }

turn_off() { echo N > $PARAMETER; }

kexec_now()
{
	sync
	leave_by kexec "the next kernel is entered" kexec -e
}

panic_now()
{
	sync
	leave panic
	echo c > /proc/sysrq-trigger
}

# What a kdump initramfs does, with this project's command in it. makedumpfile 1.7.8
# looks for riscv64's struct page in the wrong place: what it leaves out there is only
# what it finds to be zero.
save_vmcore()
{
	leave_out=31
	[ "$(uname -m)" != riscv64 ] || leave_out=1
	makedumpfile -c -d $leave_out /proc/vmcore /mnt/vmcore && sync
}

# Where a crash kernel would be. PowerPC says it as two numbers in its device tree.
crash_region()
{
	chosen=/proc/device-tree/chosen/linux,crashkernel
	if [ -e "$chosen-base" ]; then
		base=$((0x$(od -An -t x1 "$chosen-base" | tr -d ' ')))
		size=$((0x$(od -An -t x1 "$chosen-size" | tr -d ' ')))
		printf '%x %x\n' "$base" "$((base + size - 1))"
	else
		sed -n 's/^ *\([0-9a-f]*\)-\([0-9a-f]*\) : Crash kernel$/\1 \2/p' /proc/iomem
	fi
}

# --- start -----------------------------------------------------------------

# shellcheck source=/dev/null
. /guest/conf
# shellcheck source=/dev/null
. /guest/scenario

: > "$RESULTS"
# The host, which reads the console, must find this.
echo "$PLANTED" > /dev/kmsg
[ "$FIRMWARE" != uefi ] || check "ACPI describes the machine, and no device tree" acpi_alone
crash_region | sed 's/^/@region /' >&3
"$1"
status=$?
if [ -n "$INTERACTIVE" ]; then
	# shellcheck disable=SC2016 # for the other shell
	setsid sh -c 'exec sh -i < /dev/$0 > /dev/$0 2>&1' "$CONSOLE"
fi
exit "$status"
