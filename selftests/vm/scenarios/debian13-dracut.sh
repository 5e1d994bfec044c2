# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A whole Debian 13 where dracut makes the initramfs, and systemd opens the volumes
# there. On the way down dracut closes root's volume as well.
#
# script: debian13-initramfs-tools
# system: dracut
