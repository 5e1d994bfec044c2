# SPDX-License-Identifier: GPL-2.0-only
#
# The main job with pages of 64 KiB.
#
# script: crash
# mem: 1536
# crashkernel: 256M
# kernel: 64k
# loads: 64k
