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

# Words of the kernel's command line: a module that dracut leaves out, the file system
# of /var/crash if it is one of its own.
: "${omit:=}" "${var_crash:=}"

ROOT=/mnt
VOLUME=vda_crypt
DATA=/dev/mapper/vg-data
CHEAP="--pbkdf pbkdf2 --pbkdf-force-iterations 1000"

in_root() { chroot $ROOT "$@"; }

make_volumes()
{
	lvm pvcreate -q /dev/mapper/$VOLUME && lvm vgcreate -q vg /dev/mapper/$VOLUME &&
		lvm lvcreate -q -L 64M -n swap vg && lvm lvcreate -q -L 32M -n data vg &&
		{ [ "$var_crash" != btrfs ] || make_crash_volumes; } &&
		lvm lvcreate -q -l 100%FREE -n root vg &&
		lvm vgchange -ay vg && dmsetup mknodes &&
		mke2fs -q -t ext4 /dev/mapper/vg-root && mke2fs -q -t ext4 /dev/vdb && mkswap /dev/mapper/vg-swap
}

make_crash_volumes() { lvm lvcreate -q -L 256M -n crash1 vg && lvm lvcreate -q -L 256M -n crash2 vg; }

# Encrypted once more.
encrypt()
{
	# shellcheck disable=SC2086 # several words
	unlock luksFormat --batch-mode $CHEAP "/dev/mapper/vg-$1" && unlock open "/dev/mapper/vg-$1" "$1"
}

make_data()
{
	encrypt data && mke2fs -q -t ext4 /dev/mapper/data && cryptsetup close data
}

make_btrfs()
{
	encrypt crash1 && encrypt crash2 && mkfs.btrfs -q -d raid0 -m raid1 /dev/mapper/crash1 /dev/mapper/crash2 &&
		cryptsetup close crash1 && cryptsetup close crash2
}

mount_root() { mkdir -p $ROOT && mount /dev/mapper/vg-root $ROOT; }

unpack() { mount_root && tar -x -C $ROOT -f /dev/vdc && mount /dev/vdb $ROOT/boot; }

# A file system that has our packages, too.
copy()
{
	dd if=/dev/vdc of=/dev/mapper/vg-root bs=1M && resize2fs /dev/mapper/vg-root &&
		mount_root && mv $ROOT/boot $ROOT/boot.copy && mkdir $ROOT/boot && mount /dev/vdb $ROOT/boot &&
		cp -r $ROOT/boot.copy/. $ROOT/boot && rm -r $ROOT/boot.copy
}

# As debian-installer leaves it. No dump needs the data, whose key file is missing, so
# that systemd asks.
configure()
{
	echo "$VOLUME UUID=$(uuid_of /dev/vda) none luks
data UUID=$(uuid_of $DATA) /etc/data.key luks" > $ROOT/etc/crypttab
	mkdir $ROOT/data
	echo "/dev/mapper/vg-root / ext4 errors=remount-ro 0 1
UUID=$(blkid -s UUID -o value /dev/vdb) /boot ext4 defaults 0 2
/dev/mapper/vg-swap none swap sw 0 0
/dev/mapper/data /data ext4 defaults 0 2" > $ROOT/etc/fstab
	[ "$var_crash" != btrfs ] || configure_btrfs
	echo debian > $ROOT/etc/hostname
	for directory in dev proc sys run tmp; do
		mount --bind /$directory $ROOT/$directory
	done
}

configure_btrfs()
{
	for leg in crash1 crash2; do
		echo "$leg UUID=$(uuid_of /dev/mapper/vg-$leg) none luks" >> $ROOT/etc/crypttab
	done
	echo "/dev/mapper/crash1 /var/crash btrfs defaults 0 0" >> $ROOT/etc/fstab
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
	[ -z "$omit" ] || echo "omit_dracutmodules+=\" $omit \"" > $ROOT/etc/dracut.conf.d/omit.conf
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

install_ours()
{
	need "devices have their names" name_devices
	need "our packages are installed" install_packages
}

install()
{
	need "the volume is opened" unlock open /dev/vda $VOLUME
	need "LVM is put on it" make_volumes
	need "there is another volume" make_data
	[ "$var_crash" != btrfs ] || need "dumps go to a btrfs on two more" make_btrfs
	if [ -n "$PREPARED" ]; then
		need "the system with our packages is copied" copy
	else
		need "the system is unpacked" unpack
	fi
	need "kdump is set up" setup_kdump
	need "the rest is" configure
	need "the scenario is put into it" install_scenario
	[ -n "$PREPARED" ] || install_ours
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
	need "the image has the others" wait_for_file $KEYS/crash/carried $(($(wc -l < /etc/crypttab) - 1))
	check "none that a dump needs is missing" kexec-keys check
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

dump_is_there()
{
	unset DM_DISABLE_UDEV
	dump=$(dumps)
	differ "there is a dump" "" "$dump"
	fact "dump of $(stat -c %s $dump) bytes"
	# kdump-tools saves it flattened.
	check "it can be put together" sh -c "makedumpfile -R /var/tmp/whole < $dump"
	check "it can be read" makedumpfile --dump-dmesg /var/tmp/whole /var/tmp/dmesg
	check "it has the panic" grep -q "sysrq triggered crash" /var/tmp/dmesg
	rm /var/tmp/whole
}

# The capture kernel then comes to an end.
panic_without_a_key()
{
	need "the key is taken back" kexec-keys untag --all
	need "the image follows" wait_for_file $KEYS/crash/carried 0
	panic_now
}

keyless()
{
	dump_is_there
	journalctl -b -u kexec-keys.service -o cat > "$OUT"
	says "the journal says what another would end in" "If this machine panics now, its dump can be saved"
	panic_without_a_key
}

# The dump is on what is mounted there, not below it.
on_btrfs()
{
	dump_is_there
	equal "it is on the btrfs" btrfs "$(findmnt -n -o FSTYPE -T "$dump")"
	equal "which has both volumes" 2 "$(find /sys/fs/btrfs -path '*/devices/*' | wc -l)"
}

# kdumpctl calls dracut so.
make_kdumpbase()
{
	cp -r /guest/kdumpbase /usr/lib/dracut/modules.d/99kdumpbase &&
		IN_KDUMP=1 dracut --force --hostonly --hostonly-cmdline --hostonly-mode strict --no-hostonly-default-device \
			--mount "/dev/mapper/vg-root /kdumproot ext4 defaults" --add kdumpbase /var/tmp/kdump.img
}

# So does kdumpctl: what root= names would be mounted as well, and read-only.
load_kdumpbase()
{
	kexec -s -p --initrd=/var/tmp/kdump.img \
		--append="$(sed 's/\(crashkernel\|root\)=[^ ]*//g' /proc/cmdline) irqpoll nr_cpus=1 reset_devices" /boot/vmlinuz-*
}

kdumpbase()
{
	unset DM_DISABLE_UDEV
	need "kdump's initramfs is made" make_kdumpbase
	need "the crash kernel is loaded" load_kdumpbase
	check "a panic would find the keys" kexec-keys status --wait
	panic_now
}

kdumpbase_keyless()
{
	dump_is_there
	need "the crash kernel is loaded" load_kdumpbase
	panic_without_a_key
}

last()
{
	unset DM_DISABLE_UDEV
	equal "there is no other dump" 1 "$(dumps | wc -l)"
	leave_by kexec "kexec-keys reboots" kexec-keys reboot --append "$(sed 's/phase=last/phase=next/' /proc/cmdline)"
}

# Stands in for the testbed, which keeps the mark over the reboot.
autopkgtest()
{
	unset DM_DISABLE_UDEV
	mark=$(cat /var/tmp/mark)
	# shellcheck disable=SC2016 # for the other shell
	printf '#!/bin/sh\necho "$1" > /var/tmp/mark\n' > /tmp/autopkgtest-reboot-prepare
	chmod +x /tmp/autopkgtest-reboot-prepare
	if [ -z "$mark" ]; then
		leave_by kexec "the test's first part reboots" env AUTOPKGTEST_REBOOT_MARK= /guest/autopkgtest
	fi
	check "the test with the mark '$mark'" env AUTOPKGTEST_REBOOT_MARK="$mark" /guest/autopkgtest
	note_output
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
