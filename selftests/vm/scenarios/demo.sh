# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The story that "make demo" tells: a volume whose passphrase takes 1 GiB to
# check, and a crash kernel that has a quarter of that.
#
# mem: 2560
# crashkernel: 256M
# disk: luks2-argon2id
# phases: first capture last

memory_of() { sed -n "s/^$1: *\([0-9]*\) kB$/\1/p" /proc/meminfo; }

first()
{
	note "the volume is opened with its passphrase; Argon2id takes 1 GiB and, emulated, a minute"
	prepare_volume
	note "its key is designated; the passphrase is asked for once more"
	need "kexec-keys tag" tag "$NAME"
	need "kexec -p -s: the crash kernel is loaded" load_crash
	need "kexec-keys status" kexec-keys status
	note "$(cat "$OUT")"
	note "the kernel panics"
	mark panic
	panic_now
}

capture()
{
	mark capture
	fact memory "$(memory_of MemTotal)"
	fact adopted "$(cat $KEYS/adopted/count)"
	get_passphrase
	note "the passphrase, which is right, is tried first"
	refused "cryptsetup cannot open the volume with it" 1 unlock_here
	says "there is not the memory for it" "requires more than available memory"
	mark try
	need "kexec-keys open: the carried key opens the volume" kexec-keys open --name "$NAME" /dev/vda
	mark open
	need "it is mounted" mount_volume
	need "makedumpfile saves a vmcore on it" save_vmcore
	mark dump
	fact left "$(memory_of MemAvailable)"
	umount /mnt
}

unlock_here() { unlock open /dev/vda "$NAME"; }

last()
{
	note "a third boot, with the passphrase again"
	need "the passphrase opens the volume" unlock open /dev/vda "$NAME"
	need "it is mounted" mount_volume
	check "the file written before the panic is unchanged" marker_is_intact
	check "file knows the vmcore" file /mnt/vmcore
	note "$(cat "$OUT")"
	check "makedumpfile reads it" makedumpfile --dump-dmesg /mnt/vmcore /mnt/dmesg
	check "the panic is in it" grep "sysrq triggered crash" /mnt/dmesg
	note "$(cat "$OUT")"
	fact vmcore "$(stat -c %s /mnt/vmcore)"
}
