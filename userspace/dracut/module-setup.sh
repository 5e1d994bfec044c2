#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kexec-keys in a dracut initramfs: volumes whose keys came over a kexec are opened
# before anybody is asked for a passphrase.
# shellcheck disable=SC2154 # dracut's variables

# Not named: dracut has called the module that opens volumes by passphrase 90crypt
# and 70crypt, and Fedora's kdump brings its own. This one needs neither.
depends() {
    echo dm
}

check() {
    local type

    require_binaries kexec-keys || return 1
    [[ $hostonly ]] || [[ $mount_needs ]] || return 0
    for type in "${host_fs_types[@]}"; do
        [[ $type == crypto_LUKS ]] && return 0
    done
    return 255
}

# The key is verified by hmac(x) of AF_ALG; x stands in the header.
installkernel() {
    hostonly='' instmods dm_crypt algif_hash crypto-hmac crypto-sha1 crypto-sha256 crypto-sha512
}

# What crypttab says of a volume beside its name: header and options.
crypttab_rest() {
    local name key options

    [[ -f ${dracutsysrootdir-}/etc/crypttab ]] || return 0
    while read -r name _ key options _ || [[ $name ]]; do
        [[ $name == "$1" ]] || continue
        printf '%s %s\n' "${key:-none}" "$options"
        return
    done < "${dracutsysrootdir-}/etc/crypttab"
}

# Names of the host's volumes: kdump's initramfs has no crypttab.
list_volumes() {
    local device uuid number name

    for device in "${!host_fs_types[@]}"; do
        [[ ${host_fs_types[$device]} == crypto_LUKS ]] || continue
        uuid=$(blkid -p -s UUID -o value "$device") || continue
        for number in "/sys/dev/block/$(get_maj_min "$device")/holders"/dm-*; do
            [[ -e $number/dm/name ]] || continue
            read -r name < "$number/dm/name"
            echo "$name UUID=$uuid $(crypttab_rest "$name")"
        done
    done
}

install() {
    inst_multiple kexec-keys dmsetup sleep sync reboot poweroff halt
    inst_simple /usr/lib/kexec-keys/unattended
    inst_simple /usr/lib/kexec-keys/no-dump
    mkdir -p "$initdir/etc/kexec-keys"
    # The last line of the system's may lack its end.
    {
        grep -s '' "${dracutsysrootdir-}/etc/kexec-keys/volumes"
        [[ ! $hostonly ]] || list_volumes
    } > "$initdir/etc/kexec-keys/volumes"

    # Before cryptroot-ask and what else sorts after it.
    inst_hook initqueue/settled 00 "$moddir/kexec-keys.sh"
    if dracut_module_included systemd; then
        inst_simple "$systemdsystemunitdir/kexec-keys-no-dump.service"
        inst_simple "$systemdsystemunitdir/systemd-cryptsetup@.service.d/kexec-keys.conf"
        inst_simple "$moddir/no-dump.conf" \
            "$systemdsystemunitdir/systemd-cryptsetup@.service.d/kexec-keys-no-dump.conf"
        inst_simple "$systemdutildir/system-generators/kexec-keys-generator"
    fi
    dracut_need_initqueue
}
