#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The files of /sys/kernel/kexec/keys/ are those that
# Documentation/ABI/testing/sysfs-kernel-kexec-keys describes, and no key shows.

DIR=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=kexec_keys_lib.sh
. "$DIR/kexec_keys_lib.sh"

need_feature

number='[0-9][0-9]*'
word='[a-z_-][a-z_-]*'

# Each file with its mode and the pattern that its only line matches.
files="
ring			444 [1-9][0-9]*
generation		444 $number
crash/state		444 none|unsupported|synced|stale|disabled
crash/reason		444 none|kexec_load|parameter|sme|hibernation|capacity|pending|buffer
crash/carried		444 $number
crash/not_carried	444 $number
crash/verify		400 $word
reboot/state		444 none|unsupported|disabled|armed
reboot/reason		444 none|kexec_load|parameter|sme|buffer
reboot/carried		400 $number
reboot/not_carried	400 $number
adopted/count		444 $number
adopted/skipped		444 $number
adopted/source		444 crash|reboot|none
adopted/status		444 $word
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

# A payload of letters and digits, and each piece of it of eight bytes in the forms in
# which a careless message would show it.
work=$(mktemp -d) || exit
clean_up()
{
	ring_edit cleanup
	rm -rf "$work"
}
at_end clean_up

secret=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')

list_forms()
{
	for start in $(seq $((${#secret} - 7))); do
		piece=$(printf %s "$secret" | cut -c "$start-$((start + 7))")
		spaced=$(printf %s "$piece" | od -An -v -tx1 | sed 's/^ *//')
		printf '%s\n' "$piece" "$spaced"
		printf '%s\n' "$spaced" | tr -d ' '
		printf '%s\n' "$spaced" | tr ' ' ':'
	done
}
list_forms > "$work/forms"

# has_no_secret COMMAND...: it succeeds, says something, and no form of the payload.
has_no_secret()
{
	"$@" > "$work/said" || { echo "failed: $*"; return 1; }
	[ -s "$work/said" ] || { echo "nothing to look at: $*"; return 1; }
	grep -aiF -f "$work/forms" "$work/said"
	[ $? = 1 ]
}

all_text()
{
	find "$@" -type f -perm -400 -exec cat {} +
}

finds_each_form()
{
	[ "$(wc -l < "$work/forms")" = 100 ] || return
	while read -r form; do
		if has_no_secret echo "x${form}x" > "$work/found"; then
			echo "$form is not found"
			return 1
		fi
		grep -qF "x${form}x" "$work/found" || return
	done < "$work/forms"
}

needs_something_to_look_at()
{
	refuse has_no_secret true && refuse has_no_secret all_text "$work/absent"
}

lists_the_key()
{
	grep -F kexec_keys_test:abi /proc/keys
}

ktap_print_header
ktap_set_plan $(($(echo "$names" | wc -l) * 2 + 14))

while read -r name mode format; do
	[ -n "$name" ] || continue
	check "$name: mode 0$mode, owned by root" has_mode "$KEYS/$name" "$mode"
	check "$name: one line, as documented" has_format "$name" "$format"
done <<EOF
$files
EOF
check "no file that is not documented" has_no_others
check "ring cannot be written" cannot_be_written ring
check "crash/state cannot be written" cannot_be_written crash/state
check "parameter crash: mode 0644, Y or N" parameter_is crash 644 'Y|N'
check "parameter reboot: mode 0644, Y or N" parameter_is reboot 644 'Y|N'

printf %s "$secret" | ring_edit add abi > /dev/null
check "the search finds a payload in each form" finds_each_form
check "the search fails where nothing can be read" needs_something_to_look_at
check "the key is listed in /proc/keys" lists_the_key
check "no payload in /proc/keys" has_no_secret cat /proc/keys
check "no payload in $KEYS" has_no_secret all_text "$KEYS"
check "no payload in the module's parameters" has_no_secret all_text /sys/module/kexec_keys
check "no payload in /proc/key-users" has_no_secret cat /proc/key-users
if [ -d /sys/kernel/boot_params ]; then
	check "no payload in what was handed to this kernel" \
		has_no_secret all_text /sys/kernel/boot_params
elif [ -r /sys/firmware/fdt ]; then
	check "no payload in what was handed to this kernel" has_no_secret cat /sys/firmware/fdt
else
	ktap_test_skip "nothing shows what was handed to this kernel"
fi
if dmesg > /dev/null 2>&1; then
	check "no payload in the kernel's log" has_no_secret dmesg
else
	ktap_test_skip "no payload in the kernel's log: dmesg does not work here"
fi
ktap_finished
