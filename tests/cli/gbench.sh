#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kt report -f gbench: what Google Benchmark's own compare.py makes of two runs, and that the figures are those of JSON.
# Beside others: it only reads records.
. "$(dirname "$0")/lib.sh"

"$kt" report -f gbench tests/golden/instances.jsonl >"$tmp/a.json"
"$kt" report -f json tests/golden/instances.jsonl >"$tmp/report.json"
check 'strict JSON' strict_json "$tmp/a.json"
check 'as committed' cmp "$tmp/a.json" tests/golden/instances.gbench.json
refused 'a trace' 2 'for runs of kt bench' "$kt" report -f gbench tests/golden/live.jsonl
refused 'nothing is left of that' 2 'for runs of kt bench' "$kt" report -f gbench -o "$tmp/trace.json" tests/golden/live.jsonl
check 'indeed' test ! -e "$tmp/trace.json"
refused 'a full disk' 5 'space' sh -c "'$kt' report -f gbench tests/golden/instances.jsonl >/dev/full"
check 'hostile names move no cursor, whoever prints them' sh -c \
	"'$kt' report -f gbench tests/golden/hostile.jsonl | python3 -c 'import json, sys
for b in json.load(sys.stdin)[\"benchmarks\"]: assert b[\"name\"].isprintable(), b'"

check 'a repetition for each instance, their statistics, and the figures of JSON' python3 - "$tmp/a.json" "$tmp/report.json" <<'P'
import json, math, statistics, sys
g, r = (json.load(open(f)) for f in sys.argv[1:])
arms = {f"{x['benchmark']}/{x['arm']}": x for x in r["results"] if x["source"] == "bench" and x["count"]}
assert {b["run_name"] for b in g["benchmarks"]} == set(arms)
near = lambda a, b: math.isclose(a, b, rel_tol=1e-6)
for name, arm in arms.items():
    all = [b for b in g["benchmarks"] if b["run_name"] == name]
    one = [b for b in all if b["run_type"] == "iteration"]
    assert [b["repetition_index"] for b in one] == list(range(len(one))) and {b["repetitions"] for b in all} == {len(one)}
    assert len(one) == len(arm["instances"]["instance"]) and {b["time_unit"] for b in all} == {"ns"}
    assert all[:len(one)] == one and sum(b["iterations"] for b in one) == arm["iterations"]
    for b, mean in zip(one, arm["instances"]["mean"]):
        assert near(b["real_time"], mean), (b, mean)
    assert near(sum(b["cpu_time"] * b["iterations"] for b in one) / arm["iterations"], arm["cpu_ns_per_op"])
    for field in "real_time", "cpu_time":
        v = [b[field] for b in one]
        got = {b["aggregate_name"]: b[field] for b in all if b["run_type"] == "aggregate"}
        assert list(got) == ["mean", "median", "stddev", "cv"], got
        assert near(got["mean"], statistics.mean(v)) and near(got["median"], statistics.median(v))
        assert near(got["stddev"], statistics.stdev(v)) and near(got["cv"], statistics.stdev(v) / statistics.mean(v))
P

compare=/usr/share/benchmark/compare.py
python=$(for p in python3 /usr/bin/python3; do "$p" -c 'import scipy.stats' 2>/dev/null && echo "$p" && break; done)
if [ ! -e $compare ]; then
	skip 'what compare.py makes of it: libbenchmark-tools is not installed'
	finish
elif [ -z "$python" ]; then
	skip 'what compare.py makes of it: it needs python3-scipy'
	finish
fi
# The same run, libkthread 10 % slower.
python3 - tests/golden/instances.jsonl >"$tmp/slower.jsonl" <<'P'
import json, sys
for line in open(sys.argv[1]):
    r = json.loads(line)
    for part in r.get("parts", []):
        if r["type"] == "instance" and part["arm"] == "libkthread":
            for p in part["passes"]:
                p[2] = round(p[2] * 1.1)
            h = part["hist"]
            h["sum"] = min(round(h["sum"] * 1.1), h["count"] * (h["max"] or 0))
    print(json.dumps(r))
P
"$kt" report -f gbench "$tmp/slower.jsonl" >"$tmp/b.json"
"$python" $compare --no-color -d "$tmp/difference.json" benchmarks "$tmp/a.json" "$tmp/b.json" >"$tmp/compared" 2>"$tmp/said"
check 'compare.py reads two of them' test $? -eq 0
check 'without a complaint' test ! -s "$tmp/said"
check 'it sees what was changed, and nothing else' "$python" - "$tmp/difference.json" <<'P'
import json, sys
diffs = json.load(open(sys.argv[1]))
means = {d["name"]: d["measurements"][0]["time"] for d in diffs if d["aggregate_name"] == "mean"}
assert len(means) > 2, means
for name, change in means.items():
    assert (0.09 < change < 0.11) if "/libkthread" in name else change == 0, (name, change)
tested = [d for d in diffs if d["utest"] and d["run_type"] == "iteration"]
assert tested and all(d["utest"]["have_optimal_repetitions"] for d in tested)
assert all((d["utest"]["time_pvalue"] < 0.05) == ("/libkthread" in d["name"]) for d in tested), tested
P
question=$(sed -n 's/.*"run_name": "\(.*\)\/futex".*/\1/p' "$tmp/a.json" | head -n 1)
"$python" $compare --no-color -a filters "$tmp/a.json" "^$question/futex" "^$question/libkthread" >"$tmp/compared" 2>"$tmp/said"
check 'it compares arms of one run' grep -q "vs.*libkthread.*_median .*[0-9]" "$tmp/compared"
finish
