#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# How large what kt report makes of large records may be, and how much memory that may take: 100 questions with 10^7 values of
# 64 CPUs, a trace of 3000 threads, names of a megabyte (tests/golden/make_large.py). Time is not looked at.
# Beside others: it only reads files.
. "$(dirname "$0")/lib.sh"

# measured COMMAND...: runs it; the most memory that it, or what it started, had at a time, in KB, to $tmp/memory
measured() {
	python3 -c 'import resource, subprocess, sys
status = subprocess.run(sys.argv[2:], timeout=120).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=open(sys.argv[1], "w"))
sys.exit(status)' "$tmp/memory" "$@"
}
at_most() { # at_most NAME WHAT MOST: prints the figure, which is seen when it is too much
	echo "$1: $2, at most $3"
	[ "$2" -le "$3" ]
}
memory_is_bounded() { # memory_is_bounded NAME MEGABYTES
	# A sanitizer takes several times what the program does.
	grep -q fsanitize "$KT_BUILD/flags" || check "$1: memory" at_most KB "$(cat "$tmp/memory")" $(($2 * 1000))
}
size_is_bounded() { check "$1: bytes" at_most bytes "$(stat -c %s "$tmp/page")" "$2"; }
# page NAME MEGABYTES RECORD: of memory
page() {
	rm -f "$tmp/page"
	check "$1: a page" measured env PATH="$path" "$kt" report "$3" -f html -o "$tmp/page"
	memory_is_bounded "$1" "$2"
}
for what in bench threads 'name 1000000' 'name 10'; do
	# shellcheck disable=SC2086 # NAME BYTES
	check "the record: $what" sh -c "python3 tests/golden/make_large.py $what >'$tmp/${what// /-}.jsonl'"
done

mkdir "$tmp/none"
path=$tmp/none
page '100 questions' 200 "$tmp/bench.jsonl"
size_is_bounded '100 questions' 3000000
page 'short names' 200 "$tmp/name-10.jsonl"
short=$(stat -c %s "$tmp/page")
page 'names of 1 MB' 400 "$tmp/name-1000000.jsonl"
size_is_bounded 'names of 1 MB' $((short + 10000))
if command -v gnuplot >/dev/null; then
	path=$PATH
	page '100 questions, plots' 200 "$tmp/bench.jsonl"
	check 'what is put together is said' grep -q 'A cell is 4 CPUs by 4, named by the first' "$tmp/page"
else
	skip 'a page with plots: gnuplot is not installed'
fi
page '3000 threads' 200 "$tmp/threads.jsonl"
size_is_bounded '3000 threads' 3000000
finish
