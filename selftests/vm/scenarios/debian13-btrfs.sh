# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A whole Debian 13 where dumps go to a btrfs on two encrypted volumes, both of which
# the capture kernel's systemd has to open.
#
# script: debian13-initramfs-tools
# system: initramfs-tools
# append: dm_crypt.kexec_keys=Y var_crash=btrfs
# phases: install first on_btrfs
