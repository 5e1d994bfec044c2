# SPDX-License-Identifier: GPL-2.0-only
#
# Would the debug kernel say it if the ring were read without protection, and find memory
# that is never freed?
#
# script: races
# kernel: debug+unlocked
# red: console=RCU
# append: nokaslr no_hash_pointers leaks=planted
