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
(head -n 30 $real; grep -E '"type":"(question|trace|losses)"' $real | head -n 12; tail -n 5 $real) >"$tmp/real"

keep() { # keep NUMBER: the file for another look; prints its new name
	mkdir -p "$KT_BUILD/fuzz"
	cp "$tmp/in/$1" "$KT_BUILD/fuzz/$seed-$1.jsonl"
	echo "$KT_BUILD/fuzz/$seed-$1.jsonl"
}

batch=100
for ((at = 0; at < nr; at += batch)); do
	rm -rf "$tmp/in"
	mkdir "$tmp/in"
	python3 tests/fuzz/mutate.py "$seed" $at $((at + batch < nr ? at + batch : nr)) "$tmp/in" tests/golden/*.jsonl "$tmp/real" || exit
	for file in "$tmp/in"/*; do
		if said=$(survives "$file"); then
			ok
		else
			bad "${said//"$file"/"$(keep "${file##*/}")"}"
		fi
	done
	while IFS= read -r said; do
		bad "$(keep "${said%%:*}")${said#*:}"
	done < <(unreadable)
done
finish
