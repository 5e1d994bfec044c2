# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# tag with a token of the LUKS2 header: here the one that libcryptsetup has itself,
# whose passphrase is in a user key. Nobody is asked, and nobody could be.
#
# disk: luks2-pbkdf2
# size: 48
# phases: first

DESCRIPTION=test:passphrase

put_passphrase() { keyctl add user $DESCRIPTION "$1" @s; }

import() { echo "$1" | cryptsetup token import --json-file - /dev/vda; }

tagged()
{
	check "$1" kexec-keys tag "$2" "$3" /dev/vda
	equal "$1: it is tagged" 1 "$(keyctl rlist "$(ring)" | wc -w)"
	kexec-keys untag --all > /dev/null
}

not_tagged()
{
	what=$1 status=$2 pattern=$3
	shift 3
	refused "$what" "$status" kexec-keys tag "$@" /dev/vda
	says "$what: it says so" "$pattern"
	equal "$what: nothing is tagged" "" "$(keyctl rlist "$(ring)")"
}

first()
{
	get_passphrase
	# Another program's, that no plugin here knows.
	need "an unknown token" import '{"type":"other","keyslots":["0"]}'
	not_tagged "an unknown token alone" 22 "nobody is there to ask for the passphrase of /dev/vda"
	not_tagged "and asked for by its number" 2 "token 0 does not unlock /dev/vda: there is no key slot or token that can be used here" --token-id 0

	need "a keyring token" cryptsetup token add --token-id 1 --key-description $DESCRIPTION /dev/vda
	not_tagged "a token without its key" 22 "the tokens of /dev/vda do not unlock it .*, and nobody is there"
	put_passphrase "wrong"
	not_tagged "a token with a wrong passphrase" 22 "the tokens of /dev/vda do not unlock it .*, and nobody is there"
	not_tagged "and asked for by its number" 2 "token 1 does not unlock /dev/vda: no key slot opens with it" --token-id 1
	refused "a wrong key file" 2 kexec-keys tag --key-file /guest/lib.sh /dev/vda
	says "it says so" "key file /guest/lib.sh does not unlock /dev/vda: no key slot opens with it"
	check "a passphrase helps" tag /dev/vda
	kexec-keys untag --all > /dev/null

	put_passphrase "$PASSPHRASE"
	tagged "a token" --timeout 0
	tagged "its number" --token-id 1
	tagged "in a script" --batch-mode --debug
	not_tagged "a key slot, by which no token is tried" 22 "nobody is there" --key-slot 0
	not_tagged "another token's number" 2 "token 2 does not unlock /dev/vda: there is no key slot or token that can be used here" --token-id 2
}
