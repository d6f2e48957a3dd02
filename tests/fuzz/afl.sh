#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# afl.sh DIR SECONDS [NAME...]: fuzz what reads files from outside, or the fuzzers of those NAMEs, each for SECONDS, with
# AFL++ under the address and undefined behaviour sanitizers. DIR gets the programs, and DIR/NAME/ the inputs found, those
# that were not survived, and in min/ the few that reach all that was reached. Ends with `N passed, N failed`.
set -u
[ $# -ge 2 ] || { echo "usage: $0 DIR SECONDS [NAME...]" >&2 && exit 2; }
cd "$(dirname "$0")/../.." || exit 2
mkdir -p "$1" || exit 2
dir=$(realpath "$1") seconds=$2
shift 2
[ $# -gt 0 ] || set -- report diff merge validate targets elf memory
for tool in afl-clang-fast afl-fuzz afl-cmin; do
	command -v $tool >/dev/null || { echo "$0: $tool is not installed (package afl++)" >&2 && exit 2; }
done
passed=0 failed=0
# It runs wherever there is a CPU, for as long as it was told, and nobody looks at its screen.
export AFL_ALLOW_TMP=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_QUIET=1 AFL_FORKSRV_INIT_TMOUT=60000
# A file may cost seconds and 1.5 GB; the kernel's own limits are generous.
sanitizers=symbolize=0:abort_on_error=1:hard_rss_limit_mb=1500:max_allocation_size_mb=1500

build=$dir/build
make -j"$(nproc)" --no-print-directory B="$build" CC=afl-clang-fast CFLAGS='-O1 -g' FUZZ_ENGINE=-fsanitize=fuzzer \
	SANITIZE='-fsanitize=address,undefined -fno-sanitize-recover=undefined' "${@/#/$build/tests/fuzz/}" || exit 2

figure() { sed -n "s/^$2 *: *//p" "$dir/$1/out/default/fuzzer_stats"; }

for name in "$@"; do
	rm -rf "${dir:?}/$name"
	mkdir "$dir/$name"
	python3 tests/fuzz/seeds.py "$name" "$dir/$name" || exit 2
	words=()
	[ ! -e "$dir/$name/words" ] || words=(-x "$dir/$name/words")
	ASAN_OPTIONS=$sanitizers:detect_leaks=0 UBSAN_OPTIONS=$sanitizers afl-fuzz -i "$dir/$name/in" -o "$dir/$name/out" -m none -t 5000+ \
		-G 65536 -V "$seconds" "${words[@]}" -- "$build/tests/fuzz/$name" >"$dir/$name/log" 2>&1 </dev/null
	status=$?
	if ! [ -e "$dir/$name/out/default/fuzzer_stats" ]; then
		echo "FAIL: $name: afl-fuzz ended with status $status"
		tail -n 5 "$dir/$name/log"
		failed=$((failed + 1))
		continue
	fi
	echo "$name: $(figure "$name" run_time) s, $(figure "$name" execs_done) executions, $(figure "$name" corpus_count) paths," \
		"$(figure "$name" bitmap_cvg) of edges, $(figure "$name" saved_crashes) crashes, $(figure "$name" saved_hangs) hangs"
	AFL_TMPDIR=$dir ASAN_OPTIONS=$sanitizers:detect_leaks=0 UBSAN_OPTIONS=$sanitizers afl-cmin -i "$dir/$name/out/default/queue" -o "$dir/$name/min" -m none \
		-t 5000 -- "$build/tests/fuzz/$name" >"$dir/$name/cmin.log" 2>&1 </dev/null
	# What a fuzzer by itself does not look for: memory that nobody frees.
	if ! find "$dir/$name/min" -type f -print0 | ASAN_OPTIONS=$sanitizers:detect_leaks=1 UBSAN_OPTIONS=$sanitizers \
		xargs -0 "$build/tests/fuzz/$name" >"$dir/$name/leaks.log" 2>&1; then
		echo "FAIL: $name: $(grep -m 1 -E 'ERROR|SUMMARY|does not hold' "$dir/$name/leaks.log")"
		failed=$((failed + 1))
	elif [ "$(figure "$name" saved_crashes)$(figure "$name" saved_hangs)" != 00 ]; then
		failed=$((failed + 1))
		ls "$dir/$name/out/default/crashes" "$dir/$name/out/default/hangs"
	else
		passed=$((passed + 1))
	fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
