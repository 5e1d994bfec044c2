# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# systemd's own "systemctl kexec" carries the keys when it has been told to, and
# nothing else; "kexec-keys reboot" hands over to it.
#
# disk: luks2-pbkdf2
# mem: 1024
# init: systemd
# runs: told not-told shim
# phases: first next

is_first_process() { [ "$(cat /proc/1/comm)" = "$1" ]; }

first()
{
	need "systemd is the first process" is_first_process systemd
	prepare_volume
	need "the volume is tagged" tag "$NAME"
	umount /mnt
	if [ "$run" = shim ]; then
		find / -xdev ! -path '/tmp/*' ! -path '/mnt/*' | cpio -o -H newc > /tmp/next.img 2> /dev/null
		leave_by kexec "kexec-keys reboot hands over" kexec-keys reboot --kernel /boot/kernel --initrd /tmp/next.img \
			--append "$CAPTURE_APPEND phase=next run=shim"
	else
		need "the next kernel is loaded" load_next next run=$run
		[ "$run" != told ] || need "carrying over is turned on" turn_on
		leave_by kexec "systemd shuts down" systemctl kexec
	fi
}

next()
{
	need "no systemd in the next kernel" is_first_process init
	if [ "$run" = not-told ]; then
		equal "nothing came" "none empty 0" \
			"$(cat $KEYS/adopted/source) $(cat $KEYS/adopted/status) $(cat $KEYS/adopted/count)"
		return
	fi
	equal "the key came by an ordinary kexec" "reboot ok 1" \
		"$(cat $KEYS/adopted/source) $(cat $KEYS/adopted/status) $(cat $KEYS/adopted/count)"
	check_volume_by_its_key
}
