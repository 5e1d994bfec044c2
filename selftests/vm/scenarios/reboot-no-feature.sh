# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# An ordinary kexec with keys, turned on by the command line, into a kernel that
# lacks the feature: it boots, shows no key to anybody, and the volume opens with its
# passphrase.
#
# append: kexec_keys.reboot=Y
# disk: luks2-pbkdf2
# mem: 1024
# loads: off
# phases: first next

first()
{
	prepare_volume
	need "the volume is tagged" tag "$NAME"
	need "so is a key whose payload is known" designate_known_key
	need "it is unmounted" umount /mnt
	need "the next kernel is loaded" load_next next
	equal "carrying over is on" Y "$(cat $PARAMETER)"
	equal "it would carry both keys" "armed none 2" "$(reboot_state)"
	kexec_now
}

next()
{
	absent "it has no state files" "$KEYS"
	check_known_key_is_hidden
	refused "the shim says what is missing" 10 kexec-keys open --all
	need "the volume opens with its passphrase" unlock open /dev/vda "$NAME"
	need "it is mounted" mount_volume
	check "the file of the first kernel is intact" marker_is_intact
}
