# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A Debian 13 to install the package on, with an encrypted volume, two kernels, and an
# initramfs of each for it and for its capture kernel; sourced after tap.sh, never run.

# shellcheck source=scripts/inside.sh
. "$ROOT/scripts/inside.sh"

OLDER=6.12.1-test NEWER=6.12.2-test
machine=$BUILD/machine
# shellcheck disable=SC2154 # it is tap.sh's
trap 'rm -rf "$work" "$machine"' EXIT

stand_in()
{
	cat > "$machine/usr/local/sbin/$1"
	chmod +x "$machine/usr/local/sbin/$1"
}

# /srv/calls has each call. An image that /srv/real names is made in earnest, which takes
# seconds, and one that /srv/broken names is not made.
stand_ins()
{
	stand_in image <<- 'EOF'
	#!/bin/sh
	# image WHERE PROGRAM ARGUMENT…: says the name, then does as the program does
	image=${1%.new} place=$1
	shift
	echo "$image" >> /srv/calls
	if grep -qxF "$image" /srv/broken; then
		rm -f "$place"
		exit 1
	fi
	if grep -qxF "$image" /srv/real; then
		exec "$@"
	fi
	date +%N > "$place"
	EOF
	stand_in mkinitramfs <<- 'EOF'
	#!/bin/sh
	exec image "$(echo "$*" | sed 's/.*-o *\([^ ]*\) .*/\1/')" /usr/sbin/mkinitramfs "$@"
	EOF
	stand_in kdump-config <<- 'EOF'
	#!/bin/sh
	echo "kdump-config $*" >> /srv/calls
	EOF
	: > "$machine/srv/broken"
	: > "$machine/srv/real"
}

# Empty, but for what the generators look at.
kernel()
{
	mkdir -p "$machine/usr/lib/modules/$1" "$machine/var/lib/kdump"
	touch "$machine/boot/vmlinuz-$1" "$machine/usr/lib/modules/$1"/modules.{builtin,builtin.modinfo,order}
	printf '%s\n' CONFIG_BLK_DEV_INITRD=y CONFIG_RD_ZSTD=y > "$machine/boot/config-$1"
	depmod -b "$machine/usr" "$1"
	echo before > "$machine/boot/initrd.img-$1"
	echo before > "$machine/var/lib/kdump/initrd.img-$1"
}

# No block device is needed for a volume that crypttab wants in the initramfs.
new_machine()
{
	rm -rf "$machine"
	mkdir -p "$machine"
	tar -xf "$BUILD/guest/debian13-initramfs-tools.tar" -C "$machine"
	echo 'disk /dev/none none luks,initramfs' > "$machine/etc/crypttab"
	printf '%s\n' MODULES=list COMPRESSLEVEL=1 > "$machine/etc/initramfs-tools/conf.d/test"
	# What else is in an image takes most of the time.
	find "$machine/usr/share/initramfs-tools/hooks" -type f ! -name cryptroot -exec chmod -x {} +
	kernel "$OLDER"
	kernel "$NEWER"
	stand_ins
	forget_calls
}

forget_calls() { : > "$machine/srv/calls"; }

# called LINE…: those and no others since the last time it was asked
called()
{
	local calls status=0
	calls=$(cat "$machine/srv/calls")
	forget_calls
	[ "$calls" = "$(printf '%s\n' "$@")" ] || status=1
	echo "$calls"
	return "$status"
}

renewed()
{
	called "/var/lib/kdump/initrd.img-$OLDER" "/var/lib/kdump/initrd.img-$NEWER" \
		"kdump-config condreload" "/boot/initrd.img-$NEWER"
}

# All that a package could leave, and what stands in /etc. kdump-tools has notes of its own.
files_of_machine()
{
	(cd "$machine" && find . \( -path ./proc -o -path ./dev -o -path ./srv -o -path ./tmp -o -path ./var/log \
		-o -path ./var/cache -o -path ./var/lib/kdump/initramfs-tools \) -prune \
		-o ! -name '*-old' ! -name 'size_initrd.img-*' -printf '%p %y %m %U %G %l\n' | sort &&
		find etc -type f -exec md5sum {} + | sort -k 2)
}

# make_in_earnest IMAGE…
make_in_earnest() { printf '%s\n' "$@" > "$machine/srv/real"; }

# fetch_dracut DIRECTORY: dracut's packages as they are
fetch_dracut()
{
	mkdir "$1/root"
	use_suite "$work/apt" deb trixie > /dev/null
	(cd "$1/root" && "${APT[@]}" download dracut dracut-core dracut-install > /dev/null)
	local deb
	for deb in "$1/root"/*.deb; do
		# shellcheck disable=SC2016 # dpkg-deb's
		dpkg-deb -W --showformat '${Package} ${Version}\n' "$deb"
	done > "$1/packages"
}

download_dracut() { keep_root dracut trixie dracut,dracut-core,dracut-install fetch_dracut; }

# dracut in place of initramfs-tools, of which it leaves mkinitramfs there. Modules that
# take long are left out.
give_dracut()
{
	stand_in dracut <<- 'EOF'
	#!/bin/sh
	exec image "$(echo "$*" | grep -o '/[^ ]*')" /usr/bin/dracut "$@"
	EOF
	mkdir -p "$machine/etc/dracut.conf.d"
	cat > "$machine/etc/dracut.conf.d/test.conf" <<- 'EOF'
	hostonly=no
	dracutmodules="base $(ls /usr/lib/dracut/modules.d | grep -o kexec-keys)"
	EOF
	cp "$BUILD"/guest/dracut/*.deb "$machine/srv"
	inside 'dpkg -P --force-depends initramfs-tools && dpkg -i /srv/dracut*.deb'
}
