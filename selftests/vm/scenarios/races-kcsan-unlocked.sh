# SPDX-License-Identifier: GPL-2.0-only
#
# Would the kernel that looks for data races see it if the state were?
#
# script: races
# append: nokaslr no_hash_pointers kcsan.udelay_task=1000
# kernel: kcsan+unlocked
# red: console=KCSAN
