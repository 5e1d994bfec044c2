# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The rehearsal of a panic: everything that would cost the dump is provoked, found,
# mended by what was advised, and found no more.
#
# disk: luks2-pbkdf2
# size: 48
# phases: first

IMAGE=/tmp/capture.img
STAGE=/tmp/stage
CHEAP="--pbkdf pbkdf2 --pbkdf-force-iterations 1000"

rehearse() { kexec-keys check --initramfs "$IMAGE" "$@"; }

# finds WHAT STATUS PATTERN: the rehearsal ends so, and has a line like this
finds()
{
	refused "$1" "$2" rehearse
	says "$1: it says so, and what mends it" "$3"
}

# The same, and nothing else: what was wrong before is mended.
finds_only()
{
	finds "$@"
	says "$1: and nothing else" ": 1 finding"
}

finds_nothing()
{
	check "$1: a panic would end well" rehearse
	says "$1: it says so" "dump can be saved: [0-9]+ volumes? opens?, verified"
}

make_image()
{
	(cd $STAGE && find . | cpio -o -H newc 2> /dev/null | gzip -1) > "$IMAGE"
}

# A file in the image that is there by its name only.
put()
{
	mkdir -p "$STAGE/$(dirname "$1")"
	echo "${2:-x}" > "$STAGE/$1"
	make_image
}

take() { rm -rf "${STAGE:?}/$1" && make_image; }

distribution() { echo "ID=$1" > /etc/os-release; }

images()
{
	distribution debian
	finds "no image" 12 "No crash kernel is loaded.*; next: kdump-config load$"
	distribution fedora
	finds "no image on Fedora" 12 "; next: kdumpctl start$"
	need "an image is loaded by kexec_load(2)" load_crash -c
	finds "kexec_load(2) on Fedora" 13 "; next: sed -i .*KEXEC_ARGS.*/etc/sysconfig/kdump && kdumpctl reload$"
	distribution debian
	finds "kexec_load(2)" 13 "; next: echo 'KDUMP_KEXEC_ARGS=\"-s\"' >> /etc/default/kdump-tools && kdump-config reload$"
	need "it is unloaded" unload_crash -c
	need "an image is loaded by kexec_file_load(2)" load_crash
	need "the parameter is off" sh -c "echo N > /sys/module/kexec_keys/parameters/crash"
	finds "the parameter" 11 "switched off.*; next: echo Y > /sys/module/kexec_keys/parameters/crash$"
	need "the parameter is on" sh -c "echo Y > /sys/module/kexec_keys/parameters/crash"
}

keys()
{
	finds_only "no key" 15 "no key of a LUKS volume is designated.*; next: kexec-keys tag --all$"
	need "the volume is tagged" tag --all
	finds_nothing "a tagged volume"

	refused "json" 0 rehearse --json
	says "json: the verdict" '"verdict":"good"'
	says "json: what was looked at" "\"initramfs\":\"$IMAGE\""
	need "the key is taken back" kexec-keys untag --all
	refused "json of a finding" 15 rehearse --json
	says "json of a finding: its word" '"id":"no-key"'
	says "json of a finding: the command" '"command":"kexec-keys tag --all"'
	need "the volume is tagged again" tag "$NAME"
}

copies()
{
	need "the image has the key" wait_for_state synced
	ask corrupt digest
	finds_only "a damaged copy" 14 "does not verify.*; next: kdump-config reload$"
	need "the image is loaded anew" load_crash
	finds_nothing "a new copy"
	for i in $(seq 40); do
		head -c 30000 /dev/zero | keyctl padd logon "large:$i" "$(ring)" > /dev/null
	done
	need "the image cannot hold them all" wait_for_state stale
	finds "more than fits" 14 "holds [0-9]* of 41 designated keys.*; next: kexec-keys list$"
	for i in $(seq 40); do
		keyctl unlink "0x$(serial_of "large:$i")" "$(ring)"
	done
	need "the image has them all" wait_for_state synced
	finds_nothing "what fits"
}

# An entry of a crypttab: the other volume.
other() { echo "data UUID=$(uuid_of /dev/vdb) none luks"; }

other_volume()
{
	# shellcheck disable=SC2086 # several words
	need "another volume is made" unlock luksFormat --batch-mode $CHEAP /dev/vdb
	need "it is opened" unlock open /dev/vdb data
	finds_nothing "a volume that the capture kernel does not open"

	mkdir -p /etc/kexec-keys
	other > /etc/kexec-keys/volumes
	finds_only "a volume that was promised a key" 15 "no key is designated for data .*; next: kexec-keys tag data$"
	need "it is tagged" tag data
	finds_nothing "both volumes"
	need "it is untagged" kexec-keys untag data
	sed -i 's/UUID=\([^ ]*\)/UUID="\1"/' /etc/kexec-keys/volumes
	finds_only "a promised key, the UUID in quotes" 15 "no key is designated for data "
	need "the other volume is suspended" cryptsetup luksSuspend data
	finds_only "a suspended volume without a key" 15 "no key is designated for data "
	need "the other volume is resumed" unlock luksResume data
	rm /etc/kexec-keys/volumes

	put cryptroot/crypttab "$(other)"
	finds_only "a volume of the initramfs's crypttab" 15 "capture kernel would ask for the passphrase of data .*; next: kexec-keys tag data$"
	need "it is tagged" tag data
	finds_nothing "both volumes, by the crypttab"
	need "it is untagged" kexec-keys untag data
	put cryptroot/crypttab "$(other | sed 's/none/\/key/')"
	finds_nothing "a volume with a key file"
	take cryptroot
	put etc/kexec-keys/volumes "$(other)"
	finds_only "a volume that dracut's image has by its name" 15 "capture kernel would ask for the passphrase of data "
	mv /usr/bin/unmkinitramfs /tmp
	# lsinitramfs, too, calls it.
	# shellcheck disable=SC2016 # for the other shell
	printf '#!/bin/sh\n[ "$1" = --list ] && exec /tmp/unmkinitramfs "$@"\nexit 1\n' > /usr/bin/unmkinitramfs
	chmod +x /usr/bin/unmkinitramfs
	check "the image cannot be unpacked" rehearse
	says "the image cannot be unpacked: it says so" "^Note: which volumes $IMAGE opens could not be read in it"
	mv /tmp/unmkinitramfs /usr/bin
	take etc/kexec-keys

	# Debian's capture kernel boots the real root.
	other > /etc/crypttab
	finds_nothing "a volume of the system's crypttab"
	mkdir -p /var/lib/kdump /etc/default
	mv $IMAGE /var/lib/kdump/initrd.img
	check "a volume of Debian's capture system that the dump does not need" kexec-keys check
	mkdir -p /crash
	need "it has a file system" mke2fs -q -t ext4 /dev/mapper/data
	need "which is mounted" mount /dev/mapper/data /crash
	printf '#KDUMP_COREDIR="/var/crash"\nKDUMP_COREDIR="/crash/dumps"\n' > /etc/default/kdump-tools
	refused "one that dumps go to" 15 kexec-keys check
	says "one that dumps go to: it says so" "passphrase of data "
	mkdir /etc/cryptsetup-keys.d
	echo key > /etc/cryptsetup-keys.d/data.key
	check "but by a key file that has its place" kexec-keys check
	rm -r /etc/cryptsetup-keys.d
	refused "one that dumps go to, again" 15 kexec-keys check
	echo 'SSH="root@elsewhere"' >> /etc/default/kdump-tools
	check "dumps go to another machine" kexec-keys check
	sed -i /SSH/d /etc/default/kdump-tools
	refused "one that dumps go to, once more" 15 kexec-keys check
	echo 'KDUMP_CMDLINE_APPEND="luks.crypttab=no"' >> /etc/default/kdump-tools
	check "unless that system is told not to" kexec-keys check
	says "it says where it looked" "The initramfs is /var/lib/kdump/initrd.img "
	mv /var/lib/kdump/initrd.img $IMAGE
	umount /crash
	rm -r /etc/crypttab /etc/default /var/lib/kdump
	need "the other volume is closed" cryptsetup close data
}

headers()
{
	need "it is suspended" cryptsetup luksSuspend "$NAME"
	finds_only "a suspended volume" 21 "$NAME is suspended.*; next: kexec-keys untag $NAME$"
	need "it is resumed" unlock luksResume "$NAME"
	finds_nothing "a volume that was resumed"

	umount /mnt
	need "the volume is closed" cryptsetup close "$NAME"
	finds_nothing "a volume that is not open"
	# shellcheck disable=SC2086 # several words
	need "a re-encryption is begun" unlock reencrypt --batch-mode $CHEAP --init-only /dev/vda
	finds_only "a re-encryption" 17 "being re-encrypted; next: cryptsetup reencrypt --resume-only /dev/vda && kexec-keys tag UUID="
	need "it is finished as advised" unlock reencrypt --batch-mode --resume-only /dev/vda
	finds_only "a key of before it" 16 "does not match the header.*; next: kexec-keys tag UUID=$(uuid_of /dev/vda)$"
	need "it is tagged again" tag UUID="$(uuid_of /dev/vda)"
	finds_nothing "the present key"

	stale=$(uuid_of /dev/vdb)
	tag /dev/vdb
	dd if=/dev/zero of=/dev/vdb bs=1M count=16 conv=fsync 2> /dev/null
	finds_only "a key without its volume" 4 "no device carries it; next: kexec-keys untag UUID=$stale$"
	need "it is untagged" kexec-keys untag UUID="$stale"
}

# lacks WHAT FILE: this file of the image makes the difference
lacks()
{
	finds_only "an initramfs without $1" 19 "lacks .*$1.*; next: echo (crypto-)?$1 >> /etc/initramfs-tools/modules && update-initramfs -u -k $PATTERN && kdump-config reload$"
	put "usr/lib/modules/$RELEASE/kernel/$2"
	finds_nothing "an initramfs with $1"
}

initramfs()
{
	take usr/sbin/kexec-keys
	finds_only "an initramfs without the shim" 19 "has no kexec-keys in it.*; next: update-initramfs -u -k $PATTERN && kdump-config reload$"
	distribution fedora
	mv $IMAGE /tmp/initramfs-kdump.img
	refused "on Fedora" 19 kexec-keys check --initramfs /tmp/initramfs-kdump.img
	says "on Fedora: it says what mends it" "; next: kdumpctl rebuild && kdumpctl reload$"
	distribution debian
	put usr/sbin/kexec-keys

	# A kernel like this one, with one thing after the other as a module.
	modules=/lib/modules/$RELEASE
	mkdir -p "$modules"
	all="drivers/md/dm-crypt crypto/algif_hash crypto/aes_generic crypto/xts crypto/hmac crypto/sha256_generic"
	for module in $all; do
		echo "kernel/$module.ko"
	done > "$modules/modules.builtin"
	finds_nothing "all is built in"
	grep -v dm-crypt "$modules/modules.builtin" > /tmp/builtin
	cp /tmp/builtin "$modules/modules.builtin"
	lacks dm_crypt drivers/md/dm-crypt.ko.xz
	grep -v algif_hash "$modules/modules.builtin" > /tmp/builtin
	cp /tmp/builtin "$modules/modules.builtin"
	lacks algif_hash crypto/algif_hash.ko
	grep -v -e aes_generic "$modules/modules.builtin" > /tmp/builtin
	cp /tmp/builtin "$modules/modules.builtin"
	echo "alias crypto-aes aesni_intel" > "$modules/modules.alias"
	lacks aes arch/x86/crypto/aesni-intel.ko.zst
	rm -r /lib/modules
	take usr/lib

	truncate -s 150M $STAGE/large
	make_image
	finds_only "too little memory" 20 "128 MiB are reserved .*; next: sed -i .*crashkernel=320M.* && update-grub && reboot$"
	take large
	finds_nothing "enough memory"

	echo "no archive" > /tmp/broken
	refused "what is no initramfs" 19 kexec-keys check --initramfs /tmp/broken
	mv /usr/bin/lsinitramfs /tmp
	check "nothing that lists it" rehearse
	says "nothing that lists it: it says so" "^Note: .* was not looked into"
	mv /tmp/lsinitramfs /usr/bin
	check "no initramfs" kexec-keys check
	says "no initramfs: it says so" "^Note: no initramfs was looked into"
	check "nothing is left over" sh -c "! ls -d /tmp/kexec-keys-*"
}

# would_wait WHAT WORDS: no dump is at stake, but somebody's time
would_wait()
{
	finds_nothing "$1"
	says "$1: it says that it would wait" "^- should its initramfs fail, .* lacks $2; next: .*$2.* && kdump-config reload$"
	advice=$(sed -n 's/^- should its initramfs fail, .*; next: \(.*\) && kdump-config reload$/\1/p' "$OUT")
	need "$1: the advice is taken" sh -c "$advice"
	finds_nothing "$1, mended"
	equal "$1: it would wait no more" "" "$(grep "^- " "$OUT")"
}

# What kdump-config would take from its settings. systemd has read them before, and hands
# them over as they stand.
appended()
{
	# shellcheck disable=SC2034 # the file may take it up
	KDUMP_CMDLINE_APPEND=$(sed -n 's/^KDUMP_CMDLINE_APPEND="\(.*\)"/\1/p' /etc/default/kdump-tools | tail -n 1)
	# shellcheck source=/dev/null
	(. /etc/default/kdump-tools && echo "$KDUMP_CMDLINE_APPEND")
}

failure()
{
	finds_nothing "a command line with panic="
	equal "a command line with panic=: it would not wait" "" "$(grep "^- " "$OUT")"
	sed 's/panic=[^ ]*//' /proc/cmdline > /tmp/cmdline
	need "there is no panic= on it" mount --bind /tmp/cmdline /proc/cmdline
	mkdir -p /etc/default
	: > /etc/default/kdump-tools

	would_wait "an initramfs of initramfs-tools" "panic=10"
	equal "what kdump-config has by itself stays" \
		"reset_devices systemd.unit=kdump-tools-dump.service nr_cpus=1 irqpoll usbcore.nousb panic=10" "$(appended)"
	put usr/lib/dracut/dracut-106
	refused "json of an initramfs of dracut" 0 rehearse --json
	says "json of it: the verdict" '"verdict":"good"'
	says "json of it: its word" '"id":"would-wait"'
	would_wait "an initramfs of dracut" "rd.shell=0 rd.emergency=reboot"
	equal "what was there stays" "panic=10 rd.shell=0 rd.emergency=reboot" "$(appended | sed 's/.*nousb //')"

	rm /etc/default/kdump-tools
	distribution fedora
	finds_nothing "an initramfs of Fedora"
	equal "whose kdump has an action for failures" "" "$(grep "^- " "$OUT")"
	distribution debian
	take usr/lib
	need "the command line is as it was" umount /proc/cmdline
}

# QEMU has no SME: what the kernel would say of one lies over its state files.
memory_encryption()
{
	cp -r $KEYS /tmp/state 2> /dev/null
	echo disabled > /tmp/state/crash/state
	echo sme > /tmp/state/crash/reason
	need "other state files are seen" mount --bind /tmp/state $KEYS
	finds_only "memory encryption" 18 "Memory encryption.*; next: .*mem_encrypt=off"
	refused "status says so, too" 18 kexec-keys status
	need "the kernel's own are seen again" umount $KEYS
	finds_nothing "no memory encryption"
}

first()
{
	RELEASE=$(uname -r)
	PATTERN=$(echo "$RELEASE" | sed 's/[.+]/\\&/g')
	mkdir -p $STAGE
	put etc/fstab
	put usr/sbin/kexec-keys
	prepare_volume
	images
	keys
	copies
	other_volume
	headers
	initramfs
	failure
	memory_encryption
}
