# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# tag --for PATH: the volumes that a path stands on, however many layers down and
# side by side; and paths that stand on none.
#
# disk: luks2-pbkdf2
# size: 640
# kernel: stacks
# phases: first

LAYER=/tmp/layer

# slice NAME MIB: the next part of the second disk, as a logical volume would be
USED=0
slice()
{
	dmsetup create "$1" --table "0 $(($2 * 2048)) linear /dev/vdb $((USED * 2048))" &&
		USED=$((USED + $2))
}

# over NAME DEVICE: all of a device, likewise
over() { dmsetup create "$1" --table "0 $(blockdev --getsz "$2") linear $2 0"; }

# luks NAME DEVICE: formatted and opened; all volumes here have one passphrase
luks()
{
	unlock luksFormat --batch-mode --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \
		--luks2-keyslots-size 512k "$2" && unlock open "$2" "$1"
}

mount_new() { mke2fs -q -t ext4 -O ^has_journal "$1" && mount "$1" $LAYER; }

# What has a mapping, the upper ones first.
close()
{
	for mapping in "$@"; do
		dmsetup remove "$mapping" || fail "$mapping cannot be removed"
	done
}

# The open volumes whose key is designated.
tagged()
{
	kexec-keys list --json | sed -n 's/.*"mapping":"\(.*\)".*/\1/p' | sort | tr '\n' ' '
}

# stands_on WHAT NAMES [PATH]: just these volumes are tagged for it
stands_on()
{
	check "$1" tag --for "${3:-$LAYER}"
	equal "$1: just what it stands on is tagged" "$2 " "$(tagged)"
	kexec-keys untag --all > /dev/null
}

# refused_for WHAT STATUS PATH PATTERN
refused_for()
{
	refused "$1" "$2" tag --for "$3"
	says "$1: it says so" "$4"
	equal "$1: nothing is tagged" "" "$(tagged)"
}

paths()
{
	stands_on "a mounted volume" "$NAME" /mnt
	stands_on "a file on it" "$NAME" /mnt/marker
	stands_on "the mapping itself" "$NAME" "/dev/mapper/$NAME"
	mkdir /mnt/crash
	need "there is a bind mount" mount --bind /mnt/crash $LAYER
	stands_on "a bind mount" "$NAME"
	umount $LAYER

	need "a path that is not there yet" tag --for /mnt/var/crash/
	says "it says who decides" "^/mnt/var/crash/ does not exist yet; /mnt decides\.$"
	equal "the volume is tagged" "$NAME " "$(tagged)"
	check "it is tagged for once more" tag --for /mnt
	says "it says so" "^$NAME is tagged already"
	kexec-keys untag --all > /dev/null
	need "tagged for a minute" tag --timeout 60 --for /mnt
	check "the key has an end" sh -c "kexec-keys list | grep -q '[0-9][sm] .*$NAME'"
	kexec-keys untag --all > /dev/null

	refused "a volume and a path" 1 kexec-keys tag --for /mnt "$NAME"
	ln -s /mnt/nowhere /tmp/dangling
	refused_for "a link to what is not there" 4 /tmp/dangling/crash "symbolic link to what does not exist; "
	refused_for "memory" 4 /tmp/crash "^kexec-keys: /tmp is on tmpfs, .*; name a path on a disk"
	refused_for "what is no file" 4 /dev/null "cannot tell what /dev/null stands on"
	mkdir /tmp/lower /tmp/upper /tmp/work
	need "there is an overlay" mount -t overlay none \
		-o lowerdir=/tmp/lower,upperdir=/tmp/upper,workdir=/tmp/work $LAYER
	refused_for "an overlay" 4 $LAYER "is on overlay, .*; name a path on the file system that is below"
	umount $LAYER
}

logical_volumes()
{
	umount /mnt
	need "a logical volume on LUKS" over lv "/dev/mapper/$NAME"
	mkswap /dev/mapper/lv > /dev/null
	stands_on "swap on a logical volume on LUKS" "$NAME" /dev/mapper/lv
	need "LUKS on that" luks inner /dev/mapper/lv
	need "a file system on it" mount_new /dev/mapper/inner
	stands_on "LUKS on LUKS" "inner $NAME"
	umount $LAYER
	close inner lv

	need "a logical volume" slice part 64
	need "a file system on it" mount_new /dev/mapper/part
	refused_for "no LUKS" 4 $LAYER/crash "no LUKS volume is below $LAYER; "
	umount $LAYER
	need "LUKS on a logical volume" luks outer /dev/mapper/part
	need "a logical volume on that" over top /dev/mapper/outer
	need "a file system on it" mount_new /dev/mapper/top
	stands_on "a logical volume on LUKS on another" outer
	truncate -s 32M $LAYER/file
	need "a loop device on a file" losetup /dev/loop0 $LAYER/file
	stands_on "a loop device" outer /dev/loop0
	losetup -d /dev/loop0
	umount $LAYER
	close top

	need "plain dm-crypt on LUKS" unlock open --type plain --cipher aes-xts-plain64 \
		--key-size 256 --hash sha256 /dev/mapper/outer plain
	refused "plain dm-crypt" 17 tag --for /dev/mapper/plain
	says "it says so" "plain is encrypted, but not with LUKS"
	equal "what is below it is tagged" "outer " "$(tagged)"
	kexec-keys untag --all > /dev/null
	close plain outer part
}

raid1()
{
	mdadm -q --create /dev/md0 --run --level 1 --raid-devices 2 --bitmap none \
		--assume-clean "$@"
}

raid()
{
	need "two disks" slice disk1 64
	need "two disks" slice disk2 64
	need "LUKS on each" luks leg1 /dev/mapper/disk1
	need "LUKS on each" luks leg2 /dev/mapper/disk2
	need "RAID1 on both" raid1 /dev/mapper/leg1 /dev/mapper/leg2
	need "a file system on it" mount_new /dev/md0
	stands_on "RAID1 on two LUKS volumes" "leg1 leg2"
	umount $LAYER
	need "the RAID ends" mdadm -q --stop /dev/md0
	close leg1 leg2

	# Its legs begin as the volume does.
	need "RAID1 without LUKS" raid1 --metadata 1.0 /dev/mapper/disk1 /dev/mapper/disk2
	need "LUKS on RAID1" luks onraid /dev/md0
	need "a file system on it" mount_new /dev/mapper/onraid
	stands_on "LUKS on RAID1" onraid
	umount $LAYER
	close onraid
	uuid=$(uuid_of /dev/md0)
	need "the RAID ends" mdadm -q --stop /dev/md0
	close disk2
	refused "what is left of a RAID is not the volume" 4 tag UUID="$uuid"
	says "it says so" "no device carries the LUKS UUID $uuid"
	close disk1
}

btrfs()
{
	for i in 1 2 3; do
		need "disk $i" slice data$i 128
		need "LUKS on disk $i" luks crypt$i /dev/mapper/data$i
	done
	need "btrfs on the first two" mkfs.btrfs -q -f -d raid1 -m raid1 /dev/mapper/crypt1 /dev/mapper/crypt2
	need "it is mounted" mount /dev/mapper/crypt2 $LAYER
	mkdir $LAYER/crash
	stands_on "btrfs on two LUKS volumes" "crypt1 crypt2" $LAYER/crash
	umount $LAYER
	close crypt1 crypt2 crypt3 data1 data2 data3
}

first()
{
	mkdir $LAYER
	prepare_volume
	paths
	logical_volumes
	raid
	btrfs
}
