#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The inputs that tests/fuzz/afl.sh found, each once: tests/corpus/NAME is of the fuzzer tests/fuzz/NAME.c.
# Beside others: it only reads files.
. "$(dirname "$0")/lib.sh"

export FUZZ_ALL=1
# All of one kind in a program: it names an input before it reads it.
replay() { # replay NAME DIRECTORY
	if timeout 120 "$KT_BUILD/tests/fuzz/$1" "$2"/* >"$tmp/said" 2>"$tmp/names" </dev/null; then
		passed=$((passed + $(sed -n 's/ passed, 0 failed$//p' "$tmp/said")))
	else
		bad "$1: $(tail -n 3 "$tmp/names")"
	fi
}
for dir in tests/corpus/*/; do
	name=$(basename "$dir")
	[ "$name" != records ] || name=report
	replay "$name" "$dir"
done
finish
