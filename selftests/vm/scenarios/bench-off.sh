# SPDX-License-Identifier: GPL-2.0-only
#
# The same measurements on kernels without the feature.
#
# script: bench
# disk: none
# first: off
# next: off
# append: initcall_debug
# runs: off
