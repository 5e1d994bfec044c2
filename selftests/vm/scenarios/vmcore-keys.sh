# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A vmcore has the volume key, in the keyring and expanded; what kexec-keys scrub
# makes of it has not, and is a vmcore.  The volume is open when the kernel panics,
# or it is closed, and then the key is nowhere but in the keyring.
#
# disk: luks2-pbkdf2
# mem: 512
# runs: open closed
# phases: first capture
# scan open-saved: payload=1 cipher=4 round-key=52
# scan open-saved-scrubbed:
# scan open-whole: payload=1 cipher=4 round-key=52
# scan open-whole-scrubbed:
# scan closed-saved: payload=1
# scan closed-saved-scrubbed:

# run comes from the command line
CAPTURE_APPEND="$CAPTURE_APPEND run=${run:?}"

first()
{
	if [ "$run" = open ]; then
		prepare_volume
	else
		need "the volume opens with its passphrase" unlock open /dev/vda "$NAME"
	fi
	need "the volume is tagged" tag "$NAME"
	[ "$run" = open ] || need "and closed" cryptsetup close "$NAME"
	need "a crash image is loaded" load_crash
	need "the image agrees with the ring" wait_for_state synced
	panic_now
}

scan_vmcore()
{
	dd if="$2" of=/dev/vdb bs=1M conv=fsync 2> /dev/null
	ask scan-vmcore "$run-$1"
}

# scrub NAME FILE
scrub()
{
	scan_vmcore "$1" "$2"
	need "$1: scrub" kexec-keys scrub --batch-mode "$2" "$2.scrubbed"
	says "$1: the designated key was found" "^The designated key $(key_name): found\.\$"
	if [ "$run" = open ]; then
		says "$1: and the two halves of it, expanded" "^Different AES-256 keys: 2; key schedules of them: 2\.\$"
	fi
	scan_vmcore "$1-scrubbed" "$2.scrubbed"
	check "$1: its messages can be read" makedumpfile -f --dump-dmesg "$2.scrubbed" /tmp/dmesg
	check "$1: the panic is among them" grep -q "sysrq triggered crash" /tmp/dmesg
	refused "$1: there is no key to be found any more" 15 kexec-keys scrub "$2.scrubbed" /mnt/again
	absent "$1: so there is no other file" /mnt/again
	refused "$1: no file is overwritten" 5 kexec-keys scrub "$2" "$2.scrubbed"
}

capture()
{
	need "the shim opens the volume" kexec-keys open --all
	NAME=$(dmsetup ls --target crypt | head -n 1 | cut -f 1)
	need "the volume is mounted" mount_volume
	need "a vmcore is saved" save_vmcore
	scrub saved /mnt/vmcore
	rm /mnt/vmcore*
	if [ "$run" = open ]; then
		need "one of all pages is saved" makedumpfile -c -d 1 /proc/vmcore /mnt/whole
		scrub whole /mnt/whole
		rm /mnt/whole*
	fi
	umount /mnt
}
