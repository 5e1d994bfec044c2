# SPDX-License-Identifier: GPL-2.0-only
#
# The main job with both kernels where they were linked to be.
#
# script: crash
# append: nokaslr
