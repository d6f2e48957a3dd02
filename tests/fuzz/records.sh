#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# records.sh BUILD N SEED: kt report of BUILD on N damaged records; for a build with SANITIZE=-fsanitize=address,undefined.
# What it does not survive is left in BUILD/fuzz/. Ends with `N passed, N failed`.
[ $# -eq 3 ] || { echo "usage: $0 BUILD N SEED" >&2 && exit 2; }
KT_BUILD=$(realpath "$1") nr=$2 seed=$3
. "$(dirname "$0")/../cli/lib.sh"
. tests/fuzz/survives.sh

# A part of a real run: its head, the first of its questions with their blocks, and its end.
real=results/reference/vm-2cpu-x86_64/run.jsonl
(head -n 30 $real; grep -n '' $real | grep -E '"type":"(question|trace|losses)"' | cut -d: -f2- | head -n 12; tail -n 5 $real) >"$tmp/real"
batch=100
for ((at = 0; at < nr; at += batch)); do
	# The same file for the same number, in whatever batch.
	mkdir "$tmp/in" || exit
	python3 tests/fuzz/mutate.py "$seed/$((at / batch))" $((nr - at < batch ? nr - at : batch)) "$tmp/in" tests/golden/*.jsonl "$tmp/real" || exit
	for file in "$tmp/in"/*; do
		if said=$(survives "$file"); then
			ok
		else
			mkdir -p "$KT_BUILD/fuzz"
			kept=$KT_BUILD/fuzz/$seed-$((at + ${file##*/})).jsonl
			cp "$file" "$kept"
			bad "${said//"$file"/"$kept"}"
		fi
	done
	rm -r "$tmp/in"
done
finish
