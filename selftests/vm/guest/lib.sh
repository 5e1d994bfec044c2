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

# --- a key whose payload is known -------------------------------------------

# No 8 bytes of it are anywhere else by chance, and its base64 has + and /.
KNOWN='Zq7vX0?B9tKc3wL>R5yNf8s?g1pJu6eA'

designate_known_key() { keyctl add logon known:key "$KNOWN" "$(ring)"; }

known_bytes() { printf %s "$KNOWN" | od -An -v -tx1; }

# Each 8 bytes of that payload, in each form: as they are; in hex, plain and with what
# stands between the bytes of a dump or an array, and in words of 2, 4 and 8 bytes in
# either order; in decimal; in base64, from each of the three places where the first
# byte can be. What shows more of it has at least one of these in one line.
known_key_patterns()
{
	known_bytes | awk -v payload="$KNOWN" '
	function number(hex) {
		return index(digits, substr(hex, 1, 1)) * 16 + index(digits, substr(hex, 2, 1)) - 17
	}
	function in_binary(rest, width,    line) {
		for (; width; width--) {
			line = (rest % 2) line
			rest = int(rest / 2)
		}
		return line
	}
	function show(shown, at, gap,    i, line) {
		line = shown[at]
		for (i = 1; i < 8; i++)
			line = line gap shown[at + i]
		print line
	}
	function show_words(at, size, swapped,    i, line) {
		for (i = 0; i < 8; i++) {
			if (i && i % size == 0)
				line = line " "
			line = line byte[at + (swapped ? i - i % size + size - 1 - i % size : i)]
		}
		print line
	}
	function show_base64(bits,    i, line) {
		for (i = 1; i < 60; i += 6)
			line = line character[substr(bits, i, 6)]
		print line
		if (gsub(/[+]/, "-", line) + gsub("/", "_", line))
			print line
	}
	BEGIN {
		digits = "0123456789abcdef"
		alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
		for (i = 0; i < 64; i++)
			character[in_binary(i, 6)] = substr(alphabet, i + 1, 1)
	}
	{
		for (i = 1; i <= NF; i++) {
			byte[++count] = $i
			decimal[count] = number($i)
		}
	}
	END {
		kinds = split(" |:|-|, 0x|,0x|\\x|\\u00|%", between, "|")
		for (at = 1; at + 7 <= count; at++) {
			print substr(payload, at, 8)
			for (i = 1; i <= kinds; i++)
				show(byte, at, between[i])
			show(decimal, at, " ")
			show(decimal, at, ", ")
			show(decimal, at, ",")
			for (size = 2; size <= 8; size *= 2) {
				show_words(at, size, 0)
				show_words(at, size, 1)
			}
			bits = ""
			for (i = 0; i < 8; i++)
				bits = bits in_binary(decimal[at + i], 8)
			show_base64(substr(bits, 1, 60))
			show_base64(substr(bits, 3, 60))
			show_base64(substr(bits, 5, 60))
		}
	}'
}

# What of sysfs, debugfs and procfs is a file that has an end. /proc/kcore and
# /proc/vmcore are memory, which is scanned from outside.
files_to_search()
{
	find /sys -type f ! -name 'trace_pipe*' -print0
	find /proc -path '/proc/[0-9]*' -prune -o -type f ! -name kcore ! -name vmcore ! -name kmsg -print0
}

# Of the files that are named on the input, each closed by a NUL, those that show that
# payload, and "dmesg" if the kernel's log does, in lines without $1. What could not be
# searched to the end is said in place of a file.
places_with_known_key()
{
	known_key_patterns > /tmp/known-patterns
	[ -s /tmp/known-patterns ] || echo "no patterns to search for"
	# Status 2: a file cannot be read, as many of sysfs.
	# shellcheck disable=SC2016 # expanded by the inner shell
	xargs -0 sh -c '
		timeout 600 grep -laisF -f /tmp/known-patterns "$@" < /dev/null
		status=$?
		[ "$status" -le 2 ] || echo "grep ended with status $status"' sh || echo "xargs ended with status $?"
	dmesg > /tmp/known-dmesg || echo "dmesg ended with status $?"
	[ -s /tmp/known-dmesg ] || echo "the log is empty"
	if grep -vF -e "$1" /tmp/known-dmesg | grep -qaiF -f /tmp/known-patterns; then
		echo dmesg
	fi
}

# The places where the payload is planted, each in another form, and the log.
PLANTED_FILES="/proc/sys/kernel/domainname /proc/sys/kernel/hostname /proc/sys/kernel/poweroff_cmd \
/sys/devices/virtual/net/lo/ifalias"
PLANTED_LINE="planted for the search:"

plant_known_key()
{
	printf 'x%s' "$KNOWN" | base64 > /proc/sys/kernel/domainname
	known_bytes | tr -d ' \n' > /proc/sys/kernel/hostname
	echo "$KNOWN" > /proc/sys/kernel/poweroff_cmd
	printf %s "$KNOWN" | od -A x -t x1 > /sys/devices/virtual/net/lo/ifalias
	echo "$PLANTED_LINE 00000000: $(known_bytes | head -n 1)" > /dev/kmsg
}

# What shows it is found, and it is shown by nothing but what was meant to.
check_known_key_is_hidden()
{
	domain=$(cat /proc/sys/kernel/domainname)
	host=$(cat /proc/sys/kernel/hostname)
	poweroff=$(cat /proc/sys/kernel/poweroff_cmd)
	plant_known_key
	equal "a payload planted in four files and the log, each time in another form, is found, and no other" \
		"$PLANTED_FILES dmesg" "$(files_to_search | places_with_known_key "not in the log" | sort | paste -s -d ' ' -)"
	echo "$domain" > /proc/sys/kernel/domainname
	echo "$host" > /proc/sys/kernel/hostname
	echo "$poweroff" > /proc/sys/kernel/poweroff_cmd
	echo > /sys/devices/virtual/net/lo/ifalias
	equal "none of these shows a payload that is no longer planted" \
		"" "$(echo "$PLANTED_FILES" | tr ' \n' '\0' | places_with_known_key "$PLANTED_LINE" | paste -s -d ' ' -)"
}

# --- faults -----------------------------------------------------------------

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

# A 64th of the crash region, in whole pieces of 64 KiB, and two at least.
buffer_size()
{
	pieces=$(($(cat /sys/kernel/kexec_crash_size) / 64 / 65536))
	[ "$pieces" -ge 2 ] || pieces=2
	echo $((pieces * 65536))
}

# The host is told where the buffer is; $ANSWER is its physical address.
show_buffer()
{
	ask buffer "$(alias_address)" "$(buffer_size)"
}

page_size() { awk '/^KernelPageSize/ { print $2 * 1024; exit }' /proc/self/smaps; }

# pages_in_use START BYTES: how many pages there are not reserved; bit 32 says that one is
pages_in_use()
{
	page=$(page_size)
	od -An -v -w8 -t x8 -j $(($1 * 8 / page)) -N $(($2 * 8 / page)) /proc/kpageflags | grep -c '^ *.\{7\}[02468ace]'
}

# buffer_is_given_back: in the next kernel no page of it is reserved any more
buffer_is_given_back()
{
	ask buffer-was
	# shellcheck disable=SC2086 # address and size
	set -- $ANSWER
	[ "$(pages_in_use "$1" "$2")" = $(($2 / $(page_size))) ]
}

# In the next kernel the host is told which keys are there.
show_adopted()
{
	ask adopted "$(awk '$8 == "logon" { sub(/:$/, "", $9); print $9 }' /proc/keys | tr '\n' ' ')"
}

unload_crash() { kexec -p -u "${1:--s}"; }

# Without them no image with a device tree carries keys.
has_random_numbers() { dmesg | grep -q "crng init done"; }

# load_next PHASE [WORD…]: this system, with another phase and these words on the
# command line, is what an ordinary kexec starts.  What is loaded and how: $NEXT_KERNEL,
# $LOAD_NEXT_BY.
NEXT_KERNEL=/boot/kernel
LOAD_NEXT_BY=-s
load_next()
{
	phase=$1
	shift
	find / -xdev ! -path '/tmp/*' ! -path '/mnt/*' | cpio -o -H newc > /tmp/next.img 2> /dev/null &&
		kexec -l "$LOAD_NEXT_BY" "$NEXT_KERNEL" --initrd=/tmp/next.img \
			--append="$CAPTURE_APPEND phase=$phase $*" &&
		rm /tmp/next.img
}

# Where the next kernel is entered, on x86. It has to be loaded with LOAD_NEXT_BY=-ds.
kernel_entry() { dmesg | sed -n 's/.*Loaded 64bit kernel at 0x\([0-9a-f]*\) .*/\1/p' | tail -n 1; }

# hex_of FILE OFFSET BYTES
hex_of() { od -An -v -t x1 -j "$2" -N "$3" "$1" | tr -d ' \n'; }

# The map of reserved memory of the device tree: "address size" a line.
reservations()
{
	fdt=/sys/firmware/fdt
	[ -e $fdt ] || return 0
	at=$((0x$(hex_of $fdt 16 4)))
	while entry=$(hex_of $fdt $at 16) && [ "${entry#????????????????}" != 0000000000000000 ]; do
		echo "$entry"
		at=$((at + 16))
	done
}

# The buffer that the device tree tells of, as address and size in hexadecimal.
told_buffer()
{
	property=/proc/device-tree/chosen/linux,kexec-keys-buffer
	[ ! -e $property ] || hex_of $property 0 16
}

# What this kernel has adopted: source, status, number of keys.
adopted() { echo "$(cat $KEYS/adopted/source) $(cat $KEYS/adopted/status) $(cat $KEYS/adopted/count)"; }

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
