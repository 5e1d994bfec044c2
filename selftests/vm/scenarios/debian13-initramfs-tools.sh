# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What an administrator of Debian 13 meets: the disk is encrypted with a key slot that
# takes 1 GiB, LVM is inside, kdump-tools saves dumps to /var/crash with the memory that
# is reserved by default, and our two packages are installed. The passphrase is typed
# once at each boot; after a panic nobody types anything, and the dump is there, though
# another volume has no key; a reboot by kexec-keys asks nobody.
#
# system: initramfs-tools
# disk: luks2-argon2id
# size: 4096
# mem: 2048
# append: dm_crypt.kexec_keys=Y
# phases: install first keyless last next

ROOT=/mnt
VOLUME=vda_crypt
DATA=/dev/mapper/vg-data
CHEAP="--pbkdf pbkdf2 --pbkdf-force-iterations 1000"

in_root() { chroot $ROOT "$@"; }

make_volumes()
{
	lvm pvcreate -q /dev/mapper/$VOLUME && lvm vgcreate -q vg /dev/mapper/$VOLUME &&
		lvm lvcreate -q -L 64M -n swap vg && lvm lvcreate -q -L 32M -n data vg &&
		lvm lvcreate -q -l 100%FREE -n root vg &&
		lvm vgchange -ay vg && dmsetup mknodes &&
		mke2fs -q -t ext4 /dev/mapper/vg-root && mke2fs -q -t ext4 /dev/vdb && mkswap /dev/mapper/vg-swap
}

# Encrypted once more; no dump needs it.
make_data()
{
	# shellcheck disable=SC2086 # several words
	unlock luksFormat --batch-mode $CHEAP $DATA && unlock open $DATA data &&
		mke2fs -q -t ext4 /dev/mapper/data && cryptsetup close data
}

unpack()
{
	mkdir -p $ROOT && mount /dev/mapper/vg-root $ROOT && tar -x -C $ROOT -f /dev/vdc &&
		mount /dev/vdb $ROOT/boot
}

# As debian-installer leaves it.
configure()
{
	echo "$VOLUME UUID=$(uuid_of /dev/vda) none luks
data UUID=$(uuid_of $DATA) none luks" > $ROOT/etc/crypttab
	mkdir $ROOT/data
	echo "/dev/mapper/vg-root / ext4 errors=remount-ro 0 1
UUID=$(blkid -s UUID -o value /dev/vdb) /boot ext4 defaults 0 2
/dev/mapper/vg-swap none swap sw 0 0
/dev/mapper/data /data ext4 defaults 0 2" > $ROOT/etc/fstab
	echo debian > $ROOT/etc/hostname
	for directory in dev proc sys run tmp; do
		mount --bind /$directory $ROOT/$directory
	done
}

# The phases of this run there, when the system is up.
install_scenario()
{
	cp -r /guest $ROOT/guest && mv $ROOT/guest/init $ROOT/init &&
		mv $ROOT/guest/scenario.service $ROOT/etc/systemd/system/ &&
		mkdir -p $ROOT/etc/systemd/system/scenario.service.d $ROOT/etc/systemd/system/multi-user.target.wants &&
		printf '[Unit]\nAfter=kdump-tools.service kexec-keys.service\n' > $ROOT/etc/systemd/system/scenario.service.d/after.conf &&
		ln -s ../scenario.service $ROOT/etc/systemd/system/multi-user.target.wants/
}

install_packages()
{
	mkdir $ROOT/packages && cp /packages/*.deb $ROOT/packages && in_root sh -c "dpkg -i /packages/*.deb"
}

# As kexec-keys(7) says.
setup_kdump()
{
	echo 'KDUMP_KEXEC_ARGS="-s"' >> $ROOT/etc/default/kdump-tools
	[ "$SYSTEM" = dracut ] || return 0
	echo 'hostonly="yes"' > $ROOT/etc/dracut.conf.d/hostonly.conf
}

# As udev would, which there is not here: dracut finds by these what root stands on.
name_devices()
{
	mkdir -p /dev/block /dev/disk/by-uuid
	for device in /sys/class/block/*; do
		ln -s "../${device##*/}" "/dev/block/$(cat "$device/dev")"
	done
	ln -s ../../vda "/dev/disk/by-uuid/$(uuid_of /dev/vda)"
}

install()
{
	need "the volume is opened" unlock open /dev/vda $VOLUME
	need "LVM is put on it" make_volumes
	need "there is another volume" make_data
	need "the system is unpacked" unpack
	need "kdump is set up" setup_kdump
	need "the rest is" configure
	need "the scenario is put into it" install_scenario
	need "devices have their names" name_devices
	need "our packages are installed" install_packages
	sync
	umount $ROOT/boot
}

# kdump-tools makes none with dracut; so does who follows the advice of "check".
make_capture_initramfs()
{
	refused "nothing is ready for a panic" 12 kexec-keys check
	says "it says what is to be done" "; next: dracut --force /var/lib/kdump/initrd\.img-[^ ]* [^ ]* && kdump-config load$"
	need "that works" sh -c "$(sed -n 's/.*; next: \(dracut .*\)/\1/p' "$OUT")"
}

is_mounted_from() { [ "$(findmnt -n -o SOURCE "$2")" = "$1" ]; }

first()
{
	unset DM_DISABLE_UDEV
	need "root is on the encrypted disk" is_mounted_from /dev/mapper/vg-root /
	need "the other volume is mounted" is_mounted_from /dev/mapper/data /data
	[ "$SYSTEM" != dracut ] || make_capture_initramfs
	need "the crash kernel is loaded" file_is /sys/kernel/kexec_crash_loaded 1
	check "a panic would find the keys" kexec-keys status --wait
	note_output
	check "a panic would end in a dump" kexec-keys check
	note_output
	fact "crash kernel's memory: $(cat /sys/kernel/kexec_crash_size)"
	equal "there is no dump yet" "" "$(dumps)"
	need "the key of the other volume is taken back" kexec-keys untag data
	need "the image has that of the first alone" wait_for_file $KEYS/crash/carried 1
	panic_now
}

dumps() { find /var/crash -name 'dump.*'; }

# The same without this project's package.
stock()
{
	need "the crash kernel is loaded" file_is /sys/kernel/kexec_crash_loaded 1
	panic_now
}

unsaved()
{
	equal "there is no dump" "" "$(dumps)"
}

# Without a key the capture kernel comes to an end.
keyless()
{
	unset DM_DISABLE_UDEV
	dump=$(dumps)
	differ "there is a dump" "" "$dump"
	fact "dump of $(stat -c %s $dump) bytes"
	# kdump-tools saves it flattened.
	check "it can be put together" sh -c "makedumpfile -R /var/crash/whole < $dump"
	check "it can be read" makedumpfile --dump-dmesg /var/crash/whole /var/crash/dmesg
	check "it has the panic" grep -q "sysrq triggered crash" /var/crash/dmesg
	journalctl -b -u kexec-keys.service -o cat > "$OUT"
	says "the journal says what another would end in" "If this machine panics now, its dump can be saved"
	need "the key is taken back" kexec-keys untag --all
	need "the image follows" wait_for_file $KEYS/crash/carried 0
	panic_now
}

last()
{
	unset DM_DISABLE_UDEV
	equal "there is no other dump" 1 "$(dumps | wc -l)"
	ask kexec
	check "kexec-keys reboots" kexec-keys reboot --append "$(sed 's/phase=last/phase=next/' /proc/cmdline)"
	note_output
	# systemd ends this, too.
	sleep 300
	fail "it came to a kexec"
}

next()
{
	unset DM_DISABLE_UDEV
	equal "the key came by an ordinary kexec" "reboot ok" "$(cat $KEYS/adopted/source) $(cat $KEYS/adopted/status)"
	check "root is on the encrypted disk" is_mounted_from /dev/mapper/vg-root /
	check "the other volume is mounted" is_mounted_from /dev/mapper/data /data
	check "a panic would again end in a dump" kexec-keys check
	note_output
}
