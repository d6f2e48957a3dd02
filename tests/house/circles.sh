#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# No two files of a room need each other, by the symbols of the room's objects: tests/house/circles.
# Beside others: it only reads objects.
. "$(dirname "$0")/../cli/lib.sh"

# Of the sources that are there: objects of others may be left from an earlier build.
no_circle() { # no_circle ROOM
	local objects
	mapfile -t objects < <(ls "$1"/*.c | sed "s|\(.*\)\.c$|$KT_BUILD/\1.o|")
	if tests/house/circles "${objects[@]}" >"$tmp/out" 2>&1; then ok; else bad "$1" && cat "$tmp/out"; fi
}

# What finds nothing may be blind: two objects that need each other, and one that needs both.
finds_one() {
	local i
	echo 'int b(void); int a(void) { return b(); }' >"$tmp/a.c"
	echo 'int a(void); int b(void) { return a(); }' >"$tmp/b.c"
	echo 'int a(void), b(void); int c(void) { return a() + b(); }' >"$tmp/c.c"
	for i in a b c; do ${CC:-cc} -c "$tmp/$i.c" -o "$tmp/$i.o" || return 1; done
	tests/house/circles "$tmp"/[bc].o || return 1
	tests/house/circles "$tmp"/[abc].o >"$tmp/found"
	[ $? -eq 1 ] && diff - "$tmp/found" <<-'X'
		circle of 2 files: a.o b.o
		  a.o needs b.o: b
		  b.o needs a.o: a
	X
}

check 'a circle of two is found' finds_one
refused 'what is not an object' 2 'circles: .*file format' tests/house/circles tests/house/circles.sh
no_circle lib/kthread
no_circle bpf
finish
