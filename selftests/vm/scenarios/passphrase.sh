# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# tag with a passphrase that somebody types, and with nobody to type one.
#
# disk: luks2-pbkdf2
# size: 64
# mem: 1024
# phases: first

nothing_is_tagged() { equal "$1: nothing is tagged" "" "$(keyctl rlist "$(ring)")"; }

is_tagged()
{
	equal "$1: it is tagged" 1 "$(keyctl rlist "$(ring)" | wc -w)"
	kexec-keys untag --all > /dev/null
}

# shows WHAT PATTERN: the terminal did, and never the passphrase
shows()
{
	says "$1: it says so" "$2"
	says "$1: the terminal is as before" "^the terminal echoes$"
	cp "$OUT" /tmp/screen
	refused "$1: the passphrase is not to be seen" 1 grep "$PASSPHRASE" /tmp/screen
}

at_a_terminal()
{
	check "the right passphrase" typist "$PASSPHRASE" -- kexec-keys tag /dev/vda
	shows "the right passphrase" "^Deriving the key of /dev/vda with pbkdf2 \.\.\.$"
	is_tagged "the right passphrase"
	check "the third one is right" typist wrong other "$PASSPHRASE" -- kexec-keys tag /dev/vda
	shows "the third one is right" "^No key slot opens with this passphrase\.$"
	is_tagged "the third one is right"
	refused "three wrong ones" 2 typist one two three -- kexec-keys tag /dev/vda
	shows "three wrong ones" "cannot unlock /dev/vda: no key slot opens with it"
	nothing_is_tagged "three wrong ones"
	refused "an interruption" 130 typist "^C" -- kexec-keys tag /dev/vda
	shows "an interruption" "^Passphrase for /dev/vda: "
	nothing_is_tagged "an interruption"
	refused "a terminal, but no questions" 22 typist -- kexec-keys tag --batch-mode /dev/vda
	nothing_is_tagged "a terminal, but no questions"
}

# Two volumes, the second of which takes memory and time.
several()
{
	need "another volume" unlock luksFormat --batch-mode --pbkdf argon2id --pbkdf-memory 131072 \
		--pbkdf-parallel 1 --pbkdf-force-iterations 4 /dev/vdb
	check "both" typist "$PASSPHRASE" "$PASSPHRASE" -- kexec-keys tag /dev/vda /dev/vdb
	shows "both" "^Deriving the key of /dev/vdb with argon2id, 128 MiB of memory \.\.\.$"
	equal "both are tagged" 2 "$(keyctl rlist "$(ring)" | wc -w)"
	members=$(keyctl rlist "$(ring)")
	check "both once more" kexec-keys tag /dev/vda /dev/vdb
	says "nobody is asked again" "^/dev/vdb is tagged already"
	equal "the keys are the same" "$members" "$(keyctl rlist "$(ring)")"
	check "once more in a script" kexec-keys tag --batch-mode /dev/vda /dev/vdb
	equal "which says nothing" "" "$(cat "$OUT")"
	kexec-keys untag --all > /dev/null
	refused "one of three is not there" 4 tag /dev/vda /dev/none /dev/vdb
	says "it says which" "^kexec-keys: /dev/none: No such file"
	equal "the others are tagged" 2 "$(keyctl rlist "$(ring)" | wc -w)"
	kexec-keys untag --all > /dev/null
	refused "the second one interrupted" 130 typist "$PASSPHRASE" "^C" -- kexec-keys tag /dev/vda /dev/vdb
	is_tagged "the second one interrupted: the first one"
}

hundredths() { awk '{ printf "%d", $1 * 100 }' /proc/uptime; }

# How long a derivation takes here, and how long it takes to say that there is nobody.
nobody()
{
	start=$(hundredths)
	need "it is tagged" tag /dev/vdb
	derivation=$(($(hundredths) - start))
	kexec-keys untag --all > /dev/null
	best=$derivation
	for i in 1 2 3; do
		start=$(hundredths)
		refused "nobody there ($i)" 22 kexec-keys tag /dev/vdb
		took=$(($(hundredths) - start))
		[ "$took" -ge "$best" ] || best=$took
	done
	says "it says so" "nobody is there to ask for the passphrase of /dev/vdb; give --key-file"
	fact "hundredths of a second: $best, and $derivation with a derivation"
	check "no key is derived for that" test "$best" -lt $((derivation / 4))
	nothing_is_tagged "nobody there"
}

first()
{
	get_passphrase
	mkdir -p /dev/pts
	need "there are terminals" mount -t devpts devpts /dev/pts
	at_a_terminal
	several
	nobody
}
