# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# tag with a token that a TPM unseals, as systemd-cryptenroll makes them. The capture
# kernel opens the volume without one, for which it has neither driver nor library.
#
# disk: luks2-pbkdf2
# size: 48
# kernel: stacks
# tpm: yes

tokens() { cryptsetup luksDump /dev/vda | grep -c systemd-tpm2; }

# Sealed to a register that anybody may extend.
enrol()
{
	get_passphrase
	PASSWORD=$PASSPHRASE systemd-cryptenroll --tpm2-device=/dev/tpmrm0 --tpm2-pcrs=16 /dev/vda
}

first()
{
	need "there is a TPM" test -c /dev/tpmrm0
	need "a token is enrolled" enrol
	equal "the header has it" 1 "$(tokens)"
	need "the volume is tagged, with nobody there to ask" kexec-keys tag --batch-mode /dev/vda
	need "a crash image is loaded" load_crash
	need "it has the key" wait_for_state synced
	check "a panic would end well" kexec-keys status

	need "the key is taken back" kexec-keys untag --all
	check "its number names it" kexec-keys tag --batch-mode --token-id 0 /dev/vda
	need "it is taken back again" kexec-keys untag --all
	need "the register changes" tpm2_pcrextend "16:sha256=$(printf %064d 1)"
	refused "the TPM unseals it no more" 22 kexec-keys tag /dev/vda
	says "it says so" "the tokens of /dev/vda do not unlock it .*, and nobody is there"
	equal "nothing is tagged" "" "$(keyctl rlist "$(ring)")"
	refused "nor when it is asked for" 2 kexec-keys tag --token-id 0 /dev/vda

	need "a passphrase helps" tag /dev/vda
	need "the image has the key again" wait_for_state synced
	panic_now
}

capture()
{
	absent "there is no TPM" /dev/tpmrm0
	need "the shim opens the volume" kexec-keys open --all
}
