#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# scripts/version: a number and git's revision, in trees of all sorts.
# Beside others: it only looks at trees of its own.
. "$(dirname "$0")/lib.sh"

mkdir -p "$tmp/tree/scripts"
cp scripts/version "$tmp/tree/scripts"
# says NAME PATTERN: what scripts/version says of the tree now
says() {
	"$tmp/tree/scripts/version" 0.1.0 >"$tmp/version"
	check "$1: $(cat "$tmp/version")" grep -qE "^$2\$" "$tmp/version"
}
git() { command git -C "$tmp/tree" -c user.name=test -c user.email=test@localhost "$@" >"$tmp/git" 2>&1; }
commit() {
	git add .
	git commit -qm "$1"
}

says 'without git' '0\.1\.0'
command git init -q "$tmp"
says 'below another tree' '0\.1\.0'
command git init -q "$tmp/tree"
says 'without a commit' '0\.1\.0'
printf 'VERSION\t\t:= 0.1.0\nall:\n' >"$tmp/tree/Makefile"
commit 'the number'
says 'where the number begins' '0\.1\.0-0-g[0-9a-f]{7,}'
echo '	true' >>"$tmp/tree/Makefile"
says 'changed' '0\.1\.0-0-g[0-9a-f]{7,}\+'
commit 'another change'
says 'a commit later' '0\.1\.0-1-g[0-9a-f]{7,}'
clone() { # clone DEPTH: that much of it; what scripts/version says of that
	rm -rf "$tmp/clone"
	command git clone -q --depth "$1" "file://$tmp/tree" "$tmp/clone" 2>"$tmp/git"
	"$tmp/clone/scripts/version" 0.1.0 >"$tmp/version"
}
clone 1
check "a shallow clone does not count: $(cat "$tmp/version")" grep -qE '^0\.1\.0-g[0-9a-f]{7,}$' "$tmp/version"
clone 9
check "one of all commits does: $(cat "$tmp/version")" grep -qE '^0\.1\.0-1-g[0-9a-f]{7,}$' "$tmp/version"
touch "$tmp/tree/notes"
says 'a file that git does not know' '0\.1\.0-1-g[0-9a-f]{7,}'
git tag v0.1.0
says 'a release' '0\.1\.0'
clone 1
check "a shallow clone of it: $(cat "$tmp/version")" grep -qx '0\.1\.0' "$tmp/version"
echo x >>"$tmp/tree/Makefile"
says 'a release that was changed' '0\.1\.0\+'
commit 'after the release'
says 'after a release' '0\.1\.0-1-g[0-9a-f]{7,}'
finish
