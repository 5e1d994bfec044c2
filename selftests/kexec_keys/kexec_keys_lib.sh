# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What the shell tests of this directory share. Sourced, with DIR set.

# shellcheck source=/dev/null
. "$DIR/../kselftest/ktap_helpers.sh"

KEYS=/sys/kernel/kexec/keys

# image_load's status for an image that only this system call does not take.
UNSUITABLE=3

# skip_all REASON: the feature, or what the test needs of the machine, is absent.
skip_all()
{
	ktap_print_header
	ktap_skip_all "$1"
	exit "$KSFT_SKIP"
}

need_feature()
{
	[ "$(id -u)" = 0 ] || skip_all "only root can load an image or use the keyring"
	[ -d /sys/kernel ] || skip_all "sysfs is not mounted"
	[ -d "$KEYS" ] || skip_all "no $KEYS: a kernel without CONFIG_KEYS_KEXEC"
}

# check DESCRIPTION COMMAND...: the command's output is shown when it fails.
check()
{
	check_description=$1
	shift
	if check_output=$("$@" 2>&1); then
		ktap_test_pass "$check_description"
	else
		ktap_test_fail "$check_description"
		[ -z "$check_output" ] || printf '%s\n' "$check_output" | sed 's/^/# /'
	fi
}

# value FILE: of the state directory.
value()
{
	cat "$KEYS/$1"
}

# becomes FILE VALUE: within some seconds; updates are made by a worker.
becomes()
{
	becomes_tries=50
	while [ "$(value "$1")" != "$2" ]; do
		becomes_tries=$((becomes_tries - 1))
		if [ "$becomes_tries" = 0 ]; then
			echo "$1 is '$(value "$1")', not '$2'"
			return 1
		fi
		sleep 0.1
	done
}

# at_end COMMAND: runs it however the test ends. A test that takes too long is killed
# by SIGTERM, at which some shells run no EXIT trap.
at_end()
{
	# shellcheck disable=SC2064
	trap "$1" EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

refuse()
{
	! "$@"
}

ring_edit()
{
	"$DIR/ring_edit" "$@"
}

image_load()
{
	"$DIR/image_load" "$@"
}

# wakes FILE COMMAND...: it changes the state file, and wakes a poll of it.
wakes()
{
	"$DIR/state_poll" "$@"
}

# add_key NAME: prints the serial.
add_key()
{
	echo "payload of $1" | ring_edit add "$1"
}

# The boot loader's word for the running image may lack its device or /boot.
boot_image()
{
	boot_image_path=$(tr ' ' '\n' < /proc/cmdline |
		sed -n 's/^BOOT_IMAGE=\(([^)]*)\)\{0,1\}//p')
	[ -n "$boot_image_path" ] || return 1
	printf '%s\n' "$boot_image_path" "/boot$boot_image_path"
}

# list_images [IMAGE]: what may be loaded; none is ever executed. After the kernels of
# this machine comes one that the tests make themselves.
list_images()
{
	if [ $# != 0 ]; then
		# What the caller has named has to be there.
		printf '%s\n' "$1"
		return
	fi
	for list_images_path in $(boot_image) "/boot/vmlinuz-$(uname -r)" \
			"/boot/Image-$(uname -r)" "/boot/vmlinux-$(uname -r)" \
			"/lib/modules/$(uname -r)/vmlinuz"; do
		[ ! -f "$list_images_path" ] || printf '%s\n' "$list_images_path"
	done
	echo stub
}

# load_first KIND [IMAGE]: loads the first of the images that suits the system call, and
# leaves its name in $image; skips all if the machine takes none. The status of the load.
load_first()
{
	load_kind=$1
	shift
	for image in $(list_images "$@"); do
		load_output=$(image_load "$load_kind" load "$image" 2>&1)
		load_status=$?
		[ "$load_status" = "$UNSUITABLE" ] || break
	done
	[ "$load_status" != "$KSFT_SKIP" ] || skip_all "$image cannot be loaded: $load_output"
	[ "$load_status" = 0 ] || echo "# $load_output"
	return "$load_status"
}
