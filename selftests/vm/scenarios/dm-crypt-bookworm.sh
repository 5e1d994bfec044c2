# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# dm-crypt designates by itself, with Debian 12's cryptsetup 2.6.1.
#
# script: dm-crypt
# userspace: bookworm
