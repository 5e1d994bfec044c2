#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Designated keys in two kernels: the first of a guest in QEMU designates keys and loads
# the second, which is entered by a panic or by a kexec and has to have adopted the keys.
# Whether it has is what vm_init, the only process of both, finds out.
#
# Needs QEMU for the architecture that vm_init was built for. Run by kselftest's runner
# it takes options from the variable KSELFTEST_VMTEST_SH_ARGS.

DIR=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=kexec_keys_lib.sh
. "$DIR/kexec_keys_lib.sh"

CASES="panic changes panic_off kexec kexec_off"
TREE=$DIR/../../../..
MEMORY=1G
CRASH_MEMORY=256M
# Of two boots, in seconds; emulation may take most of it.
TIMEOUT=240

# describe CASE
describe()
{
	case $1 in
	panic)
		echo "a panic: the crash kernel has the keys, with owner and permissions" ;;
	changes)
		echo "changes after the load: the crash kernel has the keys as they are" ;;
	panic_off)
		echo "a panic with kexec_keys.crash=N: no key is handed over" ;;
	kexec)
		echo "a kexec with kexec_keys.reboot=Y: the next kernel has the keys" ;;
	kexec_off)
		echo "a kexec that was not told to carry keys: no key is handed over" ;;
	esac
}

list_cases()
{
	for case in $CASES; do
		printf '  %-12s%s\n' "$case" "$(describe "$case")"
	done
}

usage()
{
	cat <<EOF
usage: vmtest.sh [OPTION]... [CASE]...

  -b       build a kernel from the source tree that this is in, and use it
  -e       emulate the processor even where there is KVM
  -k FILE  use this kernel, which the system call kexec_file_load has to take, too;
           else that of the running system is used
  -m FILE  let QEMU start this one, where it does not start what kexec loads
  -q QEMU  the emulator
  -t N     seconds that a case may take, $TIMEOUT if not said
  -v       show the console
  -l       list the cases
  -h       this text

All cases are run if none is named:
$(list_cases)
EOF
}

fail_usage()
{
	echo "vmtest.sh: $1" >&2
	usage >&2
	exit 2
}

# --- the machine ------------------------------------------------------------------

# set_machine: by what vm_init was built for, which is a field in the head of an ELF file.
set_machine()
{
	[ -x "$DIR/vm_init" ] || skip_all "no $DIR/vm_init: it was not built"
	# shellcheck disable=SC2046 # two numbers
	set -- $(od -An -tu1 -j18 -N2 "$DIR/vm_init")
	case $1:$2 in
	62:0)
		arch=x86_64 machine=q35 console=ttyS0 defconfig=x86 image=arch/x86/boot/bzImage ;;
	183:0)
		arch=aarch64 machine=virt,gic-version=2 console=ttyAMA0
		defconfig=arm64 image=arch/arm64/boot/Image ;;
	21:0)
		arch=ppc64le machine=pseries console=hvc0 defconfig=powerpc image=vmlinux ;;
	243:0)
		arch=riscv64 machine=virt console=ttyS0 defconfig=riscv image=vmlinux ;;
	*)
		skip_all "no machine is known for ELF machine $1:$2" ;;
	esac
	: "${qemu:=qemu-system-${arch%le}}"
	accelerators="-accel tcg"
	[ "$emulate" = yes ] || [ "$arch" != "$(uname -m)" ] ||
		accelerators="-accel kvm $accelerators"
}

need_programs()
{
	for program in "$@"; do
		command -v "$program" > /dev/null || skip_all "no $program"
	done
}

# --- the kernel -------------------------------------------------------------------

build_kernel()
{
	need_programs make
	[ -f "$TREE/Kconfig" ] || skip_all "-b: $DIR is not in a source tree"
	output=$work/build
	mkdir "$output"
	cat "$DIR/config" "$DIR/vmtest.config" > "$work/config"
	build="make -C $TREE O=$output ARCH=$defconfig"
	echo "# building a kernel, its output is in $output.log"
	if ! { $build KCONFIG_ALLCONFIG="$work/config" allnoconfig &&
		$build -j"$(nproc)" "$(basename "$image")"; } > "$output.log" 2>&1; then
		keep=yes
		tail -n 20 "$output.log" | sed 's/^/# /'
		ktap_print_header
		ktap_exit_fail_msg "no kernel was built"
	fi
	kernel=$output/$image
}

# The running one, or the one that was named.
find_kernel()
{
	[ -z "$kernel" ] || return 0
	kernel=$(list_images | head -n 1)
	[ "$kernel" != stub ] || skip_all "no kernel: name one with -k, or build one with -b"
	[ -r "$kernel" ] || skip_all "$kernel cannot be read"
}

# --- the initramfs ----------------------------------------------------------------

# pad SIZE: zeroes up to a multiple of four bytes
pad()
{
	head -c $(((4 - $1 % 4) % 4)) /dev/zero
}

# cpio_entry NAME MODE [FILE]: of an archive as the kernel unpacks it, see
# Documentation/driver-api/early-userspace/buffer-format.rst. The octal MODE has the type.
cpio_entry()
{
	cpio_size=0
	[ $# = 2 ] || cpio_size=$(wc -c < "$3")
	cpio_inode=$((cpio_inode + 1))
	# Number, mode, uid, gid, links, time, size, four of devices, size of the name, sum.
	printf '070701'
	printf '%08X' "$cpio_inode" "$(($2))" 0 0 1 0 "$cpio_size" 0 0 \
		$((${4:-0})) $((${5:-0})) $((${#1} + 1)) 0
	printf '%s\0' "$1"
	pad $((110 + ${#1} + 1))
	[ $# = 2 ] || cat "$3"
	pad "$cpio_size"
}

cpio_end()
{
	cpio_entry 'TRAILER!!!' 0
}

# The inner one is for the second kernel; the outer has that, and the kernel.
make_initramfs()
{
	cpio_inode=0
	{
		cpio_entry init 0100755 "$DIR/vm_init"
		cpio_end
	} > "$work/inner"
	{
		cpio_entry init 0100755 "$DIR/vm_init"
		cpio_entry kernel 0100644 "$kernel"
		cpio_entry initrd 0100644 "$work/inner"
		cpio_end
	} > "$work/outer"
}

# --- one case ---------------------------------------------------------------------

# run_guest CASE: its console is in $work/console, the status QEMU's or timeout's.
run_guest()
{
	seed=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	# shellcheck disable=SC2086 # a list
	timeout "$TIMEOUT" "$qemu" $accelerators -machine "$machine" -cpu max -smp 2 -m "$MEMORY" \
		-nodefaults -no-user-config -display none -no-reboot -serial "file:$work/console" \
		-kernel "${started:-$kernel}" -initrd "$work/outer" \
		-append "console=$console panic=-1 printk.devkmsg=on crashkernel=$CRASH_MEMORY \
vmtest_case=$1 vmtest_kernel=first vmtest_seed=$seed" \
		> "$work/qemu" 2>&1 < /dev/null &
	guest=$!
	if [ "$verbose" = yes ]; then
		touch "$work/console"
		tail -f --pid="$guest" "$work/console" | sed 's/^/# /' &
	fi
	wait "$guest"
	guest_status=$?
	guest=
	tr -d '\r' < "$work/console" | sed -n 's/^.*vmtest: //p' > "$work/words"
	return "$guest_status"
}

# words PATTERN: how many lines of the guest's match
words()
{
	grep -cx "$1" "$work/words"
}

# What a kernel says that is not well. The panic that is wanted is not one of these.
complaints()
{
	grep -aE 'BUG:|WARNING:|Oops|kernel BUG|Internal error|Kernel panic' "$work/console" |
		grep -av 'Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000000'
}

# The two kernels were entered and left in this order, as announced, and no other way.
order()
{
	case $1 in
	panic* | changes) order_way=panic ;;
	*) order_way=kexec ;;
	esac
	printf '%s\n' "enter first" "leave $order_way" "enter next" "leave end"
}

# has_all_checks: each kernel has made as many as it says, and some.
has_all_checks()
{
	awk '/^(pass|FAIL) / { made++ }
	     /^checks / { if ($2 != made || !made) wrong = 1; made = 0; kernels++ }
	     END { exit wrong || made || kernels != 2 }' "$work/words"
}

# same_keys CASE: the descriptions of keys are alike in both kernels, where they say them.
same_keys()
{
	case $1 in
	panic | kexec) ;;
	*) return 0 ;;
	esac
	awk '/^enter / { kernel = $2 }
	     /^key / { print > (work "/keys." kernel) }' work="$work" "$work/words"
	diff "$work/keys.first" "$work/keys.next"
}

# judge CASE: prints what is wrong.
judge()
{
	if [ "$guest_status" = 124 ]; then
		echo "no end within $TIMEOUT seconds"
	elif [ "$guest_status" != 0 ]; then
		echo "QEMU has ended with status $guest_status"
	fi
	grep '^FAIL \|^found ' "$work/words"
	complaints
	order "$1" > "$work/order"
	grep '^enter \|^leave ' "$work/words" | diff "$work/order" - > "$work/order.diff" ||
		{ echo "kernels were not entered and left as announced:"; cat "$work/order.diff"; }
	has_all_checks || echo "a kernel has not made all of its checks"
	same_keys "$1" || echo "the keys differ"
}

# run_case NAME: one line of the report, with what is wrong above it
run_case()
{
	rm -f "$work/console" "$work/keys.first" "$work/keys.next"
	run_guest "$1"
	run_missing=$(sed -n 's/^missing //p' "$work/words")
	if [ -n "$run_missing" ]; then
		ktap_test_skip "$1: needs $run_missing"
		return
	fi
	run_wrong=$(judge "$1")
	if [ -z "$run_wrong" ]; then
		ktap_test_pass "$1: $(describe "$1")"
		return
	fi
	keep=yes
	cp "$work/console" "$work/console.$1"
	{
		printf '%s\n' "$run_wrong"
		cat "$work/qemu"
		echo "the console's last lines, all of it is in $work/console.$1:"
		tail -n 15 "$work/console"
	} | tr -d '\r' | sed 's/^/# /'
	ktap_test_fail "$1: $(describe "$1")"
}

clean_up()
{
	if [ -n "$guest" ]; then
		kill "$guest" 2> /dev/null
		wait "$guest"
	fi
	[ "$keep" = yes ] || rm -rf "$work"
}

# --- all of it --------------------------------------------------------------------

kernel='' started='' qemu='' emulate=no verbose=no build=no guest='' keep=no
while getopts bek:m:q:t:vlh option; do
	case $option in
	b) build=yes ;;
	e) emulate=yes ;;
	k) kernel=$OPTARG ;;
	m) started=$OPTARG ;;
	q) qemu=$OPTARG ;;
	t) TIMEOUT=$OPTARG ;;
	v) verbose=yes ;;
	l) list_cases; exit 0 ;;
	h) usage; exit 0 ;;
	*) usage >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
for name in "$@"; do
	[ -n "$(describe "$name")" ] || fail_usage "no case is called '$name'"
done
for file in "$kernel" "$started"; do
	[ -z "$file" ] || [ -r "$file" ] || fail_usage "$file cannot be read"
done
# shellcheck disable=SC2086 # a list
[ $# != 0 ] || set -- $CASES

set_machine
need_programs "$qemu" timeout awk od diff
work=$(mktemp -d) || exit
at_end clean_up
[ "$build" = no ] || build_kernel
find_kernel
make_initramfs

ktap_print_header
ktap_set_plan $#
for name in "$@"; do
	run_case "$name"
done
if [ "$KTAP_CNT_SKIP" = $# ]; then
	ktap_print_totals
	exit "$KSFT_SKIP"
fi
ktap_finished
