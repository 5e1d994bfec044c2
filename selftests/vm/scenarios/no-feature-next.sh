# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# The next kernel lacks the feature: it boots, and shows no key to anybody.
#
# disk: luks2-pbkdf2
# loads: off

first()
{
	prepare_volume
	need "the volume is tagged" tag "$NAME"
	need "so is a key whose payload is known" designate_known_key
	need "a crash image is loaded" load_crash
	need "it agrees with the ring" wait_for_state synced
	check_known_key_is_hidden
	panic_now
}

# A setup_data node of ours is an address and a size, and nothing else.
our_nodes_are_small()
{
	found=
	for node in /sys/kernel/boot_params/setup_data/*; do
		[ "$(cat "$node/type")" = 0xb ] || continue
		found=yes
		[ "$(wc -c < "$node/data")" = 16 ] || return 1
	done
	[ "$found" ]
}

capture()
{
	absent "it has no state files" "$KEYS"
	check "what the previous kernel tells it is no key" our_nodes_are_small
	check_known_key_is_hidden
	check "opening at boot finds nothing to do" kexec-keys open --boot --all
	refused "opening by hand says what is missing" 10 kexec-keys open --all
}
