# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Would the scans see it if a buffer were not wiped?
#
# script: crash
# first: nowipe
# next: nowipe
# red: unloaded untagged captured opened
