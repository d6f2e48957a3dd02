#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kt report: formats, outputs that must not be overwritten, damaged records; JSON as Python's strict parser reads it.
. "$(dirname "$0")/lib.sh"

for record in small trace hostile; do
	"$kt" report "tests/golden/$record.jsonl" --format json >"$tmp/$record.json"
	check "$record: strict JSON" strict_json "$tmp/$record.json"
	env -u COLUMNS "$kt" report "tests/golden/$record.jsonl" >"$tmp/$record.txt"
	check "$record: text as committed" cmp "$tmp/$record.txt" "tests/golden/$record.txt"
	check "$record: page" "$kt" report "tests/golden/$record.jsonl" -o "$tmp/$record.html"
	check "$record: the page is whole" grep -q '</html>' "$tmp/$record.html"
done
check 'idle and busy delays have curves of their own' sh -c \
	"grep -q 'figcaption>delay_idle ·' '$tmp/trace.html' && grep -q 'figcaption>delay_busy ·' '$tmp/trace.html'"
check 'a hostile name is no markup' test "$(grep -c '<script' "$tmp/hostile.html")" = 0
check 'nor a terminal sequence' test "$(grep -c $'\x1b' "$tmp/hostile.txt")" = 0
check 'the generator still makes the committed record' sh -c \
	"python3 tests/golden/make_run.py small | cmp - tests/golden/small.jsonl"

# -o
echo precious >"$tmp/there.json"
refused 'output that exists' 2 'exists' "$kt" report tests/golden/small.jsonl -o "$tmp/there.json"
check 'it was not overwritten' grep -qx precious "$tmp/there.json"
check 'but with --force it is' "$kt" report tests/golden/small.jsonl --force -o "$tmp/there.json"
check 'in the format of its name' strict_json "$tmp/there.json"
refused 'output in no directory' 2 'no-such-dir' "$kt" report tests/golden/small.jsonl -o "$tmp/no-such-dir/x"
refused 'full disk' 5 'space' sh -c "'$kt' report tests/golden/small.jsonl >/dev/full"
check 'nothing is left beside the outputs' test -z "$(find "$tmp" -name '*.html.*' -o -name '*.json.*')"

# the command line
refused 'an unknown option' 2 "'--nope'" "$kt" report --nope
refused 'an unknown letter' 2 "'z'" "$kt" report -z tests/golden/small.jsonl
refused 'an option without its value' 2 "argument.*'f'" "$kt" report tests/golden/small.jsonl -f
refused 'no FILE' 2 'which FILE' "$kt" report
refused 'two FILEs' 2 'one FILE' "$kt" report tests/golden/small.jsonl tests/golden/trace.jsonl
refused 'an unknown format' 2 "'pdf'" "$kt" report tests/golden/small.jsonl --format pdf
refused 'a FILE that is not there' 2 'no-such-file' "$kt" report "$tmp/no-such-file"
check 'but help is given' "$kt" report --help

# another baseline, and targets
"$kt" report tests/golden/small.jsonl --baseline libkthread --format json >"$tmp/rebased.json"
check 'the baseline is the one asked for' python3 - "$tmp/rebased.json" <<'P'
import json, sys
c = json.load(open(sys.argv[1]))["comparisons"]
assert c and all(x["baseline"] == "libkthread" != x["candidate"] for x in c)
P
refused 'a baseline that is no arm' 2 "no-such-arm" "$kt" report tests/golden/small.jsonl --baseline no-such-arm
cat >"$tmp/targets" <<'T'
# a comment, and a target of no question
*           libkthread p50 <= 1000 futex
*           libkthread p50 <= 0.001 futex
*           libkthread p50 <= 1 ns
no/such/*   libkthread p99 <= 1.05 futex
T
"$kt" report tests/golden/small.jsonl --targets "$tmp/targets" >"$tmp/held" 2>&1
check 'a target that holds is met' grep -q '<= 1000 x futex .*\] .*met' "$tmp/held"
check 'one that does not is missed' grep -q '<= 0.001 x futex .*missed' "$tmp/held"
check 'so is one in ns' grep -q '<= 1 ns .*missed' "$tmp/held"
check 'what was not measured is said' grep -q 'no/such/.*not measured' "$tmp/held"
echo '* libkthread p50 < 2 futex' >"$tmp/targets"
refused 'a target that is none' 2 'line 1.*<=' "$kt" report tests/golden/small.jsonl --targets "$tmp/targets"
refused 'no list of targets' 2 'no-such-list' "$kt" report tests/golden/small.jsonl --targets "$tmp/no-such-list"

# damaged records
head -c 40000 tests/golden/small.jsonl >"$tmp/torn.jsonl"
"$kt" report "$tmp/torn.jsonl" >"$tmp/torn.txt" 2>&1
check 'a torn record is rendered and marked' grep -q '^interrupted' "$tmp/torn.txt"
head -n 4 tests/golden/trace.jsonl >"$tmp/cut.jsonl"
"$kt" report "$tmp/cut.jsonl" >"$tmp/cut.txt" 2>&1
check 'a trace that was cut off does not know its losses' grep -q '^losses: not known' "$tmp/cut.txt"
(head -n 5 tests/golden/small.jsonl; echo '{"type":"block","question":7}'; tail -n 3 tests/golden/small.jsonl) >"$tmp/bad.jsonl"
refused 'a record that lies' 2 'line 6' "$kt" report "$tmp/bad.jsonl"
(head -n 5 tests/golden/small.jsonl; head -c 17000000 /dev/zero | tr '\0' ' '; echo) >"$tmp/long.jsonl"
check 'a line without end costs itself' "$kt" report "$tmp/long.jsonl"

cat tests/golden/small.jsonl tests/golden/small.jsonl >"$tmp/twice.jsonl"
"$kt" report "$tmp/twice.jsonl" --format json >"$tmp/twice.json"
check 'cat merges' python3 - "$tmp/small.json" "$tmp/twice.json" <<'P'
import json, sys
one, two = (json.load(open(f)) for f in sys.argv[1:])
assert two["complete"] and [2 * r["count"] for r in one["results"]] == [r["count"] for r in two["results"]]
P
check 'no gnuplot: the page names its package' sh -c \
	"PATH=/nonexistent '$kt' report tests/golden/small.jsonl --format html | /usr/bin/grep -q gnuplot-nox"
finish
