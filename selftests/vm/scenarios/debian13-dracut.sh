# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The same with dracut, where systemd opens the volume, and crypttab says that its key
# is to be designated.
#
# script: debian13-initramfs-tools
# system: dracut
# append: loglevel=6
