# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# After each store of an update to the crash image's buffer, the decoder finds the
# old set or the new one; and so does the capture kernel after real panics there.
#
# cpus: 1
# append: nokaslr no_hash_pointers
# replays: yes
# phases: first capture*14

# What the ring holds, as the host sees it in the buffer: a line a key.
: > /tmp/members

hex() { printf %s "$1" | od -An -v -tx1 | tr -d ' \n'; }

# now_holds NAME PAYLOAD, and now_lacks NAME
now_lacks() { sed -i "/^$1=/d" /tmp/members; }

now_holds()
{
	now_lacks "$1"
	echo "$1=$(hex "$2")" >> /tmp/members
}

agrees() { [ "$(state)" = disabled ] || wait_for_state synced; }

# watched WHAT COMMAND…: the host watches the buffer while this changes it
watched()
{
	what=$1
	shift
	ask watch
	check "$what" "$@"
	check "$what: the image follows" agrees
	ask watched "$(echo "$what" | tr ' ' _)" "$(tr '\n' ' ' < /tmp/members)"
}

# Not made in the ring: who possesses a key may do more to it.
designate()
{
	made=$(keyctl add logon "$1" "$2" @s) && keyctl link "$made" "$(ring)"
}

# So does another keyring, under the same name: cryptsetup's way.
replace()
{
	other=$(keyctl newring other @s) && made=$(keyctl add logon "$1" "$2" "$other") &&
		keyctl link "$made" "$(ring)"
}

parameter() { echo "$1" > /sys/module/kexec_keys/parameters/crash; }

expire()
{
	wait_for_file $KEYS/crash/carried "$(wc -l < /tmp/members)"
}

every_change()
{
	now_holds one:key first-payload-of-one
	watched "the first key is linked" designate one:key first-payload-of-one
	now_holds two:key 2
	watched "a second one is linked" designate two:key 2
	now_holds one:key another-payload-of-one-and-a-longer-one
	watched "a key is updated" keyctl update "$(member one:key)" another-payload-of-one-and-a-longer-one
	now_holds two:key as-new
	watched "a key is replaced by one of its name" replace two:key as-new
	watched "the permissions of a key change" keyctl setperm "$(member two:key)" 0x3f0d0000
	watched "the owner of a key changes" keyctl chown "$(member two:key)" 1000
	now_lacks two:key
	watched "a key is unlinked" keyctl unlink "$(member two:key)" "$(ring)"

	designate revoked:key 3 && wait_for_state synced
	watched "a key is revoked" keyctl revoke "$(member revoked:key)"
	designate invalid:key 4 && wait_for_state synced
	watched "a key is invalidated" keyctl invalidate "$(member invalid:key)"
	designate short:key 5 && keyctl timeout "$(member short:key)" 3 && wait_for_state synced
	watched "a key expires" expire
}

policy()
{
	ask watch torn
	need "a key is designated" designate torn:key 6
	need "the image follows" wait_for_state synced
	ask watched torn
	need "it is unlinked" keyctl unlink "$(member torn:key)" "$(ring)"
	need "the image follows" wait_for_state synced

	cp /tmp/members /tmp/kept && : > /tmp/members
	watched "the policy is turned off" parameter N
	cp /tmp/kept /tmp/members
	watched "the policy is turned on" parameter Y
	: > /tmp/members
	watched "the ring is cleared" keyctl clear "$(ring)"
}

first()
{
	need "a crash image is loaded" load_crash
	show_buffer
	every_change
	policy

	need "a key is designated" designate stays:key "$(printf %064d 6)"
	need "another one is" designate goes:key "$(printf %032d 7)"
	need "the image has both" wait_for_state synced
	ask replay stores 14
	need "a key is unlinked" keyctl unlink "$(member goes:key)" "$(ring)"
	need "the image follows" wait_for_state synced
	ask counted
}

capture()
{
	equal "the buffer is good" ok "$(cat $KEYS/adopted/status)"
	show_adopted
}
