#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The C sources are laid out as `make format` leaves them. Other versions of clang-format lay out otherwise.
# Beside others: it only reads sources.
. "$(dirname "$0")/../cli/lib.sh"

wanted=14
laid_out() { # laid_out DIRECTORY: names the files that would change
	(cd "$1" && sed -n 's/.*\(git ls-files.*\) | xargs clang-format -i$/\1/p' Makefile | sh) >"$tmp/files" || return 1
	[ -s "$tmp/files" ] || { echo 'no file is laid out' >&2; return 1; }
	(cd "$1" && xargs -P 2 -n 20 clang-format --dry-run --Werror <"$tmp/files" 2>&1) | sed -n 's/:.*//p' | sort -u >"$tmp/differ"
	sed 's/$/: make format would change it/' "$tmp/differ"
	[ ! -s "$tmp/differ" ]
}

if ! clang-format --version 2>/dev/null | grep -q "version $wanted\."; then
	skip "clang-format $wanted is not installed (package clang-format-$wanted): the layout was not looked at"
elif ! git rev-parse --git-dir >/dev/null 2>&1; then
	skip 'not a git checkout: the list of sources is not known'
else
	check 'make format changes nothing' laid_out .
	mkdir "$tmp/other"
	cp .clang-format Makefile "$tmp/other"
	echo 'int  x ;' >"$tmp/other/x.c"
	git -C "$tmp/other" init -q && git -C "$tmp/other" add x.c
	if laid_out "$tmp/other" >/dev/null; then bad 'a file that is not laid out is seen'; else ok; fi
fi
finish
