#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The house: includes run downward between rooms, and the check that says so sees each kind of fault.
# Beside others: it only reads sources.
. "$(dirname "$0")/../cli/lib.sh"

tests/house/arrows >"$tmp/arrows"
status=$?
grep FAIL "$tmp/arrows"
check 'includes run downward' test $status -eq 0

mkdir "$tmp/copy"
cp -r bench bpf lib kt.c "$tmp/copy"
# red NAME PATTERN FILE LINE: LINE put at the end of FILE makes the check say PATTERN
red() {
	cp "$tmp/copy/$3" "$tmp/kept" 2>/dev/null || : >"$tmp/kept"
	echo "$4" >>"$tmp/copy/$3"
	tests/house/arrows "$tmp/copy" >"$tmp/said"
	check "seen: $1" grep -qE -- "$2" "$tmp/said"
	cp "$tmp/kept" "$tmp/copy/$3"
}
red 'an upward arrow' 'lib/record/record.c: upward arrow: .*bpf/tracer.h' lib/record/record.c '#include "bpf/tracer.h"'
red 'a circle of rooms' 'circle of rooms: .*bpf.*lib/target' lib/target/targets.c '#include "bpf/tracer.h"'
red 'a way around the door' 'may include only arm.h' bench/drivers/park.c '#include "bench/arms/thread.h"'
red 'a path that is not from the root' 'not a path from the root' lib/record/record.c '#include "record.h"'
mkdir "$tmp/copy/lib/attic"
red 'a room nobody knows' 'lib/attic/x.c: no room' lib/attic/x.c 'int x;'
finish
