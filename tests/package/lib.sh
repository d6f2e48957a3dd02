# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Shared by tests/package/*.sh: tests/cli/lib.sh, and root directories of Debian's releases, which debootstrap makes anew and which
# are removed at the end. What is mounted in one is so in a mount namespace of its own, and goes with the last process in there,
# however that ends. KT_PACKAGE_STRICT=1: what would be skipped is a failure.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/../cli/lib.sh"

there=$KT_BUILD/package
roots=$there/$$
# What a test left that was killed.
for old in "$there"/[0-9]*; do
	[ ! -d "$old" ] || [ -d "/proc/${old##*/}" ] || rm -rf --one-file-system "$old"
done
mkdir -p "$roots"
trap 'rm -rf --one-file-system "$tmp" "$roots"' EXIT
trap 'exit 130' INT TERM HUP

skip() {
	if [ "${KT_PACKAGE_STRICT:-0}" = 1 ]; then bad "skipped: $*"; else printf 'SKIP: %s\n' "$*"; fi
}

# needs_command COMMAND PACKAGE: ends the test where it is not there
needs_command() {
	PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null && return
	skip "no $1: install $2"
	finish
}

# make_here TARGET...: as make was called for this build
make_here() { make -s BOOTSTRAP=no B="${KT_BUILD#"$PWD/"}" "$@"; }

# root_of CODENAME: makes $roots/CODENAME, from where this machine's own packages come. Where it cannot be had: status 1, and the reason
# in $why.
root_of() {
	local log=$there/debootstrap-$1.log mirror
	why='not permitted: root, and a mount namespace, for a root directory of another release'
	[ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null || return 1
	why='no debootstrap for a root directory of another release: apt-get install debootstrap'
	PATH=$PATH:/usr/sbin:/sbin command -v debootstrap >/dev/null || return 1
	mirror=$(. scripts/vm/lib.sh && mirror)
	mkdir -p "$there/debs"
	if ! timeout 600 unshare -m debootstrap --variant=minbase --cache-dir="$there/debs" "$1" "$roots/$1" "$mirror" >"$log" 2>&1; then
		why="no root directory of $1: $(grep '^E:' "$log" | tail -n 1)"
		rm -rf --one-file-system "${roots:?}/$1"
		return 1
	fi
	# How this machine reaches its packages.
	! command -v apt-config >/dev/null || apt-config dump | grep -E '^Acquire::(https?|Check-)' >"$roots/$1/etc/apt/apt.conf.d/90kt"
}

# in_root DIRECTORY COMMAND...: with nothing of this environment, and bounded
in_root() {
	local dir=$1
	shift
	timeout --kill-after=10 "${limit:-600}" unshare -m sh -c 'for i in proc sys dev; do mkdir -p "$0/$i" && mount --rbind /$i "$0/$i" || exit; done
		exec chroot "$0" "$@"' "$dir" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		HOME=/root XDG_STATE_HOME=/tmp LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@" </dev/null
}

# has PATTERN COMMAND...: it succeeds, and prints that
has() {
	local pattern=$1 printed
	shift
	printed=$("$@") && grep -e "$pattern" <<<"$printed"
}

# files_of DIRECTORY: what is there, except what package managers keep for themselves
files_of() {
	(cd "$1" && find . -xdev \( -path ./var/lib/dpkg -o -path ./var/lib/apt -o -path ./var/cache -o -path ./var/log -o -path ./tmp \) \
		-prune -o -print | sort)
}

# readme_code SECTION: the first C program of README.md there
readme_code() {
	awk -v section="## $1" '/^## / { on = $0 == section } on && /^```/ { if (c) exit; c = $0 == "```c"; next } on && c' README.md
}
