# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The same where dracut makes the initramfs, and systemd opens the volumes there. No
# reboot by kexec-keys: dracut closes root's volume as well on the way down, and dm-crypt
# then takes its key back.
#
# script: debian13-initramfs-tools
# system: dracut
# phases: install first keyless
