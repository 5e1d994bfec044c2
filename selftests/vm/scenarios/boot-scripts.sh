# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What initramfs-tools, dracut and systemd run of this project, in an ordinary boot and
# in a capture kernel: the volume with a key is opened, and a volume that nothing opens
# ends a capture kernel, and only that. No console shows a prompt.
#
# disk: luks2-pbkdf2
# size: 64
# mem: 1024
# crashkernel: 384M
# init: systemd
# overlay: boot-scripts
# phases: first capture

# Places in an initramfs.
LOCAL_TOP=/scripts/local-top/kexec-keys
LOCAL_BLOCK=/scripts/local-block/0-kexec-keys
HOOK=/usr/lib/dracut/modules.d/90kexec-keys/kexec-keys.sh
GENERATOR=/usr/lib/systemd/system-generators/kexec-keys-generator
TOOLS=/usr/lib/kexec-keys
ASKPASS=/lib/cryptsetup/askpass

CHEAP="--pbkdf pbkdf2 --pbkdf-force-iterations 1000"
CALLS=/tmp/calls
CONSOLE=/tmp/console
LIMIT_IS_OVER=/tmp/limit-is-over
NO_DUMP="kexec-keys: no key opens data here: there will be no dump"

# --- stand-ins ---------------------------------------------------------------

# stand_in NAME [COMMAND]: write each call down, and do this
stand_in()
{
	# shellcheck disable=SC2016 # expanded by the script that this writes
	printf '#!/bin/sh\necho "${0##*/} $*" >> %s\n%s\n' "$CALLS" "$2" > "/stand-ins/$1"
	chmod 755 "/stand-ins/$1"
}

# For what would end this kernel or wait: a limit of 45 s is over when the test says so.
make_stand_ins()
{
	mkdir -p /stand-ins
	for program in reboot poweroff halt systemctl; do
		stand_in $program
	done
	# shellcheck disable=SC2016 # expanded by the script that this writes
	stand_in sleep '[ "$1" -lt 40 ] || until [ -e '$LIMIT_IS_OVER' ]; do /usr/bin/usleep 50000; done'
	stand_in askpass
	cat > /scripts/functions <<- 'END'
		wait_for_udev() { :; }
	END
}

# A file lies over the console for as long as this kernel runs.
watch_console()
{
	: > $CONSOLE
	need "the console is watched" mount --bind $CONSOLE /dev/console
	# So it is before cryptsetup's script.
	cp /stand-ins/askpass $ASKPASS
}

# with_stand_ins COMMAND…
with_stand_ins()
{
	: > $CALLS
	: > $CONSOLE
	rm -f $LIMIT_IS_OVER
	PATH=/stand-ins:$PATH "$@"
}

# background COMMAND…: what was called before it is forgotten at once, so that only its
# own calls are waited for
background()
{
	: > $CALLS
	"$@" > "$OUT" 2>&1 &
}

calls() { cat $CALLS; }

called() { calls | grep -q -x -e "$*"; }

on_console() { grep -a kexec-keys: $CONSOLE; }

is_closed() { ! dmsetup info "$1" > /dev/null 2>&1; }

# goes_on WHAT: nothing has ended it, and there was no prompt
goes_on()
{
	equal "$1: nothing ends the boot" "" "$(calls)"
	equal "$1: nothing on the console" "" "$(on_console)"
}

# ends WHAT CALL…: once, with one line on the console
ends()
{
	what=$1
	shift
	equal "$what: this kernel ends" "$*" "$(calls)"
	equal "$what: it says so" "$NO_DUMP" "$(on_console)"
}

# hide_systemd COMMAND…: as in an initramfs without it
hide_systemd()
{
	need "there is no systemd" mount -t tmpfs none /run/systemd
	"$@"
	need "there is systemd" umount /run/systemd
}

# with_words WORDS COMMAND…: as if they were on the kernel's command line
with_words()
{
	echo "$(cat /proc/cmdline) $1" > /tmp/cmdline
	need "the command line has $1" mount --bind /tmp/cmdline /proc/cmdline
	shift
	"$@"
	need "it has it no more" umount /proc/cmdline
}

# --- volumes -----------------------------------------------------------------

# volumes FILE [KEY OPTIONS]: these are data's
volumes()
{
	mkdir -p "${1%/*}"
	echo "# a comment

$NAME UUID=$(uuid_of /dev/vda) none luks
data UUID=$(uuid_of /dev/vdb) ${2:-none} ${3:-luks}" > "$1"
}

name_disks()
{
	mkdir -p /dev/disk/by-uuid
	for disk in vda vdb; do
		ln -sf ../../$disk "/dev/disk/by-uuid/$(uuid_of /dev/$disk)"
		# A device below /dev is one that systemd waits for, and udev is not here.
		ln -sf /dev/$disk /run/$disk
	done
}

# opened WHAT: the volume that has a key, and no other
opened()
{
	check "$1: the volume is open" cryptsetup status "$NAME"
	check "$1: the other is not" is_closed data
}

close_volume() { check "it is closed" cryptsetup close "$NAME"; }

# --- initramfs-tools ---------------------------------------------------------

crypttab() { volumes /cryptroot/crypttab "$@"; }

asks_as_ever() { check "$1: cryptsetup's askpass is in its place" cmp -s /stand-ins/askpass $ASKPASS; }

script_of_a_boot()
{
	crypttab
	check "no key came" with_stand_ins sh $LOCAL_TOP
	equal "no key came: not a word" "" "$(cat "$OUT")"
	goes_on "no key came"
	asks_as_ever "no key came"
	check "no key came: nothing is opened" is_closed "$NAME"

	echo "$NAME UUID=$(uuid_of /dev/vda) none luks" > /cryptroot/crypttab
	echo 1 > /tmp/count
	need "one came" mount --bind /tmp/count $KEYS/adopted/count
	check "a key came by an ordinary kexec" with_stand_ins sh $LOCAL_TOP
	goes_on "a key came by an ordinary kexec"
	asks_as_ever "a key came by an ordinary kexec"
	opened "a key came by an ordinary kexec"
	close_volume

	mv /lib/cryptsetup/functions /tmp
	check "an initramfs without cryptsetup" with_stand_ins sh $LOCAL_TOP
	equal "an initramfs without cryptsetup: not a word" "" "$(cat "$OUT")"
	check "an initramfs without cryptsetup: nothing is opened" is_closed "$NAME"
	mv /tmp/functions /lib/cryptsetup
	umount $KEYS/adopted/count

	need "a kernel without the feature" mount -t tmpfs none ${KEYS%/*}
	check "a kernel without the feature: the script" with_stand_ins sh $LOCAL_TOP
	equal "a kernel without the feature: not a word" "" "$(cat "$OUT")"
	need "the kernel with the feature" umount ${KEYS%/*}
	equal "it names nothing that is to run before it" "" "$(sh $LOCAL_TOP prereqs)"
}

# Both stages, one after the other, as a boot goes through them.
script_of_a_capture_kernel()
{
	crypttab
	check "local-top" with_stand_ins sh $LOCAL_TOP
	says "local-top: it says which volume has no key" "no key came over for data .*reboot"
	goes_on "local-top"
	opened "local-top"
	check "local-top: askpass is ours" cmp -s $TOOLS/askpass $ASKPASS
	check "local-top: cryptsetup's is beside it" cmp -s /stand-ins/askpass $ASKPASS.asks
	close_volume

	echo "late UUID=00000000-1111-2222-3333-444444444444 none luks" >> /cryptroot/crypttab
	check "local-block, a device that is late" with_stand_ins sh $LOCAL_BLOCK
	goes_on "local-block, a device that is late"
	opened "local-block, a device that is late"
	check "local-block: askpass is ours" cmp -s $TOOLS/askpass $ASKPASS
	check "local-block: cryptsetup's is still beside it" cmp -s /stand-ins/askpass $ASKPASS.asks
	close_volume
	check "local-top, a device that is late" with_stand_ins sh $LOCAL_TOP
	equal "local-top, a device that is late: it is waited for" 5 "$(grep -c -x "sleep 1" $CALLS)"
	close_volume
}

askpass() { CRYPTTAB_NAME=$1 with_stand_ins $ASKPASS "a prompt"; }

askpass_of_a_capture_kernel()
{
	crypttab
	refused "a volume that came late" 1 askpass "$NAME"
	goes_on "a volume that came late"
	opened "a volume that came late"
	refused "an open volume" 1 askpass "$NAME"
	goes_on "an open volume"
	close_volume

	check "a volume without a key" askpass data
	ends "a volume without a key" reboot -f

	crypttab /etc/absent.key
	background askpass data
	need "a volume that a key file may open: others are asked" wait_until called askpass.asks a prompt
	need "a volume that a key file may open: for so long" wait_until called sleep 45
	check "a volume that a key file may open: this kernel waits" fails_to called reboot -f
	touch $LIMIT_IS_OVER
	check "a volume that nothing opens in that time: this kernel ends" wait_until called reboot -f
	equal "a volume that nothing opens in that time: it says so" "$NO_DUMP" "$(on_console)"
	wait

	background askpass data
	need "another one: others are asked" wait_until called sleep 45
	need "another one is opened" unlock open /dev/vdb data
	touch $LIMIT_IS_OVER
	wait
	usleep 500000
	check "a volume that was opened in that time: this kernel goes on" fails_to called reboot -f
	need "it is closed" cryptsetup close data
	rm -r /cryptroot
}

# --- dracut ------------------------------------------------------------------

# shellcheck source=/dev/null
hook() { (. $HOOK && wait); }

# run_hook DRACUT_SYSTEMD: each boot has its own limit. Where it would end this kernel
# at once, systemd is said to be there, or the limit would follow what only stands in.
run_hook()
{
	rm -f /run/kexec-keys-limit
	DRACUT_SYSTEMD=$1 with_stand_ins hook
}

hook_of_a_boot()
{
	volumes /etc/kexec-keys/volumes
	check "the hook" run_hook ''
	goes_on "the hook"
	opened "the hook"
	close_volume
	rm -r /etc/kexec-keys
}

# A key file that may come, and no systemd, which has a limit of its own.
hook_with_a_limit()
{
	volumes /etc/kexec-keys/volumes /etc/absent.key
	check "the hook, a key file, with systemd" run_hook 1
	goes_on "the hook, a key file, with systemd"

	background run_hook ''
	need "the hook, a key file: it is waited for" wait_until called sleep 45
	# shellcheck source=/dev/null
	(PATH=/stand-ins:$PATH && . $HOOK)
	equal "the hook, a key file: once" "sleep 45" "$(calls)"
	touch $LIMIT_IS_OVER
	wait
	ends "the hook, a key file that does not come" "$(printf 'sleep 45\nreboot -f')"

	background run_hook ''
	need "the hook, another key file: it is waited for" wait_until called sleep 45
	need "the hook, another key file opens it" unlock open /dev/vdb data
	touch $LIMIT_IS_OVER
	wait
	equal "the hook, another key file: this kernel goes on" "sleep 45" "$(calls)"
	need "it is closed" cryptsetup close data
	close_volume
}

hook_of_a_capture_kernel()
{
	volumes /etc/kexec-keys/volumes
	check "the hook" run_hook 1
	opened "the hook"
	ends "the hook" reboot -f
	close_volume

	echo "$NAME UUID=$(uuid_of /dev/vda) none luks" > /etc/kexec-keys/volumes
	check "the hook, a volume with a key" run_hook ''
	goes_on "the hook, a volume with a key"
	close_volume

	need "there is a device without LUKS" dmsetup create blank --table "0 2048 linear /dev/vdb 65536"
	echo "data /dev/mapper/blank none luks" > /etc/kexec-keys/volumes
	check "the hook, what is no LUKS volume" run_hook 1
	ends "the hook, what is no LUKS volume" reboot -f
	need "that device is gone" dmsetup remove blank

	need "there is a wrong key" keyctl add logon "cryptsetup:$(uuid_of /dev/vdb)-d0" "$(printf %064d 7)" "$(ring)"
	volumes /etc/kexec-keys/volumes
	check "the hook, a wrong key" run_hook 1
	ends "the hook, a wrong key" reboot -f
	close_volume
	keyctl unlink "0x$(serial_of "cryptsetup:$(uuid_of /dev/vdb)-d0")" "$(ring)"

	: > /etc/kexec-keys/volumes
	check "the hook, in an image that knows no volumes" run_hook ''
	goes_on "the hook, in an image that knows no volumes"
	check "the hook, in an image that knows no volumes: the volume is open" dmsetup info "luks-$(uuid_of /dev/vda)"
	need "it is closed" cryptsetup close "luks-$(uuid_of /dev/vda)"

	hook_with_a_limit
	rm -r /etc/kexec-keys
}

# --- the end of a capture kernel ---------------------------------------------

no_dump() { with_stand_ins $TOOLS/no-dump "$@"; }

# ends_by WORDS CALL…: with these on the command line
ends_by()
{
	words=$1
	shift
	with_words "$words" no_dump data
	ends "${words:-no word}" "$@"
}

no_dump_without_systemd()
{
	ends_by "" reboot -f
	ends_by rd.emergency=reboot reboot -f
	ends_by rd.emergency=poweroff poweroff -f
	ends_by "rd.emergency=halt quiet" halt -f
	ends_by rd.emergency=other reboot -f
	touch /usr/bin/kdump.sh
	ends_by "kdump.sh" reboot -f
	rm /usr/bin/kdump.sh
	no_dump ''
	equal "no name: it says so" "kexec-keys: no key opens a volume here: there will be no dump" "$(on_console)"
}

no_dump_with_systemd()
{
	ends_by "" systemctl --force --force reboot
	ends_by rd.emergency=poweroff systemctl --force --force poweroff
	ends_by rd.emergency=halt systemctl --force --force halt
	# kdump of Fedora, which then does what failure_action in /etc/kdump.conf says.
	touch /usr/bin/kdump.sh
	ends_by "kdump.sh rd.emergency=halt" systemctl --no-block start emergency.target
	rm /usr/bin/kdump.sh
}

# --- systemd -----------------------------------------------------------------

# What this calls must be systemd's own.
systemd() { PATH=/usr/bin systemctl "$@"; }

show() { systemd show --value -p "$2" "$1"; }

# units [KEY]: of the two volumes; with stand-ins
units()
{
	echo "$NAME /run/vda none luks
data /run/vdb ${1:-none} luks
absent /run/absent none luks" > /etc/crypttab
	need "systemd makes units of the volumes" systemd daemon-reload
	: > $CALLS
	: > $CONSOLE
}

# A unit that waits for an answer has failed, too.
start() { timeout 60 systemctl start "systemd-cryptsetup@$1.service"; }

gave_up() { [ "$(show kexec-keys-no-dump.service ActiveState)" = inactive ] && called systemctl --force --force reboot; }

generated()
{
	rm -rf /tmp/units
	mkdir -p /tmp/units/normal /tmp/units/early /tmp/units/late
	need "$1: the generator" $GENERATOR /tmp/units/normal /tmp/units/early /tmp/units/late
	(cd /tmp/units && find . ! -type d | sort | tr '\n' ' ')
}

EVERYWHERE="./early/systemd-ask-password-console.path ./early/systemd-ask-password-plymouth.path "
EVERYWHERE="$EVERYWHERE./early/systemd-ask-password-wall.path "
TIMEOUT="./normal/systemd-cryptsetup@.service.d/kexec-keys-timeout.conf "
DUMP="./normal/kdump-tools-dump.service.d/kexec-keys.conf "

# saves_below WHAT DIRECTORY: the dump's service waits for this
saves_below()
{
	generated "$1" > /tmp/generated
	check "$1: the dump waits for $2" grep -q -x "RequiresMountsFor=$2" "/tmp/units/$DUMP"
	check "$1: its failure ends this kernel" grep -q -x OnFailure=kexec-keys-no-dump.service "/tmp/units/$DUMP"
}

generator_of_a_capture_kernel()
{
	touch /etc/initrd-release
	equal "an initramfs: units" "$EVERYWHERE$TIMEOUT" "$(generated "an initramfs")"
	rm /etc/initrd-release
	equal "the real root: units" "./early/local-fs.target $EVERYWHERE$DUMP$TIMEOUT" "$(generated "the real root")"
	DUMP=${DUMP% }
	saves_below "no settings" /var/crash
	mkdir -p /etc/default
	echo 'KDUMP_COREDIR="/crash/dumps"' > /etc/default/kdump-tools
	saves_below "a directory of dumps" /crash/dumps
	for where in SSH NFS FTP; do
		echo "$where=elsewhere" > /etc/default/kdump-tools
		equal "dumps go by $where: units" "./early/local-fs.target $EVERYWHERE$TIMEOUT" "$(generated "dumps go by $where")"
	done
	rm -r /etc/default

	for where in console wall plymouth; do
		equal "no prompt by $where" masked "$(show systemd-ask-password-$where.path LoadState)"
	done
	equal "a file system that is missing does not end the boot" "" "$(show local-fs.target OnFailure)"
}

# service_of_each_boot STATE: it is so afterwards; systemd would forget what has ended
service_of_each_boot()
{
	mkdir -p /run/systemd/system/kexec-keys.service.d
	printf '[Service]\nRemainAfterExit=yes\n' > /run/systemd/system/kexec-keys.service.d/remain.conf
	need "systemd reads its units" systemd daemon-reload
	need "the check of each boot" systemd start kexec-keys.service
	equal "the check of each boot: $1" "$1" "$(show kexec-keys.service ActiveState)"
}

units_of_a_boot()
{
	service_of_each_boot active
	equal "its finding is no failure" "success 12" \
		"$(show kexec-keys.service Result) $(show kexec-keys.service ExecMainStatus)"
	equal "an ordinary boot: no units" "" "$(generated "an ordinary boot")"
	units
	check "a unit, the key is there" start "$NAME"
	opened "a unit, the key is there"
	need "it is closed" systemd stop "systemd-cryptsetup@$NAME.service"
	check "a unit, nothing there" fails_to start absent
	check "a unit, nothing there: what ends a capture kernel" wait_until ended_by_its_condition
	equal "a unit, nothing there: it does nothing" "" "$(calls)"
}

ended_by_its_condition() { [ "$(show kexec-keys-no-dump.service Result)" = exec-condition ]; }

units_of_a_capture_kernel()
{
	service_of_each_boot inactive
	need "stand-ins for the units" systemd set-environment "PATH=/stand-ins:/usr/sbin:/usr/bin" DM_DISABLE_UDEV=1
	units
	check "a unit, the key is there" start "$NAME"
	opened "a unit, the key is there"
	equal "a unit, the key is there: nothing ends this kernel" "" "$(calls)"
	need "it is closed" systemd stop "systemd-cryptsetup@$NAME.service"

	check "a unit without a key fails" fails_to start data
	check "a unit without a key: this kernel ends" wait_until gave_up
	equal "a unit without a key: it says so" "kexec-keys: no key opens a volume here: there will be no dump" "$(on_console)"

	units /etc/absent.key
	equal "a unit with a key file: it has so long" 45s "$(show systemd-cryptsetup@data.service TimeoutStartUSec)"
	mkdir -p "/run/systemd/system/systemd-cryptsetup@.service.d"
	printf '[Service]\nTimeoutStartSec=3\n' > "/run/systemd/system/systemd-cryptsetup@.service.d/z.conf"
	units /etc/absent.key
	check "a unit with a key file that does not come fails" fails_to start data
	equal "a unit with a key file: it ends when its time is up" timeout "$(show systemd-cryptsetup@data.service Result)"
	check "a unit with a key file: this kernel ends" wait_until gave_up
}

# --- phases ------------------------------------------------------------------

# All that is here; the capture kernel runs systemd, too.
load_all_of_it()
{
	find / -xdev ! -path '/boot/*' ! -path '/kselftest/*' ! -path '/tmp/*' ! -path '/mnt/*' |
		cpio -o -H newc > /tmp/capture.img 2> /dev/null &&
		kexec -p -s /boot/kernel --initrd=/tmp/capture.img \
			--append="$CAPTURE_APPEND rdinit=/usr/lib/systemd/systemd systemd.unit=scenario.service"
}

first()
{
	# shellcheck disable=SC2086 # several words
	need "another volume is made" unlock luksFormat --batch-mode $CHEAP /dev/vdb
	make_stand_ins
	watch_console
	name_disks
	need "stand-ins for the units" systemd set-environment "PATH=/stand-ins:/usr/sbin:/usr/bin" DM_DISABLE_UDEV=1
	check "this is no capture kernel" fails_to $TOOLS/unattended
	need "the volume is tagged" tag /dev/vda
	script_of_a_boot
	hook_of_a_boot
	units_of_a_boot
	rm /etc/crypttab

	need "a crash image is loaded" load_all_of_it
	need "it has the key" wait_for_state synced
	panic_now
}

capture()
{
	name_disks
	watch_console
	check "this is a capture kernel" $TOOLS/unattended
	for word in dmcryptkeys=0x1000 fadump=on fadump=nocma; do
		with_words $word check "another one: $word" fails_to $TOOLS/unattended
	done
	hide_systemd script_of_a_capture_kernel
	hide_systemd askpass_of_a_capture_kernel
	hide_systemd hook_of_a_capture_kernel
	hide_systemd no_dump_without_systemd
	no_dump_with_systemd
	generator_of_a_capture_kernel
	units_of_a_capture_kernel

	# And now in earnest.
	units
	need "no stand-ins any more" systemd unset-environment PATH
	leave reboot
	start data
	sleep 60
	fail "it was rebooted"
}
