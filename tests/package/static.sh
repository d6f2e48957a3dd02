#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `make static`: both programs work in root directories of Debian 11 and 13, and where only the system calls of an older kernel are
# answered: that of Ubuntu 16.04, and the first with memfd_create(), without which kt bench has no page to share with its workers. What such
# kernels do otherwise is not shown here: `make check-vm-all` boots 5.10 and later.
. "$(dirname "$0")/lib.sh"

check 'make static' make_here static
at=$KT_BUILD/static

# What the C library says of kernels, and the compiler of processors.
oldest_kernel() { readelf -n "$1" | sed -n 's/.*OS: Linux, ABI: //p'; }
not_newer() { [ "$(printf '%s\n' "$1" "$2" | sort -V | tail -n 1)" = "$2" ]; }
any_x86_64() { ! readelf -n "$1" | grep 'x86 ISA needed.*v[2-9]'; }
for program in kt kt-suite; do
	check "$program starts on Linux $(oldest_kernel "$at/$program")" not_newer "$(oldest_kernel "$at/$program")" 3.10
	check "$program needs no newer processor than the first of x86-64" any_x86_64 "$at/$program"
done

# works_in DIRECTORY [COMMAND...]: COMMAND is put before each
works_in() {
	local dir=$1
	shift
	rm -f "$dir"/tmp/*.jsonl "$dir/tmp/run.html"
	check "$name: kt --version" in_root "$dir" "$@" /opt/kt/kt --version
	check "$name: kt bench" in_root "$dir" "$@" /opt/kt/kt bench --filter '^(park|wakeup)/.*cpu=same' --time 100ms -o /tmp/run.jsonl
	check "$name: kt report, with figures" has '^ *wakeup/.* us ' in_root "$dir" "$@" /opt/kt/kt report /tmp/run.jsonl
	check "$name: kt report, as a page" in_root "$dir" "$@" /opt/kt/kt report /tmp/run.jsonl -o /tmp/run.html
	check "$name: a page" grep -q '</html>' "$dir/tmp/run.html"
}
put_into() {
	mkdir -p "$1/opt/kt" "$1/tmp"
	cp "$at/kt" "$at/kt-suite" "$1/opt/kt/"
}

for release in 11:bullseye 13:trixie; do
	name="Debian ${release%:*}" suite=${release#*:}
	root_of "$suite" || {
		skip "$name: $why"
		continue
	}
	put_into "$roots/$suite"
	works_in "$roots/$suite"
	echo "$name: $(in_root "$roots/$suite" /opt/kt/kt --version), beside $(in_root "$roots/$suite" dpkg-query -W -f 'libc6 ${Version}' libc6)"
	if "$kt" trace wakeup -d 1ms >/dev/null 2>"$tmp/err"; then
		check "$name: kt trace" in_root "$roots/$suite" /opt/kt/kt trace wakeup -d 200ms -o /tmp/trace.jsonl
		check "$name: has figures" grep -q '"type":"trace"' "$roots/$suite/tmp/trace.jsonl"
	else
		skip "$name: what traces: $(cat "$tmp/err")"
	fi
done

# In the last of them; number of the first system call that the kernel does not have.
[ -d "${root:=$roots/bullseye}" ] && [ "$(uname -m)" = x86_64 ] || {
	skip 'system calls of older kernels: only x86-64, and in a root directory from above'
	finish
}
check 'a filter of system calls' cc -O2 -Wall -Wextra -Werror -static -o "$root/opt/old_kernel" tests/package/old_kernel.c
for kernel in 4.4:326 3.17:320 3.10:314; do
	name="system calls of Linux ${kernel%:*}"
	works_in "$root" /opt/old_kernel "${kernel#*:}"
done
finish
