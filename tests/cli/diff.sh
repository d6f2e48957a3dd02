#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kt diff: sides, formats, exit status, what is refused and what only costs itself; runs made here, and a shift put into them.
. "$(dirname "$0")/lib.sh"
base=tests/golden/runs_base.jsonl new=tests/golden/runs_new.jsonl

# A golden trace does not belong there: the rest is compared, and something regressed all the same.
"$kt" diff --full "$base" -- "$new" >"$tmp/diff.txt" 2>"$tmp/said"
check 'a regression' test $? -eq 1
check 'text as committed' cmp "$tmp/diff.txt" tests/golden/runs.txt
check 'nothing to say beside it' test ! -s "$tmp/said"
"$kt" diff -f json "$base" -- "$new" >"$tmp/diff.json"
check 'strict JSON' strict_json "$tmp/diff.json"
check 'JSON as committed' cmp "$tmp/diff.json" tests/golden/runs.json
check 'the generator still makes the records' sh -c "python3 tests/golden/make_run.py runs_base | cmp - $base &&
	python3 tests/golden/make_run.py runs_new | cmp - $new"
"$kt" diff --full "$new" -- "$base" >"$tmp/back" 2>"$tmp/said"
check 'the other way round another arm has' sh -c "head -n 1 '$tmp/back' | grep -q '^1 of 4 regressed: work_queue/.* libkthread '"
COLUMNS=200 "$kt" diff --filter '^work_queue' "$base" -- "$new" >"$tmp/some" 2>"$tmp/said"
check 'without what got slower: the dropped trace' test $? -eq 5
check 'it is said' grep -qx 'kt diff: a run or a question was dropped; --full names it with its reason' "$tmp/said"
check 'a filter' sh -c "! grep -q '^wakeup' '$tmp/some' && grep -q '^0 of 2 regressed; 1 improved' '$tmp/some'"
"$kt" diff --full - -- "$new" <"$base" >"$tmp/piped"
check 'standard input' bash -c "cmp <(tail -n +4 '$tmp/piped') <(tail -n +4 '$tmp/diff.txt')"
check 'by its name' grep -q '^base: 6 runs of standard input, ' "$tmp/piped"
"$kt" diff --full -o "$tmp/out.txt" "$base" -- "$new" >"$tmp/printed"
check '-o' cmp "$tmp/out.txt" "$tmp/diff.txt"
check 'and nothing else' test ! -s "$tmp/printed"
"$kt" diff -o "$tmp/out.json" "$base" -- "$new"
check 'its suffix says the format' cmp "$tmp/out.json" "$tmp/diff.json"
"$kt" diff --full -f text -o "$tmp/text.json" "$base" -- "$new"
check 'unless -f does' cmp "$tmp/text.json" "$tmp/diff.txt"
"$kt" diff "$base" -- "$new" >"$tmp/short"
check 'a summary' sh -c "head -n 1 '$tmp/short' | grep -q '^1 of 4 regressed: ' && tail -n 1 '$tmp/short' | grep -qx 'more       kt diff --full $base -- $new'"
"$kt" diff --filter 'a b' - -- "$new" <"$base" >"$tmp/short"
check 'what came from a pipe cannot be shown again' sh -c "! grep -q '^more' '$tmp/short'"
refused 'tables of another format' 2 'full.*text' "$kt" diff --full -f json "$base" -- "$new"
"$kt" diff -o "$tmp/out.html" "$base" -- "$new"
check 'a page begins with what was found' grep -q '^<.*><h1>1 of 4 regressed: wakeup/.* libkthread p50 1.100' "$tmp/out.html"
check 'it has the effects' grep -q '<b>−11.0 %</b> improved' "$tmp/out.html"
check 'and in what else the sides differ' grep -q '<th scope=row>kernel<td class=reason>6.1.0-example<td class=reason>6.12.0-example' "$tmp/out.html"
"$kt" diff -f html "$base" -- "$new" >"$tmp/page.html"
check 'the same page by -f' cmp "$tmp/out.html" "$tmp/page.html"
sed 's/"libkthread"/"renamed"/g' "$new" >"$tmp/renamed.jsonl"
"$kt" diff -f html "$base" -- "$tmp/renamed.jsonl" >"$tmp/page.html" 2>"$tmp/said"
check 'an arm of one side is named and has no row' sh -c "grep -q 'Only in new, not compared: .* renamed' '$tmp/page.html' && ! grep -q 'class=arm>renamed' '$tmp/page.html'"
check 'nor a figure' sh -c "! grep -q '<td class=name>renamed' '$tmp/page.html'"
refused 'a file that exists' 2 'exists' "$kt" diff -o "$tmp/out.txt" "$base" -- "$new"
refused 'a full disk' 5 'space' sh -c "'$kt' diff $base -- $new >/dev/full"

# The command line.
refused 'nothing' 2 'no BASE' "$kt" diff
refused 'no --' 2 'no -- given' "$kt" diff "$base" "$new"
refused 'no BASE' 2 'no BASE' "$kt" diff -- "$new"
refused 'no NEW' 2 'no NEW' "$kt" diff "$base" --
refused 'an option among the files' 2 "'--format' after --.*\./--format" "$kt" diff "$base" -- "$new" --format json
refused 'an unknown format' 2 "'yaml'; expected text, html.* or json" "$kt" diff -f yaml "$base" -- "$new"
refused 'a bad filter' 2 "bad regular expression" "$kt" diff --filter '(' "$base" -- "$new"
refused 'standard input twice' 2 'only once' "$kt" diff - -- -
refused 'a file that is not there' 2 'no-such-file' "$kt" diff "$base" -- "$tmp/no-such-file"
refused 'a file that is not a record' 2 'not a kt record' "$kt" diff "$base" -- Makefile
refused 'an empty file' 2 'empty' "$kt" diff "$base" -- /dev/null
refused 'the same run on both sides' 2 'run [0-9a-f-]* stands on both sides' "$kt" diff "$base" -- "$base"
refused 'traces only' 2 'new has no run to compare: .*trace\.jsonl: it is a trace' "$kt" diff "$base" -- tests/golden/trace.jsonl

# Runs with a shift of their own: make ARM_RATIO SEED RUNS FILE
make_runs() {
	python3 - "$base" "$@" <<'P'
import json, random, sys
source, ratio, seed, runs, path = sys.argv[1:]
random.seed(int(seed))
lines = open(source).read().splitlines()
ends = [i for i, line in enumerate(lines) if line.startswith('{"type":"end"')]
one = [json.loads(line) for line in lines[:ends[0] + 1]]
with open(path, "w") as out:
    for n in range(int(runs)):
        wobble = {"futex": random.gauss(1, 0.003), "libkthread": random.gauss(1, 0.003) * float(ratio)}
        for record in one:
            record = json.loads(json.dumps(record))
            if record["type"] == "header":
                record["id"] = f"{int(seed):08}-0000-4000-8000-{n:012}"
            if record["type"] == "question" and not record["question"].startswith("work"):
                continue
            if record["type"] == "calibration" and not record["question"].startswith("work"):
                continue
            if record["type"] == "block":
                if not record["question"].startswith("work"):
                    continue
                for e in record["epochs"]:
                    e["end_ns"] = e["start_ns"] + int((e["end_ns"] - e["start_ns"]) * wobble[e["arm"]])
            out.write(json.dumps(record, separators=(",", ":")) + "\n")
P
}
make_runs 1 11 8 "$tmp/a.jsonl"
make_runs 1 12 8 "$tmp/same.jsonl"
make_runs 1.03 13 8 "$tmp/slower.jsonl"
make_runs 1 14 1 "$tmp/one.jsonl"
make_runs 1.5 15 1 "$tmp/one_slower.jsonl"
"$kt" diff --full "$tmp/a.jsonl" -- "$tmp/same.jsonl" >"$tmp/shown"
check 'equal runs: nothing' test $? -eq 0
check 'all are unchanged' grep -qx '0 of 2 regressed; 2 unchanged' "$tmp/shown"
check 'and nothing differs' grep -q '^nothing that is recorded .* differs' "$tmp/shown"
"$kt" diff --full "$tmp/a.jsonl" -- "$tmp/slower.jsonl" >"$tmp/shown"
check '3 % slower: called' test $? -eq 1
check 'that arm alone' grep -q '^1 of 2 regressed: work_queue/worker=busy/cpu=cross libkthread .*; 1 unchanged$' "$tmp/shown"
"$kt" diff --full "$tmp/slower.jsonl" -- "$tmp/a.jsonl" >"$tmp/shown"
check '3 % faster: fine' test $? -eq 0
check 'and said' grep -q '^0 of 2 regressed; 1 improved, 1 unchanged$' "$tmp/shown"
"$kt" diff --full "$tmp/one.jsonl" -- "$tmp/one_slower.jsonl" >"$tmp/shown"
check 'single runs, half as slow again: no verdict' test $? -eq 0
check 'advice' grep -q '^advisory, 1 run against 1: 1 of 2 moved by more than their zone' "$tmp/shown"
"$kt" diff -f html "$tmp/one.jsonl" -- "$tmp/one_slower.jsonl" >"$tmp/page.html"
check 'the page has the same advice' grep -q '<h1>advisory, 1 run against 1: 1 of 2 moved' "$tmp/page.html"
check 'and what moved' grep -q '<b>+[45][0-9][.][0-9] %<.b> moved' "$tmp/page.html"
check 'without a verdict' sh -c "! sed 's/<style>.*<.style>//; s/<[^>]*>//g' '$tmp/page.html' | grep -qE 'regressed|improved|unchanged|inconclusive'"
check 'no word of a verdict' sh -c "! grep -qE 'regressed|improved|unchanged|inconclusive' '$tmp/shown'"
"$kt" diff --full "$tmp/a.jsonl" "$tmp/a.jsonl" -- "$tmp/slower.jsonl" >"$tmp/shown"
check 'a file given twice counts once' grep -q '^base: 8 runs of 2 files.*; 8 stand there more than once and count once$' "$tmp/shown"
cat "$tmp/a.jsonl" "$tmp/one.jsonl" | head -c -20 | gzip -c >"$tmp/torn.jsonl.gz"
"$kt" diff --full "$tmp/torn.jsonl.gz" -- "$tmp/slower.jsonl" >"$tmp/shown"
check 'compressed and torn' sh -c "grep -q '^base: 9 runs .*; 1 was interrupted$' '$tmp/shown' && grep -q '^  1 line: cut off' '$tmp/shown'"
sed 's/"question":"work/"question":"play/' "$tmp/one.jsonl" >"$tmp/other.jsonl"
"$kt" diff --full "$tmp/a.jsonl" -- "$tmp/other.jsonl" >"$tmp/shown" 2>"$tmp/said"
check 'nothing in common' test $? -eq 4
check 'both are named' sh -c "grep -q '^only in base, not compared: work' '$tmp/shown' && grep -q '^only in new, not compared: play' '$tmp/shown'"

# Two runs of this machine, one after the other.
for n in 1 2; do
	timeout 60 "$kt" bench --no-trace --time 50ms --filter '^create_stop$' -o "$tmp/run$n.jsonl" >/dev/null 2>"$tmp/said" </dev/null ||
		bad "kt bench $n: $(cat "$tmp/said")"
done
"$kt" diff -f json "$tmp/run1.jsonl" -- "$tmp/run2.jsonl" >"$tmp/shown"
check 'two recorded runs: no verdict' test $? -eq 0
# others DIFF.json: what the runs differ in besides who else watched the kernel, which may begin or end between them
others() {
	python3 -c 'import json, sys
for d in json.load(open(sys.argv[1]))["differences"]:
    if not d["key"].startswith("watched."):
        print(d["key"])' "$1"
}
others "$tmp/shown" >"$tmp/others"
check 'one boot, one kernel, one build' cmp /dev/null "$tmp/others"
sed 's/"watched":{"bpf_programs":[^,]*,/"watched":{"bpf_programs":12345,/' "$tmp/run2.jsonl" >"$tmp/watched.jsonl"
"$kt" diff -f json "$tmp/run1.jsonl" -- "$tmp/watched.jsonl" >"$tmp/shown"
check 'who watches is a difference' grep -q '"key": "watched.bpf_programs"' "$tmp/shown"
others "$tmp/shown" >"$tmp/others"
check 'and not one of these' cmp /dev/null "$tmp/others"
sed 's/"boot_id":"[^"]*"/"boot_id":"another"/' "$tmp/run2.jsonl" >"$tmp/rebooted.jsonl"
"$kt" diff -f json "$tmp/run1.jsonl" -- "$tmp/rebooted.jsonl" >"$tmp/shown"
others "$tmp/shown" >"$tmp/others"
check 'another boot would be seen' grep -qx boot_id "$tmp/others"
finish
