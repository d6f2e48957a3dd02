#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kt report -f csv, as its readers see it: Python's csv module, and pandas and R where they are installed.
# Beside others: it only reads records.
. "$(dirname "$0")/lib.sh"

"$kt" report -f csv tests/golden/small.jsonl >"$tmp/small.csv"
"$kt" report -f json tests/golden/small.jsonl >"$tmp/small.json"
check 'the suffix is enough' "$kt" report tests/golden/small.jsonl -o "$tmp/by-name.csv"
check 'and the same' cmp "$tmp/small.csv" "$tmp/by-name.csv"
check 'a table of its own' "$kt" report --table comparisons tests/golden/small.jsonl -o "$tmp/comparisons.csv"
refused 'a table that is not there' 2 "unknown table 'rows'; expected figures" "$kt" report -f csv --table rows tests/golden/small.jsonl
refused 'a table of something else' 2 '--table goes with --format csv, not json' "$kt" report -f json --table figures tests/golden/small.jsonl
refused 'also by name' 2 '--table goes with --format csv, not json' "$kt" report --table figures tests/golden/small.jsonl -o "$tmp/x.json"
refused 'a full disk' 5 'space' sh -c "'$kt' report -f csv tests/golden/small.jsonl >/dev/full"
check 'a reader that goes away' sh -c "'$kt' report -f csv tests/golden/small.jsonl | head -c1 | grep -q r"

# The figures of JSON, row by row, with the digits that they need.
check 'Python reads the same figures' python3 - "$tmp/small.csv" "$tmp/small.json" "$tmp/comparisons.csv" <<'P'
import csv, json, math, sys
rows = list(csv.DictReader(open(sys.argv[1], newline="", encoding="utf-8"), strict=True))
report = json.load(open(sys.argv[2]))
near = lambda cell, v: cell == "" if v is None else math.isclose(float(cell), v, rel_tol=1e-8)
assert all(None not in r and None not in r.values() for r in rows), "as many cells as columns"
for result in report["results"]:
    mine = [r for r in rows if r["question"] == result["benchmark"] and r["arm"] == result["arm"]]
    main = [r for r in mine if r["source"] == "untraced" and r["metric"] == result["mode"]]
    assert len(main) == 1 and main[0]["unit"] == "ns" and int(main[0]["count"]) == result["count"]
    for figure in "mean", "p50", "p90", "p99", "p999", "max":
        assert near(main[0][figure], result[figure]), (figure, main[0], result[figure])
    for name, phase in (result["phases"] or {}).items():
        row = [r for r in mine if r["source"] == "tracer" and r["metric"] == name]
        assert (not row) if phase is None else near(row[0]["p50"], phase["p50"])
    for name, sum in result["counters"].items():
        row = [r for r in mine if r["source"] == "counter" and r["metric"] == name]
        assert float(row[0]["sum"]) == sum and near(row[0]["mean"], sum / result["iterations"])
compared = list(csv.DictReader(open(sys.argv[3], newline="", encoding="utf-8"), strict=True))
assert len(compared) == len(report["comparisons"])
for row, c in zip(compared, report["comparisons"]):
    assert [row["question"], row["arm"], row["metric"], row["verdict"]] == [c["benchmark"], c["arm"], c["metric"], c["verdict"]]
    assert near(row["ratio"], c["ratio"]) and near(row["lo"], c["lo"]) and row["unstable"] == str(c["unstable"]).lower()
P

# The tables belong together.
for table in figures instances epochs buckets intervals events; do
	for record in instances live; do
		"$kt" report -f csv --table $table tests/golden/$record.jsonl >"$tmp/$record.$table.csv"
	done
done
check 'tables can be joined, and add up' python3 - "$tmp" <<'P'
import csv, collections, sys
def table(record, name):
    return list(csv.DictReader(open(f"{sys.argv[1]}/{record}.{name}.csv", newline="", encoding="utf-8"), strict=True))
key = lambda r: (r["run"], r["question"], r["arm"], r["side"])
for record in "instances", "live":
    buckets = collections.Counter()
    for r in table(record, "buckets"):
        assert float(r["low"]) < float(r["high"])
        buckets[key(r) + (r["source"], r["metric"])] += int(r["count"])
    for r in table(record, "figures"):
        if r["source"] in ("untraced", "traced", "tracer") and r["metric"] not in ("cpu", "time"):
            assert buckets.pop(key(r) + (r["source"], r["metric"])) == int(r["count"]), r
    assert not buckets, buckets
figures = {key(r): r for r in table("instances", "figures") if r["source"] == "untraced" and r["metric"] == r["mode"]}
parts, passes = collections.Counter(), collections.Counter()
walls = {}
for r in table("instances", "instances"):
    parts[key(r)] += int(r["count"])
    walls[key(r), r["instance"]] = int(r["wall_ns"])
    assert int(r["start_ns"]) < int(r["end_ns"]) and r["noisy"] in ("true", "false")
for r in table("instances", "epochs"):
    passes[key(r)] += 1
    walls[key(r), r["instance"]] -= int(r["ns"])
    assert int(r["iterations"]) > 0 and float(r["p50"]) > 0
assert not any(walls.values()), "the epochs of an instance take its time"
for k, r in figures.items():
    assert int(r["count"]) == (passes if r["mode"] == "time" else parts)[k], (k, r)
intervals, events = table("live", "intervals"), table("live", "events")
figures = table("live", "figures")
for metric in {r["metric"] for r in intervals}:
    assert sum(int(r["count"]) for r in intervals if r["metric"] == metric) == \
        sum(int(r["count"]) for r in figures if r["metric"] == metric), metric
assert events and all(e["comm"] and int(e["ns"]) for e in events)
P

"$kt" report -f csv --table losses tests/golden/live.jsonl >"$tmp/losses.csv"
check 'what was lost, as a share' grep -qx '1,wakeup,switch_missed,41,values,7056,0.005810657596371882' "$tmp/losses.csv"
"$kt" report -f csv --table losses tests/golden/small.jsonl >"$tmp/losses.csv"
check 'of a bench run as well' grep -qx '1,,ring_full,0,,,' "$tmp/losses.csv"
"$kt" report -f csv --table dropped tests/golden/v1-negative.jsonl >"$tmp/dropped.csv"
check 'what was dropped' grep -qE '^1,epoch,report,wakeup/trip=oneway/cpu=same,libkthread,"?.*negative"?,1,tests/golden/v1-negative.jsonl,18$' \
	"$tmp/dropped.csv"

# A name of each sort: it comes back as it was or spelled out, and no cell of it is a formula or a control character.
python3 - tests/golden/small.jsonl >"$tmp/hostile.jsonl" <<'P'
import json, sys
nasty = {"futex": "=cmd|' /C calc'!A0", "libkthread": '-1+1;@x",\r\n=2', "condvar": "\t\u202e+x\uff1d"}
def turn(x):
    if isinstance(x, dict):
        return {turn(k): turn(v) for k, v in x.items()}
    if isinstance(x, list):
        return [turn(v) for v in x]
    return nasty.get(x, x) if isinstance(x, str) else x
for line in open(sys.argv[1]):
    print(json.dumps(turn(json.loads(line))))
P
"$kt" report -f csv "$tmp/hostile.jsonl" >"$tmp/hostile.csv"
"$kt" report -f csv --table comparisons "$tmp/hostile.jsonl" >"$tmp/hostile2.csv"
check 'hostile names are cells' python3 - "$tmp/hostile.csv" "$tmp/hostile2.csv" "$tmp/small.csv" <<'P'
import csv, re, sys
read = lambda f: list(csv.reader(open(f, newline="", encoding="utf-8"), strict=True))
names, number = set(), re.compile(r"-?[0-9.]+(e[-+][0-9]+)?$")
for f in sys.argv[1:3]:
    for row in read(f):
        assert len(row) == len(read(f)[0])
        for cell in row:
            assert cell.isprintable() and "\u202e" not in cell
            assert number.match(cell) or not re.match(r'[\s"]*[=+@\uff1d-]', cell), cell
            assert not re.search(r';[\s"]*[=+@-]', cell), cell
        names.add(row[3])
assert {"'=cmd|' /C calc'!A0", "'-1+1;'@x\",\\x0d\\x0a=2", "\\x09\\xe2\\x80\\xae+x\uff1d"} < names, names
assert len(read(sys.argv[1])) == len(read(sys.argv[3])), "a row each"
P

# Packages belong to the system's Python, which need not be the first one.
python=$(for p in python3 /usr/bin/python3; do "$p" -c 'import pandas' 2>/dev/null && echo "$p" && break; done)
if [ -n "$python" ]; then
	check 'pandas: types as they should be' "$python" - "$tmp/small.csv" "$tmp/comparisons.csv" <<'P'
import pandas, sys
d, c = (pandas.read_csv(f) for f in sys.argv[1:3])
assert all(d[n].dtype.kind in "if" for n in "run count sum mean min p25 p50 p75 p90 p99 p999 max".split()), d.dtypes
assert c["unstable"].dtype == bool and c["ratio"].dtype == float
wide = d[(d.source == "untraced") & (d.metric == "latency")].pivot(index="question", columns="arm", values="p50")
assert wide.shape == (1, 3) and 4000 < wide["futex"].iloc[0] < 5000, wide
P
else
	skip 'pandas reads it: python3-pandas is not installed'
fi
if command -v Rscript >/dev/null; then
	check 'R: types as they should be' Rscript --vanilla -e 'a <- commandArgs(TRUE)
		d <- read.csv(a[1]); c <- read.csv(a[2])
		stopifnot(is.numeric(d$p50), is.numeric(d$count), is.character(d$arm), is.numeric(c$lo), c$unstable %in% c(TRUE, FALSE))
		m <- merge(subset(d, source == "untraced" & metric == mode), subset(c, metric == "p50"), by = c("run", "question", "arm"))
		stopifnot(nrow(m) == 3, m$ratio > 0.5)' "$tmp/small.csv" "$tmp/comparisons.csv"
else
	skip 'R reads it: r-base-core is not installed'
fi
finish
