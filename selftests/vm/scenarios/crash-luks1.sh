# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The main job with a LUKS1 volume, whose key the shim itself has to add.
#
# The one stray copy is there before the volume is tagged: cryptsetup puts the
# key of LUKS1 into the table of the mapping, and dm-crypt keeps what it was
# given there. The shim's own mapping, in the capture kernel, adds none.
#
# script: crash
# disk: luks1
# scan prepared: cipher=0-4 stray=1
# scan tagged: payload=1 cipher=0-4 stray=1
# scan loaded: payload=1 cipher=0-4 crash-region=1 stray=1
# scan unloaded: payload=1 cipher=0-4 stray=1
# scan untagged: cipher=0-4 stray=1
# scan captured: payload=2 cipher=0-4 stray=1
# scan opened: payload=2 cipher=0-8 stray=1
