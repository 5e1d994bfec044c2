# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# tag takes a key that is in a keyring of root already, as cryptsetup and systemd can
# put it there: with no passphrase, if it is the header's, and nothing else.
#
# disk: luks2-pbkdf2
# size: 48
# phases: first

# Opened with the key linked to a keyring under a description, and closed.
put_key()
{
	unlock open --link-vk-to-keyring "$1::%logon:$2" /dev/vda "$NAME" && cryptsetup close "$NAME"
}

in_ring() { keyctl search "$1" logon "$2"; }

# possessing COMMAND…: what only a possessor of root's keys may do
possessing()
{
	keyctl link @u @s && "$@" && keyctl unlink @u @s
}

forget() { keyctl clear @u && keyctl clear @s && kexec-keys untag --all; }

# A tag that nobody could give a passphrase: what it takes is in a keyring.
tags() { kexec-keys tag /dev/vda; }

taken()
{
	need "$1" put_key "$2" "$3"
	serial=$(in_ring "$2" "$3")
	check "$1: it is tagged" tags
	says "$1: it says with what" "^Tagged /dev/vda .* with a key that was there already"
	equal "$1: it is the very same key" "$serial" "$(keyctl rlist "$(ring)")"
	check "$1: once more" tags
	check "$1: it opens the volume" kexec-keys open --name "$NAME" /dev/vda
	cryptsetup close "$NAME"
	forget > /dev/null
}

not_taken()
{
	refused "$1: it is not tagged" 22 tags
	says "$1: it says so" "nobody is there to ask for the passphrase of /dev/vda"
	equal "$1: nothing is designated" "" "$(keyctl rlist "$(ring)")"
	check "$1: it is with a passphrase" tag /dev/vda
	check "$1: and opens the volume" kexec-keys open --name "$NAME" /dev/vda
	cryptsetup close "$NAME"
	forget > /dev/null
}

first()
{
	OWN=$(key_name) KDUMP=kdump-cryptsetup:vk-$(uuid_of /dev/vda)
	WRONG=$(printf %064d 7)
	taken "root's own, cryptsetup's description" @u "$OWN"
	taken "root's own, kdump's description" @u "$KDUMP"
	taken "the session's, cryptsetup's description" @s "$OWN"
	taken "the session's, kdump's description" @s "$KDUMP"

	keyctl add logon "$OWN" "$WRONG" @s
	taken "a wrong one before the right one" @u "$OWN"

	keyctl add logon "$OWN" "$WRONG" @u
	not_taken "a wrong one"
	keyctl add logon "$OWN" short @u
	not_taken "a short one"
	keyctl add user "$OWN" "$WRONG" @u
	not_taken "one of type user"
	need "another volume's" put_key @u "cryptsetup:$(uuid_of /dev/vda | tr 0-9a-f 1-9a-f0)-d0"
	not_taken "another volume's"
	need "one" put_key @u "$OWN"
	need "it is revoked" possessing keyctl revoke "$(in_ring @u "$OWN")"
	not_taken "a revoked one"
	need "one" put_key @u "$OWN"
	need "it is his" possessing keyctl chown "$(in_ring @u "$OWN")" 1000
	not_taken "a user's own"

	need "one that ends" put_key @u "$KDUMP"
	need "in five minutes" possessing keyctl timeout "$(in_ring @u "$KDUMP")" 300
	check "it is tagged" tags
	says "it says when" "^Its key ends in [45]m, .*--timeout 0"
	check "it is tagged for good" kexec-keys tag --timeout 0 /dev/vda
	check "it says nothing of an end" sh -c "! grep -q ' ends in ' $OUT"
	check "so it has no end" sh -c "kexec-keys list | grep -q ' perm .*$KDUMP'"
}
