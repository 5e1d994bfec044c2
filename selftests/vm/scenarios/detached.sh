# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A volume whose header is detached: on a disk of its own, then in the initramfs of
# the capture kernel. All verbs find it by --header, or by the tables of volumes.
#
# disk: luks2-pbkdf2
# size: 64
# crashkernel: 192M
# phases: first capture

VOLUMES=/etc/kexec-keys/volumes

# Only then is the volume known by more than its device.
table() { mkdir -p /etc/kexec-keys && echo "$NAME /dev/vda none luks,header=$1" > $VOLUMES; }

detach()
{
	dd if=/dev/vda of=/dev/vdb bs=1M count=16 conv=fsync 2> /dev/null &&
		dd if=/dev/zero of=/dev/vda bs=1M count=16 conv=fsync 2> /dev/null
}

# has_key WHAT and has_no_key WHAT: of the volume
has_key() { differ "$1" "" "$(member "$KEY")"; }
has_no_key() { equal "$1" "" "$(member "$KEY")"; }

# tags HOW ARGUMENT…: that does, and untag does the opposite
tags()
{
	how=$1
	shift
	need "tag: $how" tag "$@"
	has_key "tag: $how: it has"
	need "untag: $how" kexec-keys untag "$@"
	has_no_key "untag: $how: it has"
}

# opens HOW ARGUMENT…: it is closed before and afterwards
opens()
{
	how=$1
	shift
	need "open: $how" kexec-keys open "$@"
	check "open: $how: it is the volume" mount_volume
	check "open: $how: with its file" marker_is_intact
	umount /mnt
	need "open: $how: it is closed" cryptsetup close "$NAME"
}

by_option()
{
	refused "a header that nobody told of" 4 tag "$NAME"
	says "it says so" "/dev/vda has no usable LUKS header"
	need "another volume's header" unlock luksFormat --batch-mode --pbkdf pbkdf2 \
		--pbkdf-force-iterations 1000 --header /tmp/other /dev/vda
	refused "another volume's header" 4 tag --header /tmp/other "$NAME"
	says "it says so" "header of $NAME has the UUID .*, not $UUID"
	tags "its name, --header" --header /dev/vdb "$NAME"
	tags "its device, --header" --header /dev/vdb /dev/vda
	need "it is tagged" tag --header /dev/vdb "$NAME"
	check "list" sh -c "kexec-keys list | grep -q ' $NAME .*$KEY$'"
	umount /mnt
	need "it is closed" cryptsetup close "$NAME"
	need "a test with --header" kexec-keys open --test --header /dev/vdb /dev/vda
	opens "its device, --header" --header /dev/vdb --name "$NAME" /dev/vda
	need "untag, closed, --header" kexec-keys untag --header /dev/vdb /dev/vda
	has_no_key "untag, closed, --header: it has"
}

by_table()
{
	table /dev/vdb
	tags "its device, by the table" /dev/vda
	tags "its UUID, by the table" UUID="$UUID"
	need "it is tagged" tag /dev/vda
	refused "the header in place of the volume" 4 kexec-keys open /dev/vdb
	says "it says so" "/dev/vdb has the header of a volume, but not the volume"
	opens "by the table" --all
	opens "its UUID, by the table" UUID="$UUID"
	opens "its name, by the table" --boot --name="$NAME"
	mv $VOLUMES /etc/crypttab
	opens "by crypttab" --all
	mv /etc/crypttab $VOLUMES

	need "a crash image is loaded" load_crash
	check "check, closed" kexec-keys check
	says "it has verified it" "dump can be saved: 1 volume opens, verified"
	need "it is open" unlock open --header /dev/vdb /dev/vda "$NAME"
	check "check, open" kexec-keys check
	tags "its name, by the table" "$NAME"
	finds "check, without a key" 15 "no key is designated for $NAME .*; next: kexec-keys tag $NAME$"
	need "it is closed" cryptsetup close "$NAME"
	need "it is tagged" tag /dev/vda
	sed -i 's/vda/vdz/' $VOLUMES
	refused "a disk that is not there" 4 kexec-keys open --all
	says "it says so" "/dev/vdz, the device of $NAME with a detached header, is not there"
	check "a boot script does not mind" kexec-keys open --boot --all
	equal "and says nothing" "" "$(cat "$OUT")"
	check "nothing is mapped" no_mapping
}

no_mapping() { ! dmsetup ls --target crypt | grep -q "("; }

finds() { refused "$1" "$2" kexec-keys check && says "$1: it says so" "$3"; }

first()
{
	UUID=$(uuid_of /dev/vda) KEY=$(key_name)
	need "the header moves to another disk" detach
	need "the volume opens with it" unlock open --header /dev/vdb /dev/vda "$NAME"
	need "a file system is made on it" make_filesystem
	need "a file is written to it" write_marker
	by_option
	by_table

	dd if=/dev/vdb of=/header bs=1M count=16 2> /dev/null
	table /header
	(cd / && printf 'header\netc/kexec-keys\netc/kexec-keys/volumes\n' | cpio -o -H newc 2> /dev/null | gzip -1) >> /boot/capture.img
	need "it is tagged" tag /dev/vda
	need "a crash image is loaded, with the header in its initramfs" load_crash
	need "the image agrees with the ring" wait_for_state synced
	panic_now
}

capture()
{
	check "a volume that is closed is verified" kexec-keys open --test --all
	says "it says which" "^The key .* opens /dev/vda\.$"
	opens "by a header in the initramfs" --boot --all
	table /dev/vdb
	check_volume_by_its_key
	equal "its name is that of the table" vault "$NAME"
	check "cryptsetup takes the mapping for its own" cryptsetup status "$NAME"
}
