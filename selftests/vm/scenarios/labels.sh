# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# A security module labels keys: the label is not carried over, the adopted key has the
# kernel's own. Everything else of the key is.
#
# disk: none
# mem: 1024
# kernel: smack
# loads: smack
# phases: first next capture

KEY=some:key
LABEL=Vault
KERNELS_LABEL=_

# labelled LABEL COMMAND…: by a process with that label
labelled() { sh -c 'printf %s "$0" > /proc/self/attr/current && exec "$@"' "$@"; }

# By a process of another label that may do all but pass by labels.
other() { labelled Other setpriv --bounding-set=-mac_override "$@"; }

# Its permissions alone would let any process see it.
designate_labelled_key()
{
	serial=$(labelled "$LABEL" keyctl add logon "$KEY" 1 @s) && keyctl setperm "$serial" 0x3f010101 &&
		keyctl link "$serial" "$(ring)" && keyctl chown "$serial" 1000 && keyctl unlink "$serial" @s
}

label() { keyctl security "$(member "$KEY")"; }

# Without the serial.
description() { keyctl rdescribe "$(member "$KEY")"; }

first()
{
	equal "the ring has the kernel's label" $KERNELS_LABEL "$(keyctl security "$(ring)")"
	need "a key that a labelled process has made is designated" designate_labelled_key
	equal "it has the label of the process" $LABEL "$(label)"
	refused "a process of another label cannot see it" 1 other keyctl describe "$(member "$KEY")"
	says "for that reason" "Permission denied"
	description > /description
	need "the next kernel is loaded" load_next next crashkernel=128M
	need "carrying over is turned on" turn_on
	equal "the key would be carried" "armed none 1" "$(reboot_state)"
	kexec_now
}

# check_key SOURCE
check_key()
{
	equal "the key came over" "$1 ok 1" "$(adopted)"
	equal "it has the kernel's label" $KERNELS_LABEL "$(label)"
}

next()
{
	check_key reboot
	check "a process of another label sees it" other keyctl describe "$(member "$KEY")"
	equal "owner, permissions and description are the same" "$(cat /description)" "$(description)"
	need "a crash image is loaded" load_crash
	need "it agrees with the ring" wait_for_state synced
	panic_now
}

capture() { check_key crash; }
