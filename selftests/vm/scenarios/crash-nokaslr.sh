# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The main job with both kernels where they were linked to be.
#
# script: crash
# append: nokaslr
