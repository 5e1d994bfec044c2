# SPDX-License-Identifier: GPL-2.0-only
#
# More panics than the scenario that it takes over has.
#
# script: panics
# append: nokaslr no_hash_pointers panics=200
# phases: first capture*200
