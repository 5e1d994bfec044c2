# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Ordinary kexecs in a row keep exactly the same ring; a key that expires on the way
# is gone from then on. The old kernel's own copy of a key stays in memory
# until that is used for something else.
#
# disk: luks2-pbkdf2
# mem: 1024
# phases: first next*5
# scan loaded: payload=1 cipher=0-4
# scan armed: payload=1 cipher=0-4
# scan rebooted: payload=1-2 cipher=0-4

rounds=${rounds:-5}
lifetime=${lifetime:-40}
expiring=expiring:key

# The ring as it is to stay: a line a key, and the moment when one of them ends.
members()
{
	keyctl rlist "$(ring)" | tr ' ' '\n' | sed '/^$/d' | while read -r serial; do
		keyctl rdescribe "$serial"
	done | sort
}

first()
{
	prepare_volume
	need "the volume is tagged" tag "$NAME"
	need "a key that expires is designated" designate_expiring_key
	umount /mnt
	members > /members
	equal "nothing is loaded" none "$(cat $KEYS/reboot/state)"

	need "the next kernel is loaded" load_next next round=1
	equal "it is to carry nothing" "disabled parameter 0" "$(reboot_state)"
	scan loaded
	need "carrying over is turned on" turn_on
	equal "now it would carry both keys" "armed none 2" "$(reboot_state)"
	scan armed
	kexec_now
}

designate_expiring_key()
{
	serial=$(keyctl add logon "$expiring" "$(printf %064d 3)" @s) &&
		keyctl timeout "$serial" "$lifetime" && echo $(($(date +%s) + lifetime)) > /expiry &&
		keyctl link "$serial" "$(ring)" && keyctl unlink "$serial" @s
}

sleep_until_expiry()
{
	left=$(($(cat /expiry) + 3 - $(date +%s)))
	[ "$left" -le 0 ] || sleep "$left"
}

# Those that must be here now. Within two seconds of the end, either is right.
check_members()
{
	left=$(($(cat /expiry) - $(date +%s)))
	members > /tmp/members
	if [ "$left" -lt -1 ]; then
		grep -v "$expiring" /members > /tmp/expected
		cp /tmp/expected /members
	elif [ "$left" -gt 1 ]; then
		cp /members /tmp/expected
	else
		cp /tmp/members /tmp/expected
	fi
	check "round ${round:?}, $left s left: the ring is the same" cmp /tmp/expected /tmp/members
}

next()
{
	equal "round $round: the keys came by an ordinary kexec" "reboot ok" \
		"$(cat $KEYS/adopted/source) $(cat $KEYS/adopted/status)"
	check_members
	equal "round $round: carrying over is off again" N "$(cat $PARAMETER)"
	[ "$round" != 1 ] || scan rebooted

	if [ "$round" = "$rounds" ]; then
		need "the expiring key's time is over" sleep_until_expiry
		check_members
		check "the key that expires is gone" sh -c "! grep -q $expiring /members"
		check_volume_by_its_key
		return
	fi
	need "round $round: the next kernel is loaded" load_next next round=$((round + 1))
	need "round $round: carrying over is turned on" turn_on
	kexec_now
}
