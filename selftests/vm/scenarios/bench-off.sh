# SPDX-License-Identifier: GPL-2.0-only
#
# What "make bench" measures, on kernels without the feature.
#
# script: bench
# disk: none
# kernel: off
# loads: off
# append: initcall_debug
# runs: off
