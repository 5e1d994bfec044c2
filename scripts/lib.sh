# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the shell scripts of this directory share; sourced, never run.

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
BUILD=$ROOT/build
BASE=${BASE:-6.12}
ARCH=${ARCH:-x86_64}

# Git must act alike on every machine: no user's or system's settings.
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export LC_ALL=C.UTF-8
# A user's PATH lacks these on Debian.
export PATH=$PATH:/usr/sbin:/sbin

say() { printf '  %-7s %s\n' "$1" "$2"; }

die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# A path as the user would type it from the top of the clone.
short() { printf '%s' "${1#"$ROOT"/}"; }

require_base()
{
	[ -d "$ROOT/patches/$BASE" ] || die "no series for BASE=$BASE (there is no patches/$BASE)"
}

# For ARCH: the kernel's name of it, the compilers' prefix, the image that kexec
# loads, where the build leaves it, Debian's name, and the suite that the guests'
# userspace comes from (not every mirror has every architecture of each at all
# times); how directories of programs end.
# shellcheck disable=SC2034 # for the scripts that source this
set_kernel_arch()
{
	case $ARCH in
	x86_64) set -- x86_64 '' bzImage arch/x86/boot/bzImage amd64 trixie ;;
	arm64) set -- arm64 aarch64-linux-gnu- Image arch/arm64/boot/Image arm64 trixie ;;
	ppc64le) set -- powerpc powerpc64le-linux-gnu- vmlinux vmlinux ppc64el forky ;;
	riscv64) set -- riscv riscv64-linux-gnu- Image arch/riscv/boot/Image riscv64 forky ;;
	*) die "ARCH=$ARCH: it may be x86_64, arm64, ppc64le, riscv64" ;;
	esac
	SUFFIX=
	[ "$ARCH" = "$(uname -m)" ] || SUFFIX=-$ARCH
	KERNEL_ARCH=$1 CROSS_COMPILE=$2 IMAGE=$3 IMAGE_BUILT=$4 DEBIAN_ARCH=$5 SUITE=${SUITE:-$6}
}

# shim_tarball DIRECTORY FILE: the shim's source as a release has it, in DIRECTORY.
shim_tarball()
{
	git -C "$ROOT/userspace" ls-files -co --exclude-standard -z |
		tar -C "$ROOT/userspace" --null -T - --transform "s,^,$1/," --sort=name --mtime=@0 \
			--owner=0 --group=0 --numeric-owner -czf "$2"
}

# kbuild SOURCE OUT [ARGUMENT…]: in the same words everywhere, so that ccache finds
# what another clone has built.
kbuild()
{
	local source=$1 out=$2
	shift 2
	CCACHE_BASEDIR=$ROOT CCACHE_NOHASHDIR=1 \
		KBUILD_BUILD_TIMESTAMP='@0' KBUILD_BUILD_USER=kexec-keys KBUILD_BUILD_HOST=kexec-keys \
		make -s -C "$source" O="$out" ARCH="$KERNEL_ARCH" CROSS_COMPILE="$CROSS_COMPILE" \
		CC="ccache ${CROSS_COMPILE}gcc" LOCALVERSION= "$@"
}

tree_dir() { printf '%s' "$BUILD/tree/$BASE"; }
series_dir() { printf '%s' "$ROOT/patches/$BASE"; }

# Names of the patches, in order.
series_patches()
{
	local series
	series=$(series_dir)/series
	[ ! -e "$series" ] || sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$series"
}

# One number for the whole series as it stands in patches/.
series_id()
{
	series_patches | while read -r patch; do
		cat "$(series_dir)/$patch"
	done | sha256sum | cut -d' ' -f1
}

# The Debian package's tarball; scripts/deps puts it in one of two places.
source_tarball()
{
	local tarball
	for tarball in "/usr/src/linux-source-$BASE.tar.xz" "$BUILD/deb/usr/src/linux-source-$BASE.tar.xz"; do
		[ ! -e "$tarball" ] || { printf '%s' "$tarball"; return; }
	done
	die "no linux-source-$BASE here; scripts/deps installs it"
}

# Name and version of the package that a tarball came with.
source_package()
{
	if [ "$1" = "$BUILD/deb/usr/src/linux-source-$BASE.tar.xz" ]; then
		cat "$BUILD/deb/package"
	else
		dpkg-query -W -f '${Package} ${Version}\n' "linux-source-$BASE"
	fi
}

# The mirror that this machine's apt uses; known only while apt has its lists.
known_mirror()
{
	apt-get indextargets --format "\$(ORIGIN)|\$(LABEL)|\$(REPO_URI)" |
		awk -F '|' '$1 == "Debian" && $2 == "Debian" && !found++ { print $3 }'
}

debian_mirror()
{
	local mirror
	mirror=$(known_mirror)
	if [ -z "$mirror" ]; then
		as_root apt-get update > /dev/null
		mirror=$(known_mirror)
	fi
	[ -n "$mirror" ] || die "apt knows no Debian mirror; add one to /etc/apt/sources.list"
	printf '%s' "$mirror"
}

# use_suite DIRECTORY TYPE SUITE: from now on ${APT[@]} is an apt-get with the packages (deb)
# or sources (deb-src) of that suite, whatever this machine's own are: they stay as they are.
use_suite()
{
	local apt=$1
	rm -rf "$apt"
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/sources.d"
	printf '%s %s %s main\n' "$2" "$(debian_mirror)" "$3" > "$apt/sources.list"
	APT=(apt-get -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts="$apt/sources.d"
		-o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt/cache" -o APT::Sandbox::User=root)
	"${APT[@]}" update
}

as_root()
{
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		command -v sudo > /dev/null || die "not root and no sudo; as root: $*"
		sudo "$@"
	fi
}
