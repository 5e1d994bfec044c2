# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Names of mappings and descriptions of keys are what somebody else wrote. Whatever is
# in them, every verb does its work, and prints plain text.
#
# disk: luks2-pbkdf2
# size: 64
# phases: first

ESCAPE=$(printf '\033')

# plain WHAT: every line of the last command
plain()
{
	equal "$1: no byte but printable ones" 0 "$(tr -d '\n\040-\176' < "$OUT" | wc -c)"
}

# prints WHAT STATUS PATTERN COMMAND…
prints()
{
	what=$1 status=$2 pattern=$3
	shift 3
	refused "$what" "$status" "$@"
	plain "$what"
	says "$what: it says what it is" "$pattern"
}

# In a name that the kernel has as it is, as libdevmapper does not make them.
rename() { dmsetup --manglename none rename "$NAME" "$1"; }

rename_back() { dmsetup --manglename none rename "$1" "$NAME"; }

# each_verb WHAT PATTERN: what the volume is called is seen like this
each_verb()
{
	get_passphrase
	printf %s "$PASSPHRASE" > /tmp/passphrase
	prints "$1: tag --all" 0 "^Tagged $2 " kexec-keys tag --debug --key-file /tmp/passphrase --all
	prints "$1: list" 0 " $2 .*$(key_name)" kexec-keys list
	prints "$1: list in JSON" 0 '"mapping":".*"' kexec-keys list --json
	prints "$1: status" 0 "will have 1 key" kexec-keys status --wait
	prints "$1: check" 0 "1 volume opens" kexec-keys check --debug
	prints "$1: check in JSON" 0 '"verdict":"good"' kexec-keys check --json
	prints "$1: a test" 0 "opens /dev/vda" kexec-keys open --debug --test /dev/vda
	prints "$1: open" 0 "^$2 .* is open already" kexec-keys open --all
	kexec-keys untag --all > /dev/null
	prints "$1: check without a key" 15 "no key .*--all" kexec-keys check
	prints "$1: tag --for" 0 "^Tagged $2 " kexec-keys tag --key-file /tmp/passphrase --for /mnt
	prints "$1: untag" 0 "^Untagged $2;" kexec-keys untag "$3"
}

# described DESCRIPTION PATTERN: a key that root designates
described()
{
	need "a key is designated" keyctl add logon "$1" payload "$(ring)"
	prints "a description: list" 0 "$2$" kexec-keys list
	prints "a description: list in JSON" 0 '"description":"odd:' kexec-keys list --json
	prints "a description: status in JSON" 0 '"carried":1' kexec-keys status --wait --json
	prints "a description: check" 15 "no key of a LUKS volume" kexec-keys check --debug
	prints "a description: check in JSON" 15 '"verdict":"bad"' kexec-keys check --json
	prints "a description: open" 15 "no key of a LUKS volume" kexec-keys open --all
	prints "a description: untag" 0 "^Untagged $2;" kexec-keys untag "$1"
	equal "a description: it is gone" "" "$(keyctl rlist "$(ring)")"
}

first()
{
	prepare_volume
	need "a crash image is loaded" load_crash

	odd="a${ESCAPE}]0;b\\c'%n\$(id)"
	need "a name with an escape" rename "$odd"
	each_verb "an escape" 'a\\x1b\]0;b\\x5cc'"'"'%n\$\(id\)' "$odd"
	need "the name as it was" rename_back "$odd"
	odd="$(printf 'x\nkexec-keys: forged')"
	need "a name with a newline" rename "$odd"
	each_verb "a newline" 'x\\x0akexec-keys: forged' "$odd"
	need "the name as it was" rename_back "$odd"
	odd=$(printf '\377%.0s' $(seq 127))
	need "a name of 127 bytes" rename "$odd"
	each_verb "127 bytes" '(\\xff){127}' "$odd"
	need "the name as it was" rename_back "$odd"

	described "odd:${ESCAPE}[2J\"'%n" 'odd:\\x1b\[2J"'"'"'%n'
	described "$(printf 'odd:\n\302\2332J')" 'odd:\\x0a\\xc2\\x9b2J'
	described "odd:$(printf 'd%.0s' $(seq 251))" 'odd:d{251}'
}
