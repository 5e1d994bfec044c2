# SPDX-License-Identifier: GPL-2.0-only
#
# The main job on a machine that UEFI starts and ACPI describes: the kernel makes itself
# a device tree of hardly more than /chosen, and never unflattens it.
#
# script: crash
# firmware: uefi
# mem: 1024
