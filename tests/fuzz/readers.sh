#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# readers.sh DIR SECONDS [NAME...]: fuzz the readers of traced processes, elf and memory, each for SECONDS, guided by what
# they have reached, under the address and undefined behaviour sanitizers; needs clang. DIR gets the programs, the inputs
# found and those that were not survived. Ends with `N passed, N failed`.
set -u
[ $# -ge 2 ] || { echo "usage: $0 DIR SECONDS [NAME...]" >&2 && exit 2; }
mkdir -p "$1" || exit 2
dir=$(realpath "$1") seconds=$2
shift 2
[ $# -gt 0 ] || set -- elf memory
cd "$(dirname "$0")/../.." || exit 2
passed=0 failed=0
export UBSAN_OPTIONS=halt_on_error=1

for name in "$@"; do
	mkdir -p "$dir/$name"
	# shellcheck disable=SC2046 # one word for each file
	if ! clang -g -O1 -std=gnu11 -D_GNU_SOURCE -I. -Wall -Wextra -Werror -fno-omit-frame-pointer \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -o "$dir/fuzz-$name" \
		"tests/fuzz/$name.c" $([ "$name" != elf ] || ls lib/target/*.c) -lelf; then
		failed=$((failed + 1))
		continue
	fi
	# A file may cost 2 s and 1.5 GB; the kernel's own limits are generous.
	if "$dir/fuzz-$name" -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=1024 \
		-print_final_stats=1 -artifact_prefix="$dir/$name-" "$dir/$name" "tests/corpus/$name" 2>"$dir/$name.log"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		tail -n 30 "$dir/$name.log"
	fi
	grep -E 'number_of_executed|peak_rss|cov: .*DONE' "$dir/$name.log" | sed "s/^/$name: /"
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
