#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The programs load where the kernel's types are those of an older one. Ends with `N passed, N failed`.
set -u
build=$(realpath "${KT_BUILD:-build}")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
if ! "$build/kt" trace stop --kthreads -d 1ms -o "$tmp/try" >/dev/null 2>"$tmp/err"; then
	echo "SKIP: $(cat "$tmp/err")"
	echo "0 passed, 0 failed"
	exit 0
fi
timeout 120 "$build/tests/tracer/kernel_types" "$tmp/btf"
