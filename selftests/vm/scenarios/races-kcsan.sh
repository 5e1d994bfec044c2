# SPDX-License-Identifier: GPL-2.0-only
#
# The same on a kernel that looks for data races.
#
# script: races
# first: kcsan
