# SPDX-License-Identifier: GPL-2.0-only
#
# Would the debug kernel say it if the ring were read without protection?
#
# script: races
# kernel: debug+unlocked
# red: console=RCU
