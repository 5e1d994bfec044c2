# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A whole Debian 13 where dracut's initramfs has no systemd: its own script opens the
# volumes there, and asks.
#
# script: debian13-initramfs-tools
# system: dracut
# append: dm_crypt.kexec_keys=Y omit=systemd
# phases: install first keyless
