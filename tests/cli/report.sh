#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kt report: formats, outputs that must not be overwritten, damaged records; JSON as Python's strict parser reads it.
# Beside others: it only reads records.
. "$(dirname "$0")/lib.sh"

for record in small instances builds moved settings trace hostile hostile_sides apart; do
	"$kt" report "tests/golden/$record.jsonl" --format json >"$tmp/$record.json" 2>"$tmp/said"
	check "$record: strict JSON" strict_json "$tmp/$record.json"
	env -u COLUMNS "$kt" report --full "tests/golden/$record.jsonl" >"$tmp/$record.txt" 2>"$tmp/said"
	check "$record: text as committed" cmp "$tmp/$record.txt" "tests/golden/$record.txt"
	"$kt" report "tests/golden/$record.jsonl" -o "$tmp/$record.html" 2>"$tmp/said"
	check "$record: the page is whole" grep -q '</html>' "$tmp/$record.html"
done
check 'idle and busy delays have curves of their own' sh -c \
	"grep -q 'Percentile spectrum</b> of delay_idle' '$tmp/trace.html' && grep -q 'Percentile spectrum</b> of delay_busy' '$tmp/trace.html'"
for record in hostile hostile_sides; do
	check "$record: a name is not markup, the one script is ours" test "$(grep -o "<script[^<]\{13\}" "$tmp/$record.html")" = "<script>'use strict'"
	check "$record: nor a terminal sequence" test "$(grep -c $'\x1b' "$tmp/$record.txt")" = 0
done
check 'the generator still makes the committed records' sh -c \
	"python3 tests/golden/make_run.py small | cmp - tests/golden/small.jsonl &&
	 python3 tests/golden/make_run.py suite | cmp - tests/golden/suite.jsonl &&
	 python3 tests/golden/make_run.py instances | cmp - tests/golden/instances.jsonl &&
	 python3 tests/golden/make_run.py builds | cmp - tests/golden/builds.jsonl &&
	 python3 tests/golden/make_run.py moved | cmp - tests/golden/moved.jsonl &&
	 python3 tests/golden/make_run.py settings | cmp - tests/golden/settings.jsonl &&
	 python3 tests/golden/make_run.py hostile_sides | cmp - tests/golden/hostile_sides.jsonl &&
	 python3 tests/golden/make_run.py negative | cmp - tests/golden/v1-negative.jsonl &&
	 python3 tests/golden/make_run.py apart | cmp - tests/golden/apart.jsonl"

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
refused 'no FILE' 2 'no FILE' "$kt" report
refused 'a second FILE that is not there' 2 'no-such-file' "$kt" report tests/golden/small.jsonl "$tmp/no-such-file"
refused 'an unknown format' 2 "'pdf'.*text, html, .* or " "$kt" report tests/golden/small.jsonl --format pdf
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
*           libkthread mean <= 1000 futex
*           libkthread p50 <= 1000 futex@wakeup/trip=oneway/cpu=cross/wait=sleep
*           libkthread p50 <= 0.001 futex@wakeup/trip=oneway/cpu=cross/wait=sleep
*           libkthread p50 <= 2 futex@no/such
*           libkthread syscalls <= 1000000 each
*           libkthread syscalls <= 0 each
*           libkthread no_such <= 1 each
*           libkthread syscalls <= 1.5 futex
T
"$kt" report --full tests/golden/small.jsonl --targets "$tmp/targets" >"$tmp/held" 2>&1
check 'a target that holds is met' grep -q '<= 1000 x futex .*\] .*met' "$tmp/held"
check 'one that does not is missed' grep -q '<= 0.001 x futex .*missed' "$tmp/held"
check 'so is one in ns' grep -q '<= 1 ns .*missed' "$tmp/held"
check 'a target of the mean' grep -q 'mean <= 1000 x futex .*\] .*met' "$tmp/held"
check 'an arm of another question' grep -q 'work_queue.*<= 1000 x futex@wakeup.*\] .*met' "$tmp/held"
check 'and what misses it' grep -q 'work_queue.*<= 0.001 x futex@wakeup.*missed' "$tmp/held"
check 'of a question that is not there' grep -q 'libkthread p50  not measured' "$tmp/held"
check 'a counter that is met' grep -q 'syscalls <= 1000000  1  met, no interval' "$tmp/held"
check 'and one that is not' grep -q 'syscalls <= 0  1  missed, no interval' "$tmp/held"
check 'one that nobody counted' grep -q 'libkthread no_such  not measured' "$tmp/held"
check 'a counter against an arm' grep -q 'syscalls <= 1.50* x futex  1.000  met, no interval' "$tmp/held"
check 'what was not measured is said' grep -q 'no/such/.*not measured' "$tmp/held"
echo '* libkthread p50 < 2 futex' >"$tmp/targets"
refused 'a target that is none' 2 'line 1.*<=' "$kt" report tests/golden/small.jsonl --targets "$tmp/targets"
for bad in 'p50 <= 2 each' 'wakes <= 2 ns' 'p99.9 <= 2 us' 'mean <= 2 futex@q' 'p50 <= 0 futex' 'p50 <= 0 ns' \
	'p50 <= 2 @q' 'p50 <= 2 futex@' 'p50 <= -1 futex' 'p50 <= nan futex' 'p50 <= 2 futex or so' "p50 <= 2 $(printf 'x%.0s' {1..128})" \
	'p50 <= 2 fut\0ex'; do
	printf "* libkthread $bad\n" >"$tmp/targets"
	refused "not a target: $bad" 2 'line 1' "$kt" report tests/golden/small.jsonl --targets "$tmp/targets"
done
# Of more bytes than a line usually has, and it is still one: what stands in a comment is not a target.
{ printf '# %0600d * libkthread p50 < 2 futex\n' 0; echo '* libkthread p50 <= 1000 futex'; } >"$tmp/targets"
check 'a long comment is a comment' sh -c "'$kt' report --full tests/golden/small.jsonl --targets '$tmp/targets' | grep -q '<= 1000 x futex .*met'"
refused 'no list of targets' 2 'no-such-list' "$kt" report tests/golden/small.jsonl --targets "$tmp/no-such-list"

# the summary
"$kt" report tests/golden/suite.jsonl --targets tests/golden/targets.txt >"$tmp/short"
check 'it says what it found first' sh -c "head -n 1 '$tmp/short' | grep -q '^libkthread against each question'"
check 'it counts the targets' grep -q '^targets    2 met, 2 inconclusive, 3 MISSED, 1 not measured here$' "$tmp/short"
check 'and names those missed' test "$(grep -c '^           MISSED ' "$tmp/short")" = 3
check 'a line for each question' test "$(grep -cE '^ (work_queue|park|wakeup|create_stop|delayed)' "$tmp/short")" = 9
check 'it ends with the way on' sh -c "tail -n 2 '$tmp/short' | head -n 1 | grep -qx 'more       kt report --full tests/golden/suite.jsonl'"
check 'no wider than a mail' test "$(wc -L <"$tmp/short")" -le 80
for locale in C.UTF-8 de_DE.UTF-8; do
	LC_ALL=$locale TZ=Asia/Tokyo "$kt" report tests/golden/suite.jsonl --targets tests/golden/targets.txt | cmp -s - "$tmp/short"
	check "the same in $locale" test $? -eq 0
done
"$kt" report - <tests/golden/suite.jsonl >"$tmp/short"
check 'what came from a pipe cannot be shown again' sh -c "! grep -q '^more' '$tmp/short'"
"$kt" report --baseline condvar tests/golden/suite.jsonl >"$tmp/short"
check 'another baseline is in the way on' grep -q '^more       kt report --full --baseline condvar ' "$tmp/short"
refused 'tables of another format' 2 'full.*text' "$kt" report tests/golden/suite.jsonl --full -f json
refused 'targets of another format' 2 '--targets goes with --format text or html, not json' "$kt" report tests/golden/suite.jsonl --targets tests/golden/targets.txt -o "$tmp/x.json"

# the page
"$kt" report tests/golden/suite.jsonl --targets tests/golden/targets.txt -f html >"$tmp/page"
check 'the page counts the targets' grep -q 'Targets</a><b><span class="say slower nb">3 missed</span> · <span class=nb>2 met</span></b><small><span class=nb>2 inconclusive</span> · <span class=nb>1 not measured here</span><ul>' "$tmp/page"
check 'and lists them' test "$(sed -n '/<section id=targets>/,/<.section>/p' "$tmp/page" |
	grep -c '^<tr>.*<td class=l><span class="chip [a-z]*">[^<]*\(met\|inconclusive\|missed\|here\)</span>')" = 8
check 'a page that is held against none has none' sh -c "! '$kt' report tests/golden/suite.jsonl -f html | grep -q 'id=targets'"

# two builds, two settings, and what fails
first_line() { COLUMNS=200 "$kt" report "tests/golden/$1.jsonl" | head -n 1; }
check 'what regressed comes first' sh -c "echo '$(first_line builds)' | grep -q '^1 of 6 regressed: wakeup/trip=oneway libkthread 1\.1'"
check 'what moved has not regressed' sh -c "echo '$(first_line moved)' | grep -q '^0 of 2 regressed.*1 moved with the same code$'"
check 'nor has a setting that improved' sh -c "echo '$(first_line settings)' | grep -q '^0 of 2 regressed, 1 improved'"
exits() { # exits NAME STATUS ARGUMENT...: kt report exits with it, prints its report, and says why on one line
	local name=$1 want=$2 status
	shift 2
	"$kt" report "$@" >"$tmp/shown" 2>"$tmp/said"
	status=$?
	check "$name: exit $status, expected $want" test $status -eq "$want"
	check "$name: the report is there" test -s "$tmp/shown"
	check "$name: lines on stderr" test "$(wc -l <"$tmp/said")" -eq "$want"
}
exits 'a regression, not asked for' 0 tests/golden/builds.jsonl
exits 'a regression' 1 --fail-on regressed tests/golden/builds.jsonl
check 'it says how many' grep -q '^kt report: 1 regressed$' "$tmp/said"
exits 'no regression of what moved' 0 --fail-on regressed tests/golden/moved.jsonl
exits 'nor of an improved setting' 0 --fail-on regressed,unstable tests/golden/settings.jsonl
exits 'a slower arm' 1 --fail-on slower tests/golden/instances.jsonl
exits 'several reasons' 1 --fail-on regressed --fail-on slower,unstable tests/golden/builds.jsonl

# damaged records
head -c 40000 tests/golden/small.jsonl >"$tmp/torn.jsonl"
"$kt" report "$tmp/torn.jsonl" >"$tmp/torn.txt" 2>&1
check 'a torn record is rendered and marked' grep -q '^interrupted' "$tmp/torn.txt"
head -n 4 tests/golden/trace.jsonl >"$tmp/cut.jsonl"
"$kt" report "$tmp/cut.jsonl" >"$tmp/cut.txt" 2>&1
check 'a trace that was cut off does not know its losses' grep -q '^losses: not known' "$tmp/cut.txt"

# dropped NAME STATUS PATTERN FILE...: exits with STATUS; each format says what was dropped; PATTERN is in the text
dropped() {
	local name=$1 want=$2 pattern=$3 f status lines=0
	shift 3
	[ "$want" -eq 0 ] || lines=1
	for f in text html md json; do
		"$kt" report "$@" $([ $f != text ] || echo --full) -f $f >"$tmp/dropped.$f" 2>"$tmp/said"
		status=$?
		check "$name, $f: exit $status, expected $want" test "$status" -eq "$want"
		check "$name, $f: $lines lines on stderr" test "$(wc -l <"$tmp/said")" -eq $lines
	done
	check "$name: the text says it" grep -qE -- "$pattern" "$tmp/dropped.text"
	check "$name: so does the page" grep -q '<details class=banner id=dropped' "$tmp/dropped.html"
	check "$name: and the comment" grep -q '^> \*\*Dropped\*\*: ' "$tmp/dropped.md"
	"$kt" report "$@" -f csv --table dropped >"$tmp/dropped.csv" 2>"$tmp/said"
	check "$name: a table of it" test "$(wc -l <"$tmp/dropped.csv")" -ge 2
	check "$name: strict JSON" strict_json "$tmp/dropped.json"
	check "$name: the JSON says it" python3 -c 'import json, sys; assert json.load(open(sys.argv[1]))["dropped"]' \
		"$tmp/dropped.json"
	check "$name: the rest is there" grep -q '^wakeup/' "$tmp/dropped.text"
}
dropped 'one value of 2^64-5' 0 '1 epoch of libkthread in wakeup/trip=oneway/cpu=same: .* negative \(line 18\)' \
	tests/golden/v1-negative.jsonl
check 'all its questions are there' test "$(grep -c 'ratios to futex' "$tmp/dropped.text")" = 3
(head -n 5 tests/golden/small.jsonl; echo '{"type":"block","question":7}'; tail -n +6 tests/golden/small.jsonl) >"$tmp/bad.jsonl"
dropped 'a block that lies' 0 '1 block: question is not a string \(line 6\)' "$tmp/bad.jsonl"
sed 's/"mode":"time"/"mode":"clock"/' tests/golden/small.jsonl >"$tmp/bad.jsonl"
dropped 'a question that lies' 5 'question work_queue/worker=busy/cpu=cross: mode .*, with 24 more records' "$tmp/bad.jsonl"
(head -n 5 tests/golden/small.jsonl; head -c 17000000 /dev/zero | tr '\0' ' '; echo; tail -n +6 tests/golden/small.jsonl) >"$tmp/long.jsonl"
dropped 'a line without end' 0 '1 line: longer than 16 MiB \(line 6\)' "$tmp/long.jsonl"
dropped 'a torn line' 0 '1 line: cut off' "$tmp/torn.jsonl"

# runs
sed '1s/0001"/0002"/' tests/golden/small.jsonl >"$tmp/other.jsonl"
sum_is() { # sum_is FACTOR COPIES FILE...: the counts are FACTOR times those of small
	local factor=$1 copies=$2
	shift 2
	"$kt" report "$@" --format json >"$tmp/sum.json" || return
	python3 - "$tmp/small.json" "$tmp/sum.json" "$factor" "$copies" <<'P'
import json, sys
one, two = (json.load(open(f)) for f in sys.argv[1:3])
assert two["complete"] and not [r for r in two["results"] if "run" in r]
assert [int(sys.argv[3]) * r["count"] for r in one["results"]] == [r["count"] for r in two["results"]]
assert two["runs"][0]["copies"] == int(sys.argv[4])
P
}
cat tests/golden/small.jsonl "$tmp/other.jsonl" >"$tmp/both.jsonl"
check 'cat merges runs of one machine' sum_is 2 1 "$tmp/both.jsonl"
check 'so do several FILEs' sum_is 2 1 tests/golden/small.jsonl "$tmp/other.jsonl"
cat tests/golden/small.jsonl tests/golden/small.jsonl >"$tmp/twice.jsonl"
check 'a run given twice counts once' sum_is 1 2 "$tmp/twice.jsonl"
cat "$tmp/torn.jsonl" tests/golden/small.jsonl >"$tmp/glued.jsonl"
check 'a torn copy before a whole one, glued by cat' sum_is 1 2 "$tmp/glued.jsonl"
gzip -c tests/golden/small.jsonl >"$tmp/small.jsonl.gz"
check 'a torn copy and a compressed one' sum_is 1 2 "$tmp/torn.jsonl" "$tmp/small.jsonl.gz"
sed '2s/0123456789abcdef/fedcba9876543210/' "$tmp/other.jsonl" >"$tmp/elsewhere.jsonl"
"$kt" report --full tests/golden/small.jsonl "$tmp/elsewhere.jsonl" >"$tmp/apart.txt"
check 'machines are counted' grep -q '2 runs, 2 machines$' "$tmp/apart.txt"
check 'a line for each run' test "$(grep -c '^  run [12]  00000000  2026-01-02T03:04:05Z  host ' "$tmp/apart.txt")" = 2
check 'and never pooled' test "$(grep -cE '^work_queue.* run [12]  ns per iteration.* 24 blocks' "$tmp/apart.txt")" = 2
echo 'work_queue/* libkthread p50 <= 1.1 futex' >"$tmp/targets"
"$kt" report tests/golden/small.jsonl "$tmp/elsewhere.jsonl" --full --targets "$tmp/targets" >"$tmp/held"
check 'targets are held against each' test "$(grep -cE 'run [12].* met$' "$tmp/held")" = 2
# again COMMAND: what is said of a run of such a command, in JSON
again() { sed "1s|\"command\":\[[^]]*\]|\"command\":$1|" tests/golden/stream.jsonl | "$kt" report - --full | sed -n '1s/ (.*//;1s/   *.*//p'; }
check 'single events want a file again' test \
	"$(again '["trace","wakeup","--stream","-o","stream.jsonl"]')" = 'kt trace wakeup --stream -o again.jsonl'
check 'others none, and what COMMAND is given is its own' test \
	"$(again '["trace","wakeup","-ot.jsonl","--","sort","-o","x","y"]')" = 'kt trace wakeup -- sort -o x y'
check 'no gnuplot: the page names its package' sh -c \
	"PATH=/nonexistent '$kt' report tests/golden/small.jsonl --format html | /usr/bin/grep -q gnuplot-nox"
finish
