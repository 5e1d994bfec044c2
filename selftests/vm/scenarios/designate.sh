# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# cryptsetup designates by itself, again when the key is there already, and again
# after adoption; 256 keys linked after the load carry over in one go.
#
# disk: luks2-pbkdf2
# phases: first capture

link_by_cryptsetup()
{
	unlock open --link-vk-to-keyring "%:.kexec::%logon:$(key_name)" /dev/vda "$NAME"
}

add_keys()
{
	i=1
	while [ "$i" -le 256 ]; do
		keyctl add logon "cryptsetup:00112233-4455-6677-8899-aabbccddee$(printf %02x $((i % 256)))-d$i" \
			"$(printf %064d "$i")" "$(ring)" > /dev/null || return 1
		i=$((i + 1))
	done
}

# A key of somebody else, with permissions and an end of its own.
designate_foreign_key()
{
	serial=$(keyctl add logon foreign:key "$(printf %064d 9)" @s) &&
		keyctl setperm "$serial" 0x3f030303 && keyctl timeout "$serial" 3000 &&
		keyctl chgrp "$serial" 77 && keyctl link "$serial" "$(ring)" &&
		keyctl chown "$serial" 1000 && keyctl unlink "$serial" @s
}

# Until then, as seconds since 1970, the foreign key lives; the capture kernel is told.
tell_the_end() { CAPTURE_APPEND="$CAPTURE_APPEND ends=$(($(date +%s) + 3000))"; }

# Minutes that a key has left, as /proc/keys rounds them.
minutes_left() { sed -n 's/^[0-9a-f]* .* \([0-9]*\)m .* foreign:key: .*/\1/p' /proc/keys; }

is_about() { [ "$1" -ge $(($2 - 1)) ] && [ "$1" -le $(($2 + 1)) ]; }

first()
{
	need "a key whose payload is known is designated" designate_known_key
	need "a key of another user that ends in 50 minutes is designated" designate_foreign_key
	tell_the_end
	need "cryptsetup opens and designates" link_by_cryptsetup
	first_serial=$(serial_of "$(key_name)")
	need "the volume is closed" cryptsetup close "$NAME"
	need "cryptsetup designates a key that is there already" link_by_cryptsetup
	differ "it is a new key" "$first_serial" "$(serial_of "$(key_name)")"

	need "a crash image is loaded" load_crash
	need "256 keys are linked after the load" add_keys
	need "the image follows" wait_for_file $KEYS/crash/carried 259
	equal "all fit" synced "$(state)"
	equal "the next kernel could read them" ok "$(cat $KEYS/crash/verify)"
	panic_now
}

possessed_print()
{
	keyctl link "$(ring)" @s && keyctl print "0x$(serial_of "$(key_name)")"
}

capture()
{
	equal "259 keys were adopted" 259 "$(cat $KEYS/adopted/count)"
	equal "none was left behind" 0 "$(cat $KEYS/adopted/skipped)"
	equal "the foreign key kept owner, group and permissions" "logon;1000;77;3f030303;foreign:key" \
		"$(keyctl rdescribe "0x$(serial_of foreign:key)")"
	check "and its end" is_about "$(minutes_left)" $(((ends - $(date +%s)) / 60))
	check_known_key_is_hidden
	refused "not even who possesses the key can print it" 1 possessed_print
	says "because its type cannot be read" "not supported"
	keyctl unlink "$(ring)" @s
	check "cryptsetup designates after adoption" link_by_cryptsetup
}
