# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Shared by scripts/vm/*: where the cache is, how packages of another suite are had without touching this machine's own
# package sources, lists and caches. Exit status 77 everywhere: it cannot be had here; the reason is on stderr.
set -euo pipefail
vm_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${KT_VM_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/kt-vm}
KT_VM_RESOLVE_DAYS=${KT_VM_RESOLVE_DAYS:-7}

cannot() { # cannot REASON...
	echo "$*" >&2
	exit 77
}

# kernel_row NAME: sets suite and pattern
kernel_row() {
	read -r suite pattern < <(awk -v k="$1" '$1 == k { print $2, $3 }' "$vm_dir/kernels") && [ -n "$suite" ] || {
		echo "unknown kernel '$1': expected one of $(awk '!/^#/ { printf "%s%s", s, $1; s = ", " }' "$vm_dir/kernels")" >&2
		exit 2
	}
	kernel_name=$1
}

# suite_lock: one process at a time changes what the cache has of $suite. Held until the process ends.
suite_lock() {
	mkdir -p "$cache/apt/$suite"
	exec 9>"$cache/apt/$suite/lock"
	flock 9
}

# The distribution's address as this machine's own sources name it; the one for security is it with -security.
mirror() {
	local uri
	[ -z "${KT_VM_MIRROR:-}" ] || { echo "$KT_VM_MIRROR" && return; }
	uri=$({
		awk '$1 == "URIs:" { for (i = 2; i <= NF; i++) print $i }' /etc/apt/sources.list.d/*.sources
		sed -n -E 's/^deb +(\[[^]]*\] +)?([^ ]+) .*/\2/p' /etc/apt/sources.list /etc/apt/sources.list.d/*.list
	} 2>/dev/null | grep -E '/debian/?$' | head -n 1) || :
	uri=${uri:-http://deb.debian.org/debian}
	echo "${uri%/}"
}

# suite_apt: makes apt-get and apt-cache (as private_apt COMMAND ARGUMENT...) see $suite alone. Directories, hooks and
# settings are the cache's own; of the machine's settings only those for fetching (proxies) are taken over.
suite_apt() {
	local st=$cache/apt/$suite keyring=/usr/share/keyrings/debian-archive-keyring.gpg uri
	command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || cannot 'no apt-get and dpkg-deb here'
	[ -e $keyring ] || cannot "no $keyring: apt-get install debian-archive-keyring"
	uri=$(mirror)
	case $suite in *-security) uri=$uri-security ;; esac
	mkdir -p "$st"/{lists,cache,etc}/partial "$st/cache/archives/partial" "$st/src"
	printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' "$uri" "$suite" $keyring \
		>"$st/src/kt.sources"
	{
		apt-config dump | grep '^Acquire::' || :
		cat <<-C
			Acquire::Languages "none";
			Acquire::Retries "2";
			Acquire::http::Timeout "20";
			Acquire::https::Timeout "20";
			APT::Architecture "amd64";
			APT::Architectures "amd64";
			APT::Sandbox::User "root";
			Dir::Etc::Main "/dev/null";
			Dir::Etc::Parts "$st/etc";
			Dir::Etc::SourceList "/dev/null";
			Dir::Etc::SourceParts "$st/src";
			Dir::Etc::Preferences "/dev/null";
			Dir::Etc::PreferencesParts "$st/etc";
			Dir::State "$st";
			Dir::State::Lists "$st/lists";
			Dir::State::status "/dev/null";
			Dir::Cache "$st/cache";
			Dir::Log "$st";
		C
	} >"$st/apt.conf"
}

private_apt() { APT_CONFIG=$cache/apt/$suite/apt.conf "$@"; }

# suite_update: the index of $suite, not older than an hour.
suite_update() {
	local st=$cache/apt/$suite err
	[ -z "$(find "$st/updated" -mmin -60 2>/dev/null)" ] || return 0
	if ! err=$(private_apt apt-get -qq update 2>&1) || grep -qE '^(E|W: Failed)' <<<"$err"; then
		grep -E '^[EW]:' <<<"$err" | head -n 1 | sed "s/^[EW]: */the index of $suite cannot be had: /" >&2
		return 1
	fi
	touch "$st/updated"
}

# unpack DESTINATION PACKAGE...: fetches and unpacks them; DESTINATION is there whole or not at all.
unpack() {
	local dest=$1 tmp deb err
	shift
	mkdir -p "${dest%/*}"
	tmp=$(mktemp -d "${dest%/*}/.tmp.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 130' INT TERM HUP
	mkdir "$tmp/deb" "$tmp/root"
	if ! err=$(cd "$tmp/deb" && private_apt apt-get -qq download "$@" 2>&1); then
		cannot "cannot fetch $*: $(grep '^E:' <<<"$err" | head -n 1)"
	fi
	for deb in "$tmp"/deb/*.deb; do
		dpkg-deb -x "$deb" "$tmp/root" 9>&-
	done
	rm -rf "$dest"
	mv "$tmp/root" "$dest"
	rm -rf "$tmp"
	trap - EXIT INT TERM HUP
}
