# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# tag --crypttab: systemd designates the key of each volume that it opens. The entry
# goes through its generator and its unit, which here waits for no device, for there
# is no udev.
#
# disk: luks2-pbkdf2
# size: 64
# init: systemd
# phases: first

UNIT=/run/systemd/system/open.service

# What systemd makes of the crypttab.
make_unit()
{
	rm -rf /tmp/units && mkdir -p /tmp/units "${UNIT%/*}" &&
		/usr/lib/systemd/system-generators/systemd-cryptsetup-generator /tmp/units /tmp/units /tmp/units &&
		sed -n '/^\[Service\]/,$p' "/tmp/units/systemd-cryptsetup@$NAME.service" > $UNIT &&
		systemctl daemon-reload
}

stop_unit() { systemctl stop "${UNIT##*/}"; }

# opened_by_systemd WHAT: the volume, as the crypttab says
opened_by_systemd()
{
	need "$1: systemd makes a unit of the entry" make_unit
	need "$1: and opens the volume" systemctl start "${UNIT##*/}"
	check "$1: it is open" cryptsetup status "$NAME"
}

designated()
{
	opened_by_systemd "$1"
	equal "$1: its key is designated" "$2" "$(kexec-keys list --json | sed -n 's/.*"description":"\(.*\)".*/\1/p')"
	check "$1: and proves right" kexec-keys open --test /dev/vda
	need "$1: it is closed" stop_unit
}

reencrypt()
{
	unlock reencrypt --batch-mode --pbkdf pbkdf2 --pbkdf-force-iterations 1000 /dev/vda
}

# fails_on WHAT PATTERN MOUNT-OPTION…: a crypttab that is elsewhere, and cannot be replaced
fails_on()
{
	what=$1 pattern=$2
	shift 2
	mkdir -p /tmp/small
	need "$what" mount -t tmpfs -o size=12k small /tmp/small
	cp /tmp/before /tmp/small/crypttab
	need "$what" "$@"
	ln -sf /tmp/small/crypttab /etc/crypttab
	refused "$what: it is refused" 2 kexec-keys tag --crypttab
	says "$what: it says so" "cannot replace /tmp/small/crypttab, which is as it was: $pattern"
	check "$what: it is as it was" cmp /tmp/before /etc/crypttab
	rm -f /tmp/small/filler
	equal "$what: nothing else is there" crypttab "$(ls /tmp/small)"
	umount /tmp/small
	rm /etc/crypttab
}

first()
{
	mkdir -p /tmp/none /dev/disk/by-uuid
	ln -s /dev/vda "/dev/disk/by-uuid/$(uuid_of /dev/vda)"
	get_passphrase
	printf %s "$PASSPHRASE" > /run/key
	chmod 600 /run/key
	echo ID=debian > /etc/os-release
	touch "/boot/initrd.img-$(uname -r)"
	printf '# <name> <device> <key> <options>\n\n%s\tUUID=%s  /run/key  luks,discard\ncdrom /dev/vdz none luks,noauto' \
		"$NAME" "$(uuid_of /dev/vda)" > /etc/crypttab
	cp /etc/crypttab /tmp/before

	opened_by_systemd "as it was"
	need "as it was: it is closed" stop_unit
	equal "as it was: nothing is designated" "" "$(keyctl rlist "$(ring)")"

	need "a kernel without the feature" mount --bind /tmp/none $KEYS
	refused "it is one" 10 kexec-keys tag /dev/vda
	check "its crypttab is prepared" kexec-keys tag --crypttab
	says "it says what is designated" "^$NAME: systemd will designate its key, $(key_name)\.$"
	says "it says what is left out" "^Left out: .*/dev/vdz"
	says "it says where the file as it was is" "^The file as it was is /etc/crypttab.kexec-keys.bak\.$"
	says "it says what next" "^Next: update-initramfs -u -k $(uname -r | sed 's/[.+]/\\&/g'), "
	check "the file as it was" cmp /tmp/before /etc/crypttab.kexec-keys.bak
	need "the kernel with the feature" umount $KEYS

	designated "the option" "$(key_name)"
	designated "with the key there already" "$(key_name)"
	need "the volume is re-encrypted" reencrypt
	check "the option is made anew" kexec-keys tag --crypttab /dev/vda
	says "it says so" "^$NAME: now $(key_name 1)\.$"
	kexec-keys untag --all > /dev/null
	designated "the option after a re-encryption" "$(key_name 1)"
	kexec-keys untag --all > /dev/null

	sed -i 's/:\.kexec:/:.absent:/' /etc/crypttab
	opened_by_systemd "where there is no such ring"
	need "where there is no such ring: it is closed" stop_unit
	sed -i 's/:\.absent:/:.kexec:/' /etc/crypttab
	check "the option is taken back" kexec-keys untag --crypttab UUID="$(uuid_of /dev/vda)"
	check "the file is as it was" cmp /tmp/before /etc/crypttab
	opened_by_systemd "without the option"
	equal "without the option: nothing is designated" "" "$(keyctl rlist "$(ring)")"
	check "an open volume, by its mapping" kexec-keys tag --crypttab "/dev/mapper/$NAME"
	check "and once more, by its name" kexec-keys tag --crypttab "$NAME"
	says "nothing is changed" "^Nothing is to be changed in /etc/crypttab\.$"
	refused "one that is not there" 4 kexec-keys tag --crypttab other

	rm /etc/crypttab /etc/crypttab.kexec-keys.bak
	fails_on "a read-only file system" "Read-only file system" mount -o remount,ro /tmp/small
	fails_on "a full disk" "No space left on device" fails_to cp /usr/bin/busybox /tmp/small/filler
	refused "no crypttab" 4 kexec-keys tag --crypttab
}
