# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The autopkgtest of Debian's package that reboots, before and after that, on the same
# system.
#
# script: debian13-initramfs-tools
# phases: install autopkgtest*2
