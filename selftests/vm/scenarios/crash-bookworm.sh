# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The main job with Debian 12's programs: cryptsetup 2.6.1, kexec-tools 2.0.25.
#
# script: crash
# userspace: bookworm
