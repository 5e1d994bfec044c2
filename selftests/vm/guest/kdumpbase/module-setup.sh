#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A dracut module that stands in for Fedora's 99kdumpbase: the dump is saved from the
# initramfs, failures go to kdump's own handler, and what dracut knows of encrypted
# volumes is taken out.
# shellcheck disable=SC2154 # dracut's variables

check() {
    [[ $IN_KDUMP ]]
}

depends() {
    echo base shutdown
}

install() {
    inst_multiple makedumpfile sync
    inst "$moddir/kdump.sh" /usr/bin/kdump.sh
    inst "$moddir/kdump-capture.service" "$systemdsystemunitdir/kdump-capture.service"
    systemctl -q --root "$initdir" add-wants initrd.target kdump-capture.service
    # Over dracut's own, which inst would leave.
    cp "$moddir/kdump-emergency.service" "$initdir$systemdsystemunitdir/emergency.service"
    ln_r "$systemdsystemunitdir/emergency.service" "$systemdsystemunitdir/dracut-emergency.service"

    echo > "$initdir/etc/cmdline.d/90crypt.conf"
    echo > "$initdir/etc/crypttab"
    echo > "$initdir/sbin/crypt-run-generator"
    dracut_need_initqueue
    dracut_no_switch_root
}
