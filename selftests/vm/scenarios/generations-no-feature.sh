# SPDX-License-Identifier: GPL-2.0-only
#
# The device tree that a kernel without the feature hands on says nothing of a handover
# buffer, though the one that it was given does.
#
# script: generations
# loads: off
# phases: first next*2
