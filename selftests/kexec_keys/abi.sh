#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The files of /sys/kernel/kexec/keys/ are those that
# Documentation/ABI/testing/sysfs-kernel-kexec-keys describes, and no key shows.

# What eval gets is expanded there.
# shellcheck disable=SC2016,SC2034

DIR=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=kexec_keys_lib.sh
. "$DIR/kexec_keys_lib.sh"

need_feature

number='[0-9][0-9]*'
word='[a-z_-][a-z_-]*'

# Each file with the pattern that its only line matches.
files="
ring			[1-9][0-9]*
generation		$number
crash/state		none|unsupported|synced|stale|disabled
crash/reason		none|kexec_load|parameter|sme|ring|capacity|pending|memory
crash/carried		$number
crash/not_carried	$number
crash/used		$number
crash/capacity		$number
crash/generation	$number
crash/direct_map	none|absent|present
crash/verify		$word
reboot/state		none|unsupported|disabled|armed
reboot/reason		none|kexec_load|parameter|sme|ring|capacity|memory
reboot/carried		$number
reboot/not_carried	$number
reboot/used		$number
reboot/capacity		$number
adopted/count		$number
adopted/skipped		$number
adopted/source		crash|reboot|none
adopted/status		$word
adopted/release		[^[:space:]]*
"

names=$(echo "$files" | sed -n 's/[[:space:]].*//;/./p')

has_mode()
{
	has=$(stat -c '%a %u %g' "$1")
	[ "$has" = "$2 0 0" ] || { echo "$1: $has"; return 1; }
}

# One line, and that line matches: not a byte more.
has_format()
{
	[ "$(wc -l < "$KEYS/$1")" = 1 ] && grep -Exq "$2" "$KEYS/$1" && return
	od -c "$KEYS/$1"
	return 1
}

cannot_be_written()
{
	! (echo 1 > "$KEYS/$1") 2> /dev/null
}

has_no_others()
{
	others=$(cd "$KEYS" && find . ! -type d | sed 's|^\./||' | grep -Fxv "$names")
	[ -z "$others" ] || { echo "$others"; return 1; }
}

parameter_is()
{
	has_mode "/sys/module/kexec_keys/parameters/$1" "$2" &&
		grep -Exq "$3" "/sys/module/kexec_keys/parameters/$1"
}

# Every form in which a careless message would show the payload.
secret=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
secret_hex=$(printf %s "$secret" | od -An -v -tx1 | tr -d ' \n')
secret_spaced=$(printf %s "$secret" | od -An -v -tx1 | tr -d '\n' | sed 's/^ *//')

shows_no_secret()
{
	! grep -iF -e "$secret" -e "$secret_hex" -e "$secret_spaced"
}

all_text()
{
	find "$@" -type f ! -name uevent -exec cat {} + 2> /dev/null
}

finds_what_it_looks_for()
{
	for text in "$secret" "$secret_hex" "$secret_spaced"; do
		if echo "x${text}x" | shows_no_secret > /dev/null; then
			return 1
		fi
	done
}

ktap_print_header
ktap_set_plan $(($(echo "$names" | wc -l) * 2 + 11))

while read -r name format; do
	[ -n "$name" ] || continue
	check "$name: mode 0444, owned by root" has_mode "$KEYS/$name" 444
	check "$name: one line, as documented" has_format "$name" "$format"
done <<EOF
$files
EOF
check "no file that is not documented" has_no_others
check "generation cannot be written" cannot_be_written generation
check "crash/state cannot be written" cannot_be_written crash/state
check "parameter crash: mode 0644, Y or N" parameter_is crash 644 'Y|N'
check "parameter reboot: mode 0644, Y or N" parameter_is reboot 644 'Y|N'
check "parameter slot_size: mode 0444, a number" parameter_is slot_size 444 "$number"

trap 'ring_edit cleanup' EXIT
printf %s "$secret" | ring_edit add abi > /dev/null
check "the search finds a payload in each form" finds_what_it_looks_for
check "the key is listed in /proc/keys, its payload is not" eval \
	'grep -F kexec_keys_test:abi /proc/keys && shows_no_secret < /proc/keys'
check "no payload in $KEYS" eval 'all_text "$KEYS" | shows_no_secret'
check "no payload in the parameters, boot_params and /proc/key-users" eval \
	'all_text /sys/module/kexec_keys /sys/kernel/boot_params /proc/key-users | shows_no_secret'
if dmesg > /dev/null 2>&1; then
	check "no payload in the kernel's log" eval 'dmesg | shows_no_secret'
else
	ktap_test_skip "no payload in the kernel's log: dmesg does not work here"
fi
ktap_finished
