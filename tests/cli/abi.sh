#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Programs linked with an earlier libkthread.so.0 run with this one: no symbol is gone or means another thing, and no public type has
# changed since lib/kthread/libkthread.abi was made. Additions break nothing. On purpose: a new soname, and `make abi`.
. "$(dirname "$0")/lib.sh"

if ! command -v abidiff >/dev/null; then
	skip 'no abidiff: apt-get install abigail-tools'
	finish
elif [ "$(uname -m)" != x86_64 ]; then
	skip "types were written down for x86_64, this is $(uname -m)"
	finish
fi
make -s BOOTSTRAP=no B="${KT_BUILD#"$PWD/"}" ABI="$tmp/now.abi" abi >"$tmp/out" 2>"$tmp/err" || {
	if grep -q 'says nothing of types' "$tmp/err"; then skip "$(cat "$tmp/err")"; else bad "make abi: $(cat "$tmp/err")"; fi
	finish
}
compatible() { abidiff --no-added-syms --no-unreferenced-symbols --impacted-interfaces "$1" "$2"; }
if ! compatible lib/kthread/libkthread.abi "$tmp/now.abi" >"$tmp/report" 2>&1; then
	bad 'programs that are linked with libkthread.so.0 would break'
	cat "$tmp/report"
else
	ok
fi
finish
