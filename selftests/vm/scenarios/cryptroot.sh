# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# An initramfs of Debian's own, with patches/cryptsetup-initramfs: the passphrase that is
# typed at the boot designates the key, and nothing about that costs the boot.
#
# disk: luks2-pbkdf2
# overlay: cryptsetup-initramfs
# phases: first capture

CHEAP="--pbkdf pbkdf2 --pbkdf-force-iterations 1000"

# What the boot script takes from initramfs-tools, and somebody who types.
prepare_boot()
{
	mkdir -p /cryptroot
	cat > /scripts/functions <<- 'END'
		wait_for_udev() { :; }
		get_fstype() { echo unknown; }
		panic() { echo "$*"; exit 1; }
	END
	cat > /scripts/type <<- 'END'
		#!/bin/sh
		echo "$CRYPTTAB_TRIED" >> /tmp/typed
		[ "$CRYPTTAB_TRIED" -ge "$MISTYPED" ] || printf 'not '
		printf %s "$PASSPHRASE"
	END
	chmod +x /scripts/type
	get_passphrase
	export PASSPHRASE MISTYPED=0
}

# boot DEVICE [OPTION]: as it unlocks this
boot()
{
	: > /tmp/typed
	echo "$NAME $1 none luks,keyscript=/scripts/type${2:+,$2}" > /cryptroot/crypttab
	sh /scripts/local-top/cryptroot
}

# boots WHAT DEVICE OPTION TIMES [PATTERN]: it unlocks this in the end, after somebody has
# typed so often, and says this
boots()
{
	check "$1: the boot goes on" boot "$2" "$3"
	[ -z "$5" ] || says "$1: it says so" "$5"
	check "$1: the volume is open" cryptsetup status "$NAME"
	equal "$1: somebody typed so often" "$4" "$(wc -l < /tmp/typed)"
}

# Keys in the ring, whatever their names.
designated() { keyctl rlist "$(ring)" | wc -w; }

# end_boot WHAT KEYS: the next one is to find none
end_boot()
{
	equal "$1: keys that are designated" "$2" "$(designated)"
	need "$1: it is closed" cryptsetup close "$NAME"
	keyctl clear "$(ring)"
}

# to_link KEY [RING]: the option
to_link() { echo "link-volume-key=${2:-%:.kexec}::$1"; }

nothing_costs_the_boot()
{
	boots "without the option" /dev/vda "" 1
	end_boot "without the option" 0
	boots "no such ring" /dev/vda "$(to_link "%logon:$KEY" %:.none)" 1 "'%:.none'"
	end_boot "no such ring" 0
	boots "an invalid option" /dev/vda "link-volume-key=%:.kexec" 1 "ignoring invalid"
	end_boot "an invalid option" 0
	boots "a type that the ring refuses" /dev/vda "$(to_link "%user:$KEY")" 2 "without linking"
	end_boot "a type that the ring refuses" 0

	need "a volume of LUKS1 is made" unlock luksFormat --batch-mode --type luks1 --pbkdf-force-iterations 1000 /dev/vdb
	boots "LUKS1" /dev/vdb "$(to_link %logon:some:key)" 2 "without linking"
	end_boot "LUKS1" 0
	# shellcheck disable=SC2086 # several words
	need "one of LUKS2 is made" unlock luksFormat --batch-mode $CHEAP /dev/vdb
	# shellcheck disable=SC2086 # several words
	need "its re-encryption is begun" unlock reencrypt --batch-mode $CHEAP --init-only /dev/vdb
	boots "a re-encryption" /dev/vdb "$(to_link %logon:some:key)" 2 "without linking"
	end_boot "a re-encryption" 0
}

first()
{
	KEY=$(key_name)
	prepare_boot
	nothing_costs_the_boot

	boots "the option" /dev/vda "$(to_link "%logon:$KEY")" 1
	check "the key is the header's" kexec-keys open --test /dev/vda
	need "the volume is closed" cryptsetup close "$NAME"
	boots "a key that is there already" /dev/vda "$(to_link "%logon:$KEY")" 1
	end_boot "a key that is there already" 1

	MISTYPED=1
	boots "a wrong passphrase" /dev/vda "$(to_link "%logon:$KEY")" 2
	equal "one key is designated" 1 "$(designated)"
	need "a file system is made" make_filesystem
	need "a file is written" write_marker
	need "a crash image is loaded" load_crash
	need "it agrees with the ring" wait_for_state synced
	panic_now
}

capture()
{
	check_volume_by_its_key
}
