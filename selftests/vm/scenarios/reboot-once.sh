# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# One ordinary kexec, in other circumstances: without KASLR, with memory that ends
# behind the buffer or in it, with more keys than fit the buffer, when it was not turned
# on, when it was turned off again, when the next kernel is to adopt nothing, and with an
# image of kexec_load(2).
#
# disk: none
# mem: 1024
# phases: first next
# runs: nokaslr memory-ends-behind-it memory-ends-in-it ceiling unarmed disarmed not-adopted kexec_load

# run comes from the command line
words="run=${run:?}"

# Where the host moves the buffer as the next kernel is entered; its size; what a page has.
PLACE=$((512 << 20))
BUFFER=131072
PAGE=4096

first()
{
	[ "$run" != ceiling ] || find_ceiling
	need "$run: a key is designated" designate some:key 64
	case $run in
	memory-ends-behind-it) load_where_memory_ends $((PLACE + BUFFER)) ;;
	memory-ends-in-it) load_where_memory_ends $((PLACE + BUFFER - PAGE)) ;;
	*) load_once ;;
	esac
	[ "$run" != ceiling ] || outgrow_buffer
	[ "$run" = unarmed ] || need "$run: carrying over is turned on" turn_on
	[ "$run" != disarmed ] || need "$run: and off again" turn_off
	equal "$run: the state" "$(expected_state)" "$(reboot_state)"
	kexec_now
}

load_once()
{
	[ "$run" != nokaslr ] || words="$words nokaslr"
	[ "$run" != not-adopted ] || words="$words kexec_keys.adopt=N"
	# shellcheck disable=SC2034 # load_next's
	[ "$run" != kexec_load ] || LOAD_NEXT_BY=-c
	need "$run: the next kernel is loaded" load_next next "$words"
}

expected_state()
{
	case $run in
	unarmed | disarmed) echo "disabled parameter 0" ;;
	kexec_load) echo "unsupported kexec_load 0" ;;
	ceiling) echo "armed none 13" ;;
	*) echo "armed none 1" ;;
	esac
}

load_where_memory_ends()
{
	# shellcheck disable=SC2034 # load_next's
	LOAD_NEXT_BY=-ds
	need "$run: the next kernel is loaded" load_next next "$words mem=$1"
	ask move-at "$(kernel_entry)" "$(printf %x $PLACE)"
}

# --- more keys than fit ---

# designate NAME LENGTH
designate() { head -c "$2" /dev/zero | tr '\0' 7 | keyctl padd logon "$1" "$(ring)"; }

load_small() { kexec -l -s /tmp/small-kernel --initrd=/guest/lib.sh --append="$CAPTURE_APPEND"; }

# The pages of a buffer are in one piece, of 4 MiB at most.
find_ceiling()
{
	need "$run: there is a kernel that is loaded sooner" make_small_kernel
	need "$run: carrying over is turned on" turn_on
	need "$run: many keys are designated" fill "$(ring)" large 120 32000
	need "$run: an image is loaded with 3,840,000 bytes of keys" load_small
	equal "$run: it would carry all" "armed none 120 0" "$(reboot_state) $(cat $KEYS/reboot/not_carried)"
	need "$run: some more are" fill "$(ring)" larger 20 32000
	need "$run: an image is loaded with 4,480,000 bytes of keys" load_small
	equal "$run: it would carry what fits" "armed none 130 10" "$(reboot_state) $(cat $KEYS/reboot/not_carried)"
	need "$run: the ring is cleared" keyctl clear "$(ring)"
}

# The small keys and four large ones fit the buffer that was made for one small key.
outgrow_buffer()
{
	for number in 1 2 3 4 5 6 7 8; do
		need "$run: a small key is designated" designate "small:key$number" 64
	done
	# What is designated last is mostly read first: some follow what does not fit.
	for number in 1 2 3 4 5 6; do
		need "$run: a large key is designated" designate "large:key$number" 30000
	done
	equal "$run: two would not be carried" 2 "$(cat $KEYS/reboot/not_carried)"
}

# --- the next kernel ---

expected()
{
	case $run in
	unarmed | disarmed) echo "empty 0" ;;
	not-adopted) echo "parameter 0" ;;
	kexec_load) echo "none 0" ;;
	memory-ends-in-it) echo "not-ram 0" ;;
	ceiling) echo "ok 13" ;;
	*) echo "ok 1" ;;
	esac
}

next()
{
	equal "$run: what is adopted" "$(expected)" "$(cat $KEYS/adopted/status) $(cat $KEYS/adopted/count)"
	equal "$run: nothing is skipped" 0 "$(cat $KEYS/adopted/skipped)"
	[ "$run" != unarmed ] || equal "$run: the log says nothing of a buffer" "" "$(dmesg | grep "kexec-keys: .*\(buffer\|adopt\)")"
}
