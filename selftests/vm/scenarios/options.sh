# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What options and flags make of a mapping, how status waits, what stands in each member
# of JSON, and a header's digest with each hash. No panic: the keys are opened where they
# were designated.
#
# disk: luks2-pbkdf2
# size: 48
# overlay: luks-hashes
# phases: first

MAPPING=/dev/mapper/$NAME
VOLUMES=/etc/kexec-keys/volumes
IMAGE=/tmp/initramfs.img

ours() { kexec-keys open --name "$NAME" "$@"; }

close_volume() { check "it is closed" cryptsetup close "$NAME"; }

# --- mappings that are read-only --------------------------------------------

writes() { dd if=/dev/zero of="$MAPPING" bs=4096 count=1 conv=notrunc,fsync; }

# is_readonly WHAT: as the kernel and as cryptsetup see it
is_readonly()
{
	equal "$1: the mapping is read-only" 1 "$(blockdev --getro "$MAPPING")"
	check "$1: nothing can be written" fails_to writes
	cryptsetup status "$NAME" > "$OUT"
	says "$1: so does cryptsetup" "mode: +readonly"
	close_volume
}

readonly_mappings()
{
	need "a mapping" ours /dev/vda
	equal "a mapping: it can be written to" 0 "$(blockdev --getro "$MAPPING")"
	check "a mapping: it is written to" writes
	close_volume

	need "open --readonly" ours --readonly /dev/vda
	is_readonly "open --readonly"

	mkdir -p "${VOLUMES%/*}"
	echo "$NAME UUID=$(uuid_of /dev/vda) none read-only" > $VOLUMES
	need "the option read-only" ours
	is_readonly "the option read-only"
	rm $VOLUMES

	need "a disk is read-only" blockdev --setro /dev/vda
	need "a disk that is read-only" ours /dev/vda
	is_readonly "a disk that is read-only"
	need "it can be written to again" blockdev --setrw /dev/vda
}

# --- flags -------------------------------------------------------------------

# The table, with the key's name.
table() { dmsetup table "$NAME"; }

# Its words, but for the number of them and what each volume of this disk has.
words() { cut -d ' ' -f 10- | sed 's/ *sector_size:[0-9]*$//'; }

# as_cryptsetup WHAT WORDS DEVICE: both make this table, which has these words
as_cryptsetup()
{
	need "$1: cryptsetup opens it" unlock open "$3" "$NAME"
	table > /tmp/table
	close_volume
	need "$1: the shim opens it" ours "$3"
	equal "$1: the same table" "$(cat /tmp/table)" "$(table)"
	equal "$1: its words" "$2" "$(words < /tmp/table)"
	close_volume
}

# Those that are kept in the header.
persistent_flags()
{
	as_cryptsetup "no flag" "" /dev/vda
	for flag in allow-discards:allow_discards perf-same_cpu_crypt:same_cpu_crypt \
		perf-submit_from_crypt_cpus:submit_from_crypt_cpus perf-no_read_workqueue:no_read_workqueue \
		perf-no_write_workqueue:no_write_workqueue; do
		word=${flag#*:}
		need "$word: it is kept" unlock open --persistent "--${flag%:*}" /dev/vda "$NAME"
		close_volume
		as_cryptsetup "$word" "$word" /dev/vda
	done
	all="allow_discards same_cpu_crypt submit_from_crypt_cpus no_read_workqueue no_write_workqueue"
	need "all flags: they are kept" unlock open --persistent --allow-discards --perf-same_cpu_crypt \
		--perf-submit_from_crypt_cpus --perf-no_read_workqueue --perf-no_write_workqueue /dev/vda "$NAME"
	close_volume
	as_cryptsetup "all flags" "$all" /dev/vda
	need "no flag any more: it is kept" unlock open --persistent /dev/vda "$NAME"
	close_volume
	as_cryptsetup "no flag any more" "" /dev/vda
}

# Of $VOLUMES and of the command line, which add up with those of the header.
options()
{
	echo "$NAME UUID=$(uuid_of /dev/vda) none luks,no-read-workqueue,submit-from-crypt-cpus" > $VOLUMES
	need "a flag in the header" unlock open --persistent --allow-discards /dev/vda "$NAME"
	close_volume
	need "other flags in the table of volumes" ours
	equal "other flags in the table of volumes: all" "allow_discards submit_from_crypt_cpus no_read_workqueue" \
		"$(table | words)"
	close_volume
	rm $VOLUMES
	need "no flag in the header" unlock open --persistent /dev/vda "$NAME"
	close_volume

	echo "$(cat /proc/cmdline) rd.luks.options=$(uuid_of /dev/vda)=discard,no-write-workqueue" > /tmp/cmdline
	need "flags on the command line" mount --bind /tmp/cmdline /proc/cmdline
	need "flags on the command line: it is opened" ours /dev/vda
	equal "flags on the command line: these" "allow_discards no_write_workqueue" "$(table | words)"
	umount /proc/cmdline
	close_volume
}

# --- status ------------------------------------------------------------------

# is_quiet WHAT STATUS
is_quiet()
{
	refused "$1: status --quiet" "$2" kexec-keys status --quiet
	equal "$1: not a word" "" "$(cat "$OUT")"
}

elapsed() { echo $(($(cut -d . -f 1 /proc/uptime) - $1)); }

# What the kernel would say then lies over its state files.
wait_in_vain()
{
	rm -rf /tmp/state
	cp -r $KEYS /tmp/state 2> /dev/null
	echo stale > /tmp/state/crash/state
	echo pending > /tmp/state/crash/reason
	need "other state files are seen" mount --bind /tmp/state $KEYS
	started=$(cut -d . -f 1 /proc/uptime)
	refused "an image that does not follow: status --wait=8" 14 kexec-keys status --wait=8
	says "an image that does not follow: it says so" "does not hold the latest change of the keys yet"
	check "an image that does not follow: it is waited for" test "$(elapsed "$started")" -ge 7
	started=$(cut -d . -f 1 /proc/uptime)
	refused "an image that does not follow: status" 14 kexec-keys status
	check "an image that does not follow: status does not wait" test "$(elapsed "$started")" -le 4
	need "the kernel's own are seen again" umount $KEYS
}

# --- JSON --------------------------------------------------------------------

state_of() { cat "$KEYS/$1"; }

# A list of members of a directory of state files: words are quoted, numbers are not.
members_of()
{
	directory=$1 comma=
	shift
	for file in "$@"; do
		value=$(state_of "$directory/$file")
		case $file in
		state | reason | verify | source | status | release) value="\"$value\"" ;;
		esac
		printf '%s"%s":%s' "$comma" "$file" "$value"
		comma=,
	done
}

# Without what makes it easy to read.
packed() { sed 's/^ *//' "$OUT" | tr -d '\n'; }

# status_is WHAT STATUS SENTENCE NEXT: all members, in their order
status_is()
{
	refused "$1: status --json" "$2" kexec-keys status --json
	equal "$1: all members of status" "$(
		printf '{"version":1,"crash":{%s},"reboot":{%s},"adopted":{%s},' \
			"$(members_of crash state reason verify carried not_carried)" \
			"$(members_of reboot state reason carried not_carried)" \
			"$(members_of adopted count skipped source status)"
		printf '"exit_status":%s,"sentence":"%s","next":"%s","ring":%s,"generation":%s}' \
			"$2" "$3" "$4" "$(state_of ring)" "$(state_of generation)"
	)" "$(packed)"
}

# key_is SERIAL STATE EXPIRY [MEMBERS]: one of the list; for one that is gone, no more is known
key_is()
{
	rest=$(keyctl rdescribe "$1" 2> /dev/null || echo ';0;0;00000000;')
	printf '{"serial":%s,"state":"%s","type":"%s","description":"%s","uid":%s,"gid":%s,"perm":"%s","expiry":"%s"%s}' \
		"$1" "$2" "$(echo "$rest" | cut -d ';' -f 1)" "$(echo "$rest" | cut -d ';' -f 5-)" "$(echo "$rest" | cut -d ';' -f 2)" \
		"$(echo "$rest" | cut -d ';' -f 3)" "$(echo "$rest" | cut -d ';' -f 4)" "$3" "$4"
}

# list_is WHAT KEYS
list_is()
{
	need "$1: list --json" kexec-keys list --json
	equal "$1: all members of list" \
		"{\"version\":1,\"ring\":$(state_of ring),\"generation\":$(state_of generation),\"keys\":[$2]}" "$(packed)"
}

json_of_list()
{
	list_is "one key" "$(key_is "$(member "$(key_name)")" valid perm ",\"uuid\":\"$(uuid_of /dev/vda)\",\"digest\":0")"
	need "the volume is opened" ours /dev/vda
	volume=",\"uuid\":\"$(uuid_of /dev/vda)\",\"digest\":0,\"mapping\":\"$NAME\",\"device\":\"/dev/vda\""
	list_is "an open volume" "$(key_is "$(member "$(key_name)")" valid perm "$volume")"

	# A process that has it in its session keyring may do so, and may see it.
	other=$(keyctl add logon other:key "$(printf %064d 7)" @s)
	need "another key expires in ten days" keyctl timeout "$other" 864000
	need "and has an owner" keyctl chown "$other" 7
	need "and is designated" keyctl link "$other" "$(ring)"
	keys=
	for serial in $(keyctl rlist "$(ring)"); do
		if [ "$serial" = "$other" ]; then
			keys="$keys,$(key_is "$serial" valid 1w)"
		else
			keys="$keys,$(key_is "$serial" valid perm "$volume")"
		fi
	done
	list_is "another key" "${keys#,}"
	keyctl unlink "$other" "$(ring)"
	keyctl unlink "$other" @s
	close_volume
}

# check_is WHAT STATUS VERDICT INITRAMFS IDS: the sentences are those of the text
check_is()
{
	refused "$1: check" "$2" kexec-keys check ${4:+--initramfs $4}
	findings='' notes=''
	for id in $5; do
		line=$(sed -n 's/^- //p' "$OUT" | sed -n "$(($(echo "$findings" | grep -o '"id"' | wc -l) + 1))p")
		findings="$findings,{\"id\":\"$id\",\"sentence\":\"${line%; next: *}\",\"command\":\"$(echo "${line#*; next: }" | sed 's/"/\\"/g')\"}"
	done
	equal "$1: so many findings" "$(echo "$5" | wc -w)" "$(grep -c '^- ' "$OUT")"
	sentence=$(tail -n 1 "$OUT")
	notes=$(sed -n 's/^Note: \(.*\)\.$/"\1"/p' "$OUT" | tr '\n' ',')
	members="{\"version\":1,\"exit_status\":$2,\"verdict\":\"$3\",\"sentence\":\"$sentence\",${4:+\"initramfs\":\"$4\",}"
	members="$members\"findings\":[${findings#,}],\"notes\":[${notes%,}]}"
	refused "$1: check --json" "$2" kexec-keys check --json --batch-mode ${4:+--initramfs $4}
	equal "$1: all members of check" "$members" "$(packed)"
}

# --- hashes ------------------------------------------------------------------

# The digest, by the key's serial, with the hashes that this kernel has; both keys have
# the same name.
hashes()
{
	for hash in sha1 sha224 sha256 sha384 sha512; do
		dd if="/hashes/$hash.img" of=/dev/vdb bs=1M conv=fsync 2> /dev/null
		blockdev --flushbufs /dev/vdb
		name="cryptsetup:$(uuid_of /dev/vdb)-d0"
		keyctl padd logon "$name" "$(ring)" < /hashes/key > /dev/null
		check "$hash: the key of the volume" kexec-keys open --debug --test /dev/vdb
		says "$hash: by the kernel's HMAC" "iterations of $hash: match"
		printf x | cat - /hashes/key | head -c 64 | keyctl padd logon "$name" "$(ring)" > /dev/null
		refused "$hash: another key" 16 kexec-keys open --test /dev/vdb
		says "$hash: it does not match" "does not match the header"
		keyctl unlink "0x$(serial_of "$name")" "$(ring)"
	done
}

first()
{
	need "this system has a name" sh -c "echo ID=debian > /etc/os-release"
	echo usr/sbin/kexec-keys | (cd / && cpio -o -H newc 2> /dev/null) > $IMAGE
	is_quiet "no image" 12
	status_is "no image" 12 "No crash kernel is loaded: a panic would save no dump at all." \
		'load one with kexec -p -s (Debian: kdump-config load; Fedora: kdumpctl start)'
	list_is "no key" ""
	check_is "no image" 12 bad "" "no-image no-key"
	need "a crash image is loaded" load_crash
	is_quiet "no key" 15
	check_is "no key" 15 bad $IMAGE no-key
	need "the volume is tagged" tag /dev/vda
	need "the image has the key" wait_for_state synced
	is_quiet "a key" 0
	status_is "a key" 0 "If this machine panics now, the capture kernel will have 1 key." ""
	check_is "a key" 0 good $IMAGE
	check_is "no initramfs" 0 good ""
	json_of_list
	wait_in_vain
	readonly_mappings
	persistent_flags
	options
	hashes
}
