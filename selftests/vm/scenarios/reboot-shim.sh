# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# "kexec-keys reboot", typed instead of reboot: what it refuses, that it puts
# everything back when it does not come to a reboot, and an unattended one, after
# which an ordinary kexec carries nothing again.
#
# disk: luks2-pbkdf2
# mem: 1024
# phases: first next again

# reboots INITRAMFS [OPTION…]: this kernel with other words on its command line
reboots()
{
	image=$1
	shift
	kexec-keys reboot --kernel /boot/kernel --initrd "$image" \
		--append "$CAPTURE_APPEND phase=next" "$@"
}

# For what is not to come to a reboot, an initramfs of one file will do.
SMALL=/tmp/small.img
small_image() { echo "${1#/}" | (cd / && cpio -o -H newc 2> /dev/null); }

loaded() { cat /sys/kernel/kexec_loaded; }

as_before()
{
	equal "$1: the parameter is as it was" "${2:-N}" "$(cat $PARAMETER)"
	equal "$1: no image is loaded" 0 "$(loaded)"
}

# The next system, in which there is all of this one.
whole_image() { find / -xdev ! -path '/tmp/*' ! -path '/mnt/*' | cpio -o -H newc 2> /dev/null; }

crypttab() { echo "$NAME UUID=$(uuid_of /dev/vda) none luks" > /etc/crypttab; }

refusals()
{
	refused "a volume of crypttab without a key" 15 reboots $SMALL --test
	says "it says so" "next kernel would ask for the passphrase of $NAME .*; next: kexec-keys tag $NAME$"
	as_before "without a key"
	need "a key with the right name and wrong bytes is there" \
		keyctl add logon "$(key_name)" "$(printf %064d 7)" "$(ring)"
	refused "a key that is not the volume's" 16 reboots $SMALL --test
	as_before "with a wrong key"
	need "the volume is tagged" tag "$NAME"

	small_image /etc/crypttab > /tmp/without.img
	refused "an initramfs without the shim" 19 reboots /tmp/without.img --test
	says "it says so" "without.img has no kexec-keys in it"
	as_before "without the shim"
	refused "no kernel where it should be" 1 kexec-keys reboot --test
	says "it says which" "/boot/vmlinuz-.*name the kernel with --kernel"

	echo "no kernel" > /tmp/broken
	refused "a kernel that cannot be loaded" 12 reboots $SMALL --kernel /tmp/broken
	says "it says so" "kexec cannot load /tmp/broken"
	as_before "a kernel that cannot be loaded"

	need "another image is loaded" kexec -l -s /boot/kernel --append=other
	refused "another image" 5 reboots $SMALL --test
	equal "it stays" 1 "$(loaded)"
	need "it is unloaded" kexec -u -s
}

too_many_keys()
{
	keyctl add logon "$(head -c 300 /dev/zero | tr '\0' x):y" payload "$(ring)" > /dev/null
	refused "a key that cannot be carried" 14 reboots $SMALL --test
	says "it says so" "1 of 2 keys would not be carried over"
	as_before "a key that cannot be carried"
	kexec-keys untag --all
	need "the volume is tagged again" tag "$NAME"
}

# The volume with the root file system must open, whatever crypttab says; here it
# lies on another mapping, as a logical volume would, and root is what a chroot has.
root_volume()
{
	mv /etc/crypttab /tmp
	kexec-keys untag --all
	umount /mnt
	size=$(blockdev --getsz "/dev/mapper/$NAME")
	need "the volume is under another one" \
		dmsetup create top --table "0 $size linear /dev/mapper/$NAME 0"
	need "that is mounted" mount /dev/mapper/top /mnt
	for place in proc sys dev tmp usr boot; do
		mkdir -p "/mnt/$place"
		mount --bind "/$place" "/mnt/$place"
	done
	for place in bin sbin lib lib64; do
		ln -s "usr/$place" "/mnt/$place"
	done
	refused "the volume under root, without a key" 15 chroot /mnt \
		/usr/sbin/kexec-keys reboot --kernel /boot/kernel --initrd $SMALL --append x --test
	says "the volume under root: it says so" "ask for the passphrase of $NAME "
	for place in proc sys dev tmp usr boot; do
		umount "/mnt/$place"
	done
	check "where it is not under root, nobody asks for it" reboots $SMALL --test
	umount /mnt
	need "the upper one is gone" dmsetup remove top
	mv /tmp/crypttab /etc
	need "the volume is mounted" mount_volume
	need "the volume is tagged once more" tag "$NAME"
}

# A kexec that loads, and does not jump.
hand_overs()
{
	mv /usr/sbin/kexec /tmp/kexec
	# shellcheck disable=SC2016 # expanded by the script that this writes
	printf '#!/bin/sh\n[ "$1" != -e ] || exit 1\nexec /tmp/kexec "$@"\n' > /usr/sbin/kexec
	chmod 755 /usr/sbin/kexec
	refused "a kexec that does not jump" 5 reboots $SMALL
	says "it says so" "kexec -e did not reboot"
	as_before "a kexec that does not jump"

	mkdir -p /run/systemd/system
	printf '#!/bin/sh\necho "$@" > /tmp/asked\nexit 1\n' > /usr/bin/systemctl
	chmod 755 /usr/bin/systemctl
	refused "a systemctl that refuses" 5 reboots $SMALL
	equal "it was asked for a kexec" kexec "$(cat /tmp/asked)"
	as_before "a systemctl that refuses"
	sed -i 's/exit 1/exit 0/' /usr/bin/systemctl
	check "a systemctl that shuts down" reboots $SMALL
	equal "meanwhile the image carries the key" "armed 1" \
		"$(cat $KEYS/reboot/state) $(cat $KEYS/reboot/carried)"
	mv /tmp/kexec /usr/sbin/kexec
	rm -r /run/systemd /usr/bin/systemctl
	kexec -u -s
	turn_off
}

# In place of kexec, one that waits: what a signal finds half-way.
signalled()
{
	mv /usr/sbin/kexec /tmp/kexec
	# shellcheck disable=SC2016 # expanded by the script that this writes
	printf '#!/bin/sh\n/tmp/kexec "$@"\nstatus=$?\ntouch /tmp/called\nsleep 2\nexit $status\n' > /usr/sbin/kexec
	chmod 755 /usr/sbin/kexec
	kexec-keys reboot --kernel /boot/kernel --initrd $SMALL --append "$CAPTURE_APPEND" \
		> "$OUT" 2>&1 < /dev/null &
	pid=$!
	tries=0
	while [ ! -e /tmp/called ] && [ "$tries" -lt 1000 ]; do
		usleep 50000
		tries=$((tries + 1))
	done
	equal "half-way: the image is loaded" 1 "$(loaded)"
	kill -"$1" "$pid"
	wait "$pid"
	equal "SIG$1: it ends so" 1 $?
	says "SIG$1: it says so" "interrupted: not rebooting"
	mv /tmp/kexec /usr/sbin/kexec
	rm -f /tmp/called
	as_before "SIG$1"
}

trial()
{
	need "a trial" reboots $SMALL --test
	says "a trial: it says what would be carried" "next kernel will have 1 key\."
	as_before "a trial"
	need "the parameter is on" turn_on
	need "another trial" reboots $SMALL --test
	as_before "another trial" Y
	need "the parameter is off" turn_off
}

first()
{
	prepare_volume
	crypttab
	small_image /usr/sbin/kexec-keys > $SMALL
	refusals
	too_many_keys
	signalled TERM
	signalled INT
	trial
	hand_overs
	root_volume
	umount /mnt
	whole_image > /tmp/whole.img
	sync
	leave_by kexec "kexec-keys reboots" reboots /tmp/whole.img
}

next()
{
	equal "the key came by an ordinary kexec" "reboot ok 1" \
		"$(cat $KEYS/adopted/source) $(cat $KEYS/adopted/status) $(cat $KEYS/adopted/count)"
	need "the volume opens with nobody asked" kexec-keys open --name "$NAME" /dev/vda
	need "it is mounted" mount_volume
	check "the file of the first kernel is intact" marker_is_intact
	umount /mnt
	equal "carrying over is off again" N "$(cat $PARAMETER)"
	need "the next kernel is loaded, by hand" load_next again
	equal "it is to carry nothing" "disabled parameter" \
		"$(cat $KEYS/reboot/state) $(cat $KEYS/reboot/reason)"
	refused "status in JSON" 12 kexec-keys status --json
	says "it says so of the reboot image" '"reason":"parameter"'
	kexec_now
}

again()
{
	equal "nothing came this time" "empty 0" "$(cat $KEYS/adopted/status) $(cat $KEYS/adopted/count)"
	refused "the volume does not open" 15 kexec-keys open --name "$NAME" /dev/vda
}
