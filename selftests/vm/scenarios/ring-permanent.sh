# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Root tries to revoke, to invalidate and to expire the ring: it stays, and so do the
# keys that a panic carries over.
#
# disk: luks2-pbkdf2
# phases: first capture

first()
{
	prepare_volume
	need "it is tagged" tag "$NAME"
	need "a crash image is loaded" load_crash
	need "it agrees with the ring" wait_for_state synced

	check "it cannot be revoked" fails_to keyctl revoke "$(ring)"
	check "nor invalidated" fails_to keyctl invalidate "$(ring)"
	check "nor given an end" fails_to keyctl timeout "$(ring)" 1
	sleep 2
	equal "the image has the key still" "synced 1" "$(state) $(cat $KEYS/crash/carried)"
	check "another key can be designated" keyctl add logon late:key 1 "$(ring)"
	need "the image has both" wait_for_file $KEYS/crash/carried 2
	panic_now
}

capture()
{
	equal "both were adopted" "ok 2" "$(cat $KEYS/adopted/status) $(cat $KEYS/adopted/count)"
	check_volume_by_its_key
}
