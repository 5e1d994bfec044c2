# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A whole Debian 13 with an encrypted disk, in every run of the tests: the system of
# debian13-initramfs-tools, with the plain test kernel and a key slot that takes no
# memory. The packages were installed before it is started.
#
# script: debian13-initramfs-tools
# prepared: yes
# packages: linux-image-test kexec-keys
# disk: luks2-pbkdf2
# size: 640
# mem: 1024
# cpus: 1
# phases: install first keyless
