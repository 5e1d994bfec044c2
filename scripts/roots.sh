# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Roots of Debian that are made once and kept until their packages or the suite change;
# sourced after lib.sh, never run.
#
# build/guest/NAME is a link to a root, NAME.packages to the list of its packages, a line
# "name version" for each. They lead into build/guest/NAME@ID, where ID stands for what
# the root was made of.

guests=$BUILD/guest

# fetched_date SUITE: when the mirror's suite was last changed, as its Release says.
# Whether the Release is Debian's is for mmdebstrap to judge, which fetches it again.
fetched_date()
{
	local file=$guests/$1.$$ mirror status=0
	mirror=$(debian_mirror)
	PATH=$PATH:/usr/lib/apt apt-helper -o Acquire::Retries=0 -o Acquire::http::Timeout=20 \
		download-file "${mirror%/}/dists/$1/Release" "$file" > /dev/null 2>&1 &&
		sed -n 's/^Date: *//p' "$file" | head -n 1 | grep . || status=$?
	rm -f "$file"
	return "$status"
}

# suite_date SUITE: the same, or nothing where the mirror does not answer. It is asked again
# after six hours, so that not every scenario of a run asks.
suite_date()
{
	local file=$guests/$1.date date
	if [ -z "$(find "$file" -mmin -360 2> /dev/null)" ]; then
		date=$(fetched_date "$1") || say MIRROR "no Release of $1 to be had: its roots stay as they are" >&2
		# Others may read it now.
		echo "$date" > "$file.$$"
		mv "$file.$$" "$file"
	fi
	cat "$file"
}

# is_made_of DIRECTORY WHAT DATE: WHAT is the first line of its key, DATE, unless that is
# not known, the second.
is_made_of()
{
	[ -e "$1/key" ] && [ "$(sed -n 1p "$1/key")" = "$2" ] && { [ -z "$3" ] || [ "$(sed -n 2p "$1/key")" = "$3" ]; }
}

# link_root NAME DIRECTORY: NAME leads there from now on
link_root()
{
	local file target
	for file in root packages root.tar; do
		[ -e "$2/$file" ] || continue
		target=$guests/$1${file#root}
		[ "$file" != packages ] || target=$guests/$1.packages
		[ -L "$target" ] || rm -rf "$target"
		ln -sfn "${2##*/}/$file" "$guests/new.$$"
		mv -T "$guests/new.$$" "$target"
	done
}

# remove_others NAME ONE OTHER: what NAME was at any time, but for these two directories
remove_others()
{
	local directory
	for directory in "$guests/$1"@*; do
		case ${directory##*/} in
		"${2##*/}" | "${3##*/}") ;;
		*) rm -rf "$directory" ;;
		esac
	done
}

# keep_root NAME SUITE PACKAGES COMMAND…: build/guest/NAME is a root with these packages of
# the suite as the mirror has it. If there is none, the command gets an empty directory as
# its last argument, and makes "root", "packages" and, if it likes, "root.tar" in it.
# Programs that run side by side may want the same root: one of them makes it.
keep_root()
{
	local name=$1 suite=$2 what="$2 $3" date lock directory before
	shift 3
	mkdir -p "$guests"
	exec {lock}> "$guests/$name.lock"
	flock "$lock"
	date=$(suite_date "$suite")
	before=$(readlink -f "$guests/$name") || true
	before=${before%/root}
	if ! is_made_of "$before" "$what" "$date"; then
		directory=$guests/$name@$(printf '%s\n' "$what" "$date" | sha256sum | cut -c 1-12)
		rm -rf "$guests/$name.tmp"
		mkdir "$guests/$name.tmp"
		"$@" "$guests/$name.tmp"
		[ -s "$guests/$name.tmp/packages" ] || die "$name: no list of its packages"
		printf '%s\n' "$what" "$date" > "$guests/$name.tmp/key"
		rm -rf "$directory"
		mv "$guests/$name.tmp" "$directory"
		link_root "$name" "$directory"
		# What started with the one before may still read it.
		remove_others "$name" "$directory" "$before"
	fi
	exec {lock}>&-
}

# For mmdebstrap's --aptopt: where apt takes an archive that is no longer updated, it does.
valid_until()
{
	local check
	check=$(apt-config dump --format '%v' Acquire::Check-Valid-Until)
	printf 'Acquire::Check-Valid-Until "%s"' "${check:-true}"
}

# in_own_group COMMAND…: mmdebstrap may send SIGHUP to its whole process group when it fails.
# Its caller, which reports the failure, is not in this one.
in_own_group()
(
	set -m
	"$@" &
	trap 'kill -- -$!; wait $!; exit 1' HUP INT TERM
	wait $!
)

# installed_packages ROOT: the list of the packages that are installed there
installed_packages() { dpkg-query --admindir="$1/var/lib/dpkg" -W -f '${Package} ${Version}\n' | sort; }
