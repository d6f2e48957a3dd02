#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `make dist`: the same tarball each time, with what packagers look for at its root; without git it says its version.
. "$(dirname "$0")/lib.sh"

git rev-parse -q --verify HEAD >/dev/null 2>&1 || {
	skip 'not a git checkout, from whose files the tarball is made'
	finish
}
version=$(sed -n 's/^VERSION[[:space:]]*:= //p' Makefile)
check 'a tarball' scripts/package/dist "$tmp/1" "$version"
check 'and once more' scripts/package/dist "$tmp/2" "$version"
name=kt-$version
check 'of the same bytes' cmp "$tmp/1/dist/$name.tar.gz" "$tmp/2/dist/$name.tar.gz"
tar -xf "$tmp/1/dist/$name.tar.gz" -C "$tmp"
check 'all files of git, and no other' sh -c "git ls-tree -r --name-only HEAD | sort >'$tmp/want'; cd '$tmp/$name' &&
	find . ! -type d | sed 's,^\./,,' | grep -vE '^(debian/|kt.spec$|\.version$)' | sort | diff '$tmp/want' -"
check 'the files of packagers' test -x "$tmp/$name/debian/rules" -a -s "$tmp/$name/kt.spec"
check 'the version that git would say' sh -c "test \"\$('$tmp/$name/scripts/version' $version)\" = \"\$(scripts/version $version | sed 's/+\$//')\""
check 'and all versions agree' sh -c "grep -qx 'Version:	$version' '$tmp/$name/kt.spec' && head -1 '$tmp/$name/debian/changelog' | grep -qF '($version)'"
refused 'a tree without git' 2 'not a git checkout' "$tmp/$name/scripts/package/dist" "$tmp/3" "$version"
finish
