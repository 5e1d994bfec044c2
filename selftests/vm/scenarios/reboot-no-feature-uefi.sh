# SPDX-License-Identifier: GPL-2.0-only
#
# The device tree that a kernel without the feature hands on, on a machine that UEFI starts
# and ACPI describes.
#
# script: reboot-no-feature
# firmware: uefi
