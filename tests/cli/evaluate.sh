#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# scripts/evaluate and plot-scaling: what a run has is drawn, and nothing from its record but figures and plain names.
# Beside others: what it measures is not looked at.
. "$(dirname "$0")/lib.sh"
if ! command -v gnuplot >/dev/null; then
	skip 'evaluate.sh: gnuplot is not installed (package gnuplot-nox)'
	echo '0 passed, 0 failed'
	exit 0
fi

draws() { scripts/plot-scaling "$kt" "$@"; }

# The last filter counts: one question instead of all.
timeout 120 scripts/evaluate "$KT_BUILD" "$tmp/run" --time 200ms --filter '^delayed/op=arm/pending=10+$' >"$tmp/said" 2>&1
check 'evaluate' test $? -eq 0
check 'the record' strict_json "$tmp/run/run.jsonl" lines
check 'arming is drawn' grep -q 'libkthread, arm' "$tmp/run/delayed.svg"
check 'with both numbers' sh -c "grep -q '>10<' '$tmp/run/delayed.svg' && grep -q '>100<' '$tmp/run/delayed.svg'"
check 'moving is not' sh -c "! grep -q 'libkthread, move' '$tmp/run/delayed.svg'"
check 'what is missing is said' grep -q 'has nothing for creation.svg' "$tmp/said"
check 'and not drawn' test ! -e "$tmp/run/creation.svg"

# An arm of any name.
sed 's/libkthread/a\\";set print\\"\/tmp\/x\\";#/g' "$tmp/run/run.jsonl" >"$tmp/hostile.jsonl"
check 'a hostile name' draws "$tmp/hostile.jsonl" "$tmp/hostile"
check 'is taken for text' grep -q 'a??set?print??tmp?x???, arm' "$tmp/hostile/delayed.svg"

# What cannot be drawn.
draws tests/golden/v1.jsonl "$tmp/none" >"$tmp/out" 2>&1
check 'nothing to draw: the status' test $? -eq 1
refused 'no arguments' 2 'usage' scripts/plot-scaling
refused 'a record that is not there' 1 'cannot read' scripts/plot-scaling "$kt" "$tmp/absent.jsonl" "$tmp/none"
python=$(python3 -c 'import sys; print(sys.executable)')
PATH=$tmp/nothing "$python" scripts/plot-scaling "$kt" "$tmp/run/run.jsonl" "$tmp/bare" >"$tmp/said" 2>&1
check 'without gnuplot: the status' test $? -eq 1
check 'and the package' grep -q 'package gnuplot-nox' "$tmp/said"

finish
