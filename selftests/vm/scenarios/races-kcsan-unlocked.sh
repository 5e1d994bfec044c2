# SPDX-License-Identifier: GPL-2.0-only
#
# Would the kernel that looks for data races see it if the state were?
#
# script: races
# first: kcsan+unlocked
# red: console
