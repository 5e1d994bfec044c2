# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The handover buffer does not take the place of the next kernel's crash region, which is
# reserved after it.
#
# disk: none
# mem: 1024
# phases: first next

# Half of the memory; kernel and initramfs are placed above it.
REGION=512M@256M

first()
{
	need "a key is designated" keyctl add logon some:key "$(printf %064d 7)" "$(ring)"
	need "carrying over is turned on" turn_on
	need "the next kernel is loaded" load_next next nokaslr crashkernel=$REGION
	equal "the key would be carried" "armed none 1" "$(reboot_state)"
	kexec_now
}

next()
{
	equal "the crash region is reserved" $((512 << 20)) "$(cat /sys/kernel/kexec_crash_size)"
	equal "the key came over" "reboot ok 1" "$(adopted)"
}
