# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What the shell tests of this directory share. Sourced, with DIR set.

# shellcheck source=/dev/null
. "$DIR/../kselftest/ktap_helpers.sh"

KEYS=/sys/kernel/kexec/keys

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

# find_image [IMAGE]: a kernel that can be loaded; it is never executed.
find_image()
{
	for find_image_path in "$@" $(boot_image) "/boot/vmlinuz-$(uname -r)" \
			"/boot/Image-$(uname -r)" "/boot/vmlinux-$(uname -r)" \
			"/lib/modules/$(uname -r)/vmlinuz"; do
		if [ -f "$find_image_path" ]; then
			echo "$find_image_path"
			return
		fi
		# What the caller named has to be there.
		[ $# = 0 ] || return 1
	done
	return 1
}

# load_or_skip_all KIND IMAGE: the first load tells whether this machine can.
load_or_skip_all()
{
	load_output=$(image_load "$1" load "$2" 2>&1)
	load_status=$?
	[ "$load_status" != "$KSFT_SKIP" ] || skip_all "$2 cannot be loaded: $load_output"
	[ "$load_status" = 0 ] || echo "# $load_output"
	return "$load_status"
}
