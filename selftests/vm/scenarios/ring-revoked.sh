# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Root revokes or invalidates the ring itself: the keys are wiped, the state says
# so, and neither a load nor a panic suffers from it.
#
# disk: luks2-pbkdf2
# runs: revoke invalidate
# phases: first capture
# scan revoked: payload=0-1 cipher=0-4

first()
{
	need "${run:?}: the volume is opened" unlock open /dev/vda "$NAME"
	need "$run: it is tagged" tag "$NAME"
	need "$run: a crash image is loaded" load_crash
	need "$run: it agrees with the ring" wait_for_state synced

	need "$run: the ring" keyctl "$run" "$(ring)"
	need "$run: the image follows" wait_for_state disabled
	equal "$run: the reason is known" "ring 0" "$(cat $KEYS/crash/reason) $(cat $KEYS/crash/carried)"
	scan revoked
	refused "$run: so says the shim" 11 kexec-keys status
	check "$run: no key can be designated any more" fails_to keyctl add logon late:key 1 "$(ring)"
	need "$run: the image is replaced" load_crash
	equal "$run: it carries nothing" "disabled ring 0" \
		"$(state) $(cat $KEYS/crash/reason) $(cat $KEYS/crash/carried)"
	need "$run: the next kernel is loaded" load_next next
	need "$run: carrying over is turned on" turn_on
	equal "$run: it would carry nothing" "disabled ring 0" "$(reboot_state)"
	panic_now
}

capture()
{
	equal "there was nothing to adopt" "empty 0" "$(cat $KEYS/adopted/status) $(cat $KEYS/adopted/count)"
	check "there is a vmcore" test -s /proc/vmcore
	check "the ring of this kernel is a new one" keyctl add logon new:key 1 "$(ring)"
}
