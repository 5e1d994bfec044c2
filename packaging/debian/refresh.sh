# shellcheck shell=sh
# make_capture_initramfs FILE RELEASE: where dracut is in place of initramfs-tools, those
# of kdump-tools are told by a note of the size beside them.
make_capture_initramfs()
{
	if command -v update-initramfs > /dev/null || [ -e "/var/lib/kdump/size_${1##*/}" ]; then
		/etc/kernel/postinst.d/kdump-tools "$2"
	else
		dracut --force --quiet "$1" "$2"
	fi
}

# renew FILE: what is there goes before there is another, by kdump-tools' way of it, and
# when dracut fails.
renew()
{
	mv -f "$1" /var/lib/kdump/kexec-keys.kept
	if make_capture_initramfs "$1" "${1#/var/lib/kdump/initrd.img-}" && [ -e "$1" ]; then
		rm -f /var/lib/kdump/kexec-keys.kept
	else
		echo "kexec-keys: $1 could not be made anew; it stays as it was" >&2
		mv -f /var/lib/kdump/kexec-keys.kept "$1"
	fi
}

# What is ours in an initramfs comes, is renewed or goes. Without an encrypted volume
# nothing is.
refresh_initramfs()
{
	[ -z "$DPKG_ROOT" ] && grep -qs '^[[:space:]]*[^#[:space:]]' /etc/crypttab || return 0
	dpkg-trigger --no-await update-initramfs

	# In a chroot, kdump-tools makes none, and what is loaded is another system's.
	! ischroot || return 0
	# The capture kernel's own are made once for each kernel, not with the others.
	for initrd in /var/lib/kdump/initrd.img-*; do
		[ ! -e "$initrd" ] || renew "$initrd"
	done
	! command -v kdump-config > /dev/null || kdump-config condreload || true
}
