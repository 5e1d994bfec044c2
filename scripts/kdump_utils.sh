# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154,SC2317
# A machine of stand-ins for the functions of Fedora's kdump-utils; sourced after
# tap.sh, never run. What is asked of programs is written to $world/calls.

world=$work/world

# The programs. KEY says whether a volume key is there, or can be had.
# shellcheck disable=SC2016 # of the script
STAND_IN='#!/bin/sh
echo "${0##*/} $*" >> "$CALLS"
case "${0##*/} $1" in
"kexec-keys tag" | "cryptsetup open") [ "$KEY" = yes ] ;;
"kexec-keys status") echo "the verdict" && [ "$KEY" = yes ] ;;
"keyctl show") echo "keyring: _uid.0" ;;
"keyctl list") echo "4711: --alswrv 0 0 logon: kdump-cryptsetup:vk-uuid-1" ;;
"keyctl request") [ "$KEY" = yes ] && echo 4711 ;;
"lsinitrd -f") cat "$WORLD/image-modules" ;;
esac'

add_word()
{
	case $1 in
	kernel) mkdir "$world/sys/keys" ;;
	command) ln -s ../stand-in "$world/bin/kexec-keys" ;;
	module) mkdir "$world/dracut/modules.d/90kexec-keys" ;;
	configfs) mkdir "$world/sys/crash_dm_crypt_keys" && echo 0 > "$world/sys/crash_dm_crypt_keys/reuse" ;;
	fadump) echo 1 > "$world/sys/fadump/enabled" ;;
	esac
}

# make_world WORD…: with each of these: kernel (one that carries designated keys), command
# and module (kexec-keys is installed), configfs (of CONFIG_CRASH_DM_CRYPT), fadump
make_world()
{
	rm -rf "$world"
	mkdir -p "$world"/{bin,etc/sysconfig,etc/dracut.conf.d,sys/fadump,dracut/modules.d,initdir/sbin} \
		"$world"/initdir/etc/{udev/rules.d,cmdline.d}
	echo 0 > "$world/sys/fadump/enabled"
	echo kdumpbase > "$world/image-modules"
	printf 'name%s UUID=uuid-%s none luks\n' 1 1 2 2 > "$world/etc/crypttab"
	cp "$world/etc/crypttab" "$world/initdir/etc/crypttab"
	touch "$world/calls" "$world/kdump.img" "$world/dracut/dracut-functions.sh"
	echo "$STAND_IN" > "$world/stand-in"
	chmod +x "$world/stand-in"
	local program word
	for program in cryptsetup grubby kdumpctl kexec keyctl lsinitrd reboot restorecon sudo systemctl; do
		ln -s ../stand-in "$world/bin/$program"
	done
	for word in "$@"; do
		add_word "$word"
	done
}

# In place of what kdump-utils would ask of this machine. MACHINE and DEVICES, UUIDs
# of LUKS volumes below the dump target, are the caller's.
stand_in()
{
	KEXEC=kexec KEXEC_ARGS=-s
	KEXEC_KEYS_SYSFS=$world/sys/keys LUKS_CONFIGFS=$world/sys/crash_dm_crypt_keys
	FADUMP_ENABLED_SYS_NODE=$world/sys/fadump/enabled
	KDUMP_CONFIG_FILE=$world/etc/kdump.conf
	CRYPTTAB_FILE=$world/etc/crypttab TARGET_INITRD=$world/kdump.img
	uname() { echo "$MACHINE"; }
	get_all_kdump_crypt_dev() { [ -z "$DEVICES" ] || echo "$DEVICES" | tr ' ' '\n'; }
	is_secure_boot_enforced() { return 1; }
	prepare_cmdline() { echo words; }
	local function
	for function in check_files_modified check_fs_modified check_drivers_modified; do
		eval "$function() { :; }"
	done
}

# To DIR, with kdump-utils' settings of the shell and the world's programs.
enter()
{
	set +eu +o pipefail
	export CALLS=$world/calls WORLD=$world KEY PATH=$world/bin:$PATH
	dracutbasedir=$world/dracut __SOURCED__=1
	cd "$1" || exit
}

# in_kdumpctl TREE COMMAND…: among the functions of its kdumpctl
in_kdumpctl()
{
	(
		enter "$1"
		shift
		# shellcheck source=/dev/null
		. ./kdumpctl
		stand_in
		"$@"
	)
}

# in_dracut TREE COMMAND…: among those of its dracut module
in_dracut()
{
	(
		enter "$1"
		shift
		# shellcheck source=/dev/null
		. dracut/99kdumpbase/module-setup.sh
		# shellcheck source=/dev/null
		kdump_module_init() { . ./kdump-lib.sh && stand_in; }
		for function in inst inst_hook instmods dracut_need_initqueue dwarn; do
			eval "$function() { echo $function \"\$@\" >> \"\$CALLS\"; }"
		done
		initdir=$world/initdir moddir=/moddir hookdir=$world/initdir/hooks
		kdump_module_init
		"$@"
	)
}
