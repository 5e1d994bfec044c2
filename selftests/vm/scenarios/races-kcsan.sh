# SPDX-License-Identifier: GPL-2.0-only
#
# Everything at once, on a kernel that looks for data races, each time for long enough
# that the other processors, which are threads of the emulator, get their turn.
#
# script: races
# append: nokaslr no_hash_pointers kcsan.udelay_task=1000
# kernel: kcsan
