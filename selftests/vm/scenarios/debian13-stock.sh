# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Without this project's package a panic ends at a prompt that is not answered, and
# there is no dump.
#
# script: debian13-initramfs-tools
# packages: linux-image-*-kexec-keys
# append: dm_crypt.kexec_keys=N
# red: prompt
# phases: install stock unsaved
