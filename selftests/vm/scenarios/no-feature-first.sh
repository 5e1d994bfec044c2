# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The first kernel lacks the feature: the shim says so, and a panic dumps as before.
#
# disk: luks2-pbkdf2
# kernel: off

first()
{
	cd /kselftest/kexec_keys || exit 1
	for test in ring abi.sh load.sh crash_load.sh; do
		refused "kselftest $test skips" 4 "./$test"
		says "with the reason" "SKIP .*CONFIG_KEYS_KEXEC"
	done
	need "the volume opens with its passphrase" unlock open /dev/vda "$NAME"
	refused "tag says what is missing" 10 kexec-keys tag "$NAME"
	refused "status too" 10 kexec-keys status
	need "a crash image is loaded" load_crash
	panic_now
}

capture()
{
	check "there is a vmcore" test -s /proc/vmcore
	equal "nothing was handed over" none "$(cat $KEYS/adopted/status)"
	check "opening at boot finds nothing to do" kexec-keys open --boot --all
}
