#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced each time that udev has settled; a device may come late. Where somebody
# would then be asked for a passphrase, the last line of this is a capture kernel's
# last: a prompt there stops the initqueue's clock.

# This image was made for no machine in particular.
[ -s /etc/kexec-keys/volumes ] || kexec-keys open --boot --all < /dev/null

while read -r kexec_keys_name _; do
    case $kexec_keys_name in
        '' | '#'*) continue ;;
    esac
    kexec-keys open --boot --name="$kexec_keys_name" < /dev/null && continue
    [ ! -e /proc/vmcore ] || /usr/lib/kexec-keys/no-dump "$kexec_keys_name"
done < /etc/kexec-keys/volumes
unset kexec_keys_name
