# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# IMA hands its list of measurements over in the same way. Both come over, and the place of the
# list is chosen after the handover buffer has its own: the list may go anywhere, the
# buffer is where its pages are.
#
# disk: none
# mem: 1024
# kernel: ima
# loads: ima
# append: ima_policy=tcb
# phases: first next

LIST=/sys/kernel/security/ima/ascii_runtime_measurements

mount_securityfs() { mount -t securityfs securityfs /sys/kernel/security; }

# Each kernel begins its part of the list so.
count_kernels() { grep -c boot_aggregate $LIST; }

# segment NUMBER: of the loaded image, buffer and bytes to copy there
segment() { dmesg | sed -n "s/.*segment\[$1\]: \(buf=[^ ]* bufsz=[^ ]*\) .*/\1/p" | tail -n 1; }

first()
{
	need "IMA shows its list" mount_securityfs
	equal "this is the first kernel" 1 "$(count_kernels)"
	need "a key is designated" keyctl add logon some:key "$(printf %064d 7)" "$(ring)"
	need "carrying over is turned on" turn_on
	# shellcheck disable=SC2034 # load_next's
	LOAD_NEXT_BY=-ds
	need "the next kernel is loaded" load_next next ima_policy=tcb
	equal "the handover buffer comes first" "buf=0x0000000000000000 bufsz=0x0" "$(segment 0)"
	equal "the key would be carried" "armed none 1" "$(reboot_state)"
	kexec_now
}

next()
{
	need "IMA shows its list" mount_securityfs
	equal "the list came over" 2 "$(count_kernels)"
	equal "the key came over" "reboot ok 1" "$(adopted)"
}
