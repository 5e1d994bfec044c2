# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Twenty ordinary kexecs in a row keep exactly the same ring.
#
# script: reboot
# append: rounds=20
# phases: first next*20
