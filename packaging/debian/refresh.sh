# make_capture_initramfs FILE RELEASE
make_capture_initramfs()
{
	if command -v mkinitramfs > /dev/null; then
		/etc/kernel/postinst.d/kdump-tools "$2"
	else
		dracut --force --quiet "$1" "$2"
	fi
}

# What is ours in an initramfs comes, is renewed or goes. Without an encrypted volume
# nothing is.
refresh_initramfs()
{
	grep -qs '^[[:space:]]*[^#[:space:]]' /etc/crypttab || return 0
	dpkg-trigger --no-await update-initramfs

	# The capture kernel's own are made once for each kernel, and by kdump-tools after
	# it has removed the one that is there.
	for initrd in /var/lib/kdump/initrd.img-*; do
		[ -e "$initrd" ] || continue
		cp -p "$initrd" /var/lib/kdump/kept
		make_capture_initramfs "$initrd" "${initrd#/var/lib/kdump/initrd.img-}" || true
		if [ -e "$initrd" ]; then
			rm /var/lib/kdump/kept
		else
			echo "kexec-keys: $initrd could not be renewed; it stays as it was" >&2
			mv /var/lib/kdump/kept "$initrd"
		fi
	done
	! command -v kdump-config > /dev/null || kdump-config condreload || true
}
