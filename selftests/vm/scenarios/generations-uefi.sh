# SPDX-License-Identifier: GPL-2.0-only
#
# The device tree that a kernel hands on, on a machine that UEFI starts and ACPI
# describes, where the kernel never unflattens its own tree.
#
# script: generations
# firmware: uefi
