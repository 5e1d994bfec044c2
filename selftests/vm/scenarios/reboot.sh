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
# Seconds, more than all rounds take.
lifetime=3600
expiring=expiring:key

# The ring as it must stay: a line for each key.
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
		keyctl timeout "$serial" $lifetime && keyctl link "$serial" "$(ring)" && keyctl unlink "$serial" @s
}

check_members()
{
	members > /tmp/members
	check "round ${round:?}: the ring is the same" cmp /members /tmp/members
}

# The system's clock alone is set: the next kernel's is as it was.
expire()
{
	date -s "@$(($(date +%s) + lifetime))"
	grep -v "$expiring" /members > /tmp/expected
	mv /tmp/expected /members
}

next()
{
	equal "round $round: the keys came by an ordinary kexec" "reboot ok" \
		"$(cat $KEYS/adopted/source) $(cat $KEYS/adopted/status)"
	check_members
	equal "round $round: carrying over is off again" N "$(cat $PARAMETER)"
	[ "$round" != 1 ] || scan rebooted

	if [ "$round" = "$rounds" ]; then
		check "the key that expired has not come" sh -c "! grep -q $expiring /proc/keys"
		check_volume_by_its_key
		return
	fi
	if [ "$round" = $((rounds - 1)) ]; then
		need "the clock is set to the end of a key" expire
		check_members
	fi
	need "round $round: the next kernel is loaded" load_next next round=$((round + 1))
	need "round $round: carrying over is turned on" turn_on
	kexec_now
}
