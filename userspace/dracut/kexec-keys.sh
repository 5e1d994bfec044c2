#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced each time that udev has settled; a device may come late. Where somebody
# would then be asked for a passphrase, this ends a capture kernel: a prompt there
# stops the initqueue's clock.

# kexec_keys_is_closed NAME SOURCE: its device is there, and it is not open
kexec_keys_is_closed() {
    case $2 in
        UUID=*) [ -e "/dev/disk/by-uuid/${2#UUID=}" ] ;;
        *) [ -e "$2" ] ;;
    esac && ! dmsetup info "$1" > /dev/null 2>&1
}

# What else may open it, a key file, has a while for that; systemd's units have theirs.
kexec_keys_limit() {
    [ -z "$DRACUT_SYSTEMD" ] && [ ! -e /run/kexec-keys-limit ] || return 0
    : > /run/kexec-keys-limit
    {
        sleep 45
        while read -r kexec_keys_name kexec_keys_source _; do
            ! kexec_keys_is_closed "$kexec_keys_name" "$kexec_keys_source" ||
                /usr/lib/kexec-keys/no-dump "$kexec_keys_name"
        done < /etc/kexec-keys/volumes
    } &
}

# This image was made for no machine in particular.
[ -s /etc/kexec-keys/volumes ] || kexec-keys open --boot --all < /dev/null

while read -r kexec_keys_name kexec_keys_source _; do
    case $kexec_keys_name in
        '' | '#'*) continue ;;
    esac
    kexec-keys open --boot --name="$kexec_keys_name" < /dev/null
    kexec_keys_status=$?
    /usr/lib/kexec-keys/unattended || continue
    case $kexec_keys_status in
        # No key, a wrong one, no volume for it: what does not pass.
        15 | 16 | 17) /usr/lib/kexec-keys/no-dump "$kexec_keys_name" ;;
    esac
    ! kexec_keys_is_closed "$kexec_keys_name" "$kexec_keys_source" || kexec_keys_limit
done < /etc/kexec-keys/volumes
unset kexec_keys_name kexec_keys_source kexec_keys_status
