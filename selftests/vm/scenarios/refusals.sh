# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What must not work, and what is said then: no image, an image loaded by
# kexec_load(2), a parameter, a key with the right name and wrong bytes.
#
# append: kexec_keys.crash=N
# disk: luks2-pbkdf2
# phases: first

PARAMETER=/sys/module/kexec_keys/parameters/crash

wrong_key() { keyctl add logon "$(key_name)" "$(printf %064d 7)" "$(ring)"; }

no_mapping() { ! dmsetup ls --target crypt | grep -q '('; }

first()
{
	need "an image is loaded, with the parameter off since the boot" load_crash
	equal "nothing is carried" "disabled parameter" "$(state) $(cat $KEYS/crash/reason)"
	refused "status says so" 11 kexec-keys status
	need "it is unloaded" unload_crash
	need "the parameter is on" sh -c "echo Y > $PARAMETER"

	refused "status without an image" 12 kexec-keys status
	need "an image is loaded by kexec_load(2)" load_crash -c
	equal "it cannot carry keys" unsupported "$(state)"
	refused "status says so" 13 kexec-keys status
	need "it is unloaded" unload_crash -c

	need "an image is loaded by kexec_file_load(2)" load_crash
	need "the parameter is off" sh -c "echo N > $PARAMETER"
	equal "nothing is carried" disabled "$(state)"
	refused "status says so" 11 kexec-keys status
	need "the parameter is on" sh -c "echo Y > $PARAMETER"

	need "a key with the right name and wrong bytes is there" wrong_key
	refused "it opens nothing" 16 kexec-keys open /dev/vda
	check "and leaves no mapping" no_mapping
	refused "a user key is not designated" 1 keyctl add user some key "$(ring)"
	refused "nor one that request_key() would construct" 1 keyctl request2 user other info "$(ring)"
	equal "the ring has the one key" 1 "$(cat $KEYS/crash/carried)"
}
