# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A whole Debian 13 with an initramfs as Fedora's kdump has dracut make it, of the files
# that Debian's dracut ships.
#
# script: debian13-initramfs-tools
# system: dracut
# phases: install kdumpbase kdumpbase_keyless
