# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Would the scans see it if a buffer were not wiped?
#
# script: crash
# kernel: nowipe
# loads: nowipe
# red: unloaded=crash-region untagged=crash-region captured=stray opened=stray
