#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The examples of libkthread: each ends well, says exactly what it should and nothing else, is short, and has its answer here.
# Beside others: what they say depends on no time.
. "$(dirname "$0")/lib.sh"

declare -A says=(
	[driver]='toy/0 handled 6 frames'
	[worker]='job 0
job 1
job 2
tick, 2 left
tick, 1 left
tick, 0 left
three ticks of 5 ms were not early
taken back: 1'
	[percpu]='each added 7, not set up 0, not cleaned up 0, on a wrong CPU 0'
)

for source in lib/kthread/examples/*.c; do
	name=$(basename "$source" .c)
	timeout 60 "$KT_BUILD/lib/kthread/examples/$name" >"$tmp/said" 2>"$tmp/complaints"
	status=$?
	check "$name: exit status $status" test $status -eq 0
	check "$name: what it says" diff "$tmp/said" <(printf '%s\n' "${says[$name]:-nothing is expected of $name}")
	check "$name: no misuse reported" cmp "$tmp/complaints" /dev/null
	check "$name: fewer than 80 lines" test "$(wc -l <"$source")" -lt 80
done
check 'none is missing' test $((passed + failed)) -eq $((4 * ${#says[@]}))
finish
