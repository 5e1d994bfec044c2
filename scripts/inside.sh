# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Run commands in the root of another system, $machine; sourced, never run.
# shellcheck disable=SC2154 # its caller's

CLEAN=(env -i DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 HOME=/root
	PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin)

# What runs there unloads no kernel of the machine around it.
confined() { setpriv --bounding-set=-sys_boot unshare --mount "$@"; }

# With processes of its own, to which it is no chroot.
inside() { confined --pid --fork --kill-child --root="$machine" --mount-proc "${CLEAN[@]}" sh -c "$1"; }

# What an installer or a builder of images does.
in_chroot()
{
	# shellcheck disable=SC2016
	confined sh -c 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"' "$machine" "${CLEAN[@]}" sh -c "$1"
}
