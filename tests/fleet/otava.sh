#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# scripts/fleet/otava: nights as Apache Otava's CSV importer takes them. Otava itself cannot be had here (it comes from a
# registry of Python packages): a reader of its own does what its documentation says of configuration, columns, quotes,
# numbers and times.
. "$(dirname "$0")/lib.sh"
export KT_BUILD
reference=$(ls results/reference/*/run.jsonl | head -n 1)
night() { # night DATE RECORD HOST...
	local date=$1 record=$2 host
	shift 2
	mkdir -p "$tmp/records/$date"
	for host; do gzip -c "$record" >"$tmp/records/$date/$host.jsonl.gz"; done
}
for day in 20 21 22 23; do night 2026-11-$day "$reference" n0; done
night 2026-11-24 tests/golden/small.jsonl n0
night 2026-11-25 tests/golden/hostile.jsonl n1
cp "$reference" "$tmp/records/2026-11-25/n0.jsonl"
echo torn >"$tmp/records/2026-11-25/n2.jsonl.gz.part"

check 'nights become series' scripts/fleet/otava "$tmp/otava dir" "$tmp"/records/2026-11-2[0-3]
check 'and further ones are added' scripts/fleet/otava "$tmp/otava dir" "$tmp"/records/2026-11-24/ "$tmp"/records/2026-11-25
cat "$tmp/out"
cat >"$tmp/read.py" <<'P'
import csv, datetime, json, re, subprocess, sys
directory, kt, record = sys.argv[1:]
text = open(directory + "/otava.yaml", encoding="utf-8").read()
config = json.loads(text)
try:
    import yaml
    assert yaml.safe_load(text) == config
    print("also read by PyYAML", yaml.__version__)
except ImportError:
    pass
assert all(name in config["tests"] for name in config["test_groups"]["kt"])
nights, columns = {}, {}
for name, test in config["tests"].items():
    assert test["type"] == "csv" and isinstance(test["attributes"], list)
    options = test["csv_options"]
    with open(test["file"], newline="") as f:
        reader = csv.reader(f, delimiter=options["delimiter"], quotechar=options["quote_char"])
        headers = next(reader)
        assert "branch" not in headers and len(set(headers)) == len(headers)
        time = headers.index(test["time_column"])
        attributes = [headers.index(a) for a in test["attributes"]]
        metrics = {m: (headers.index(c.get("column", m)), int(c["direction"]), float(c["scale"])) for m, c in test["metrics"].items()}
        assert "p50" in metrics and all(direction == -1 for _, direction, _ in metrics.values())
        rows = list(reader)
    assert rows and all(len(row) >= len(headers) for row in rows)
    times = [datetime.datetime.strptime(row[time], "%Y-%m-%d %H:%M:%S %z") for row in rows]
    assert times == sorted(set(times))
    values = {m: [float(row[i]) * scale for row in rows] for m, (i, _, scale) in metrics.items()}
    assert all(0 < v < 1e12 for series in values.values() for v in series), name
    assert all(row[i] for row in rows for i in attributes)
    nights[name] = [t.day for t in times]
    columns[name] = values
# The whole history of those of the reference, in order, and what came and went has its own.
assert nights["create_stop libkthread"] == [20, 21, 22, 23, 25], nights["create_stop libkthread"]
assert nights["wakeup/trip=oneway/cpu=cross/wait=sleep futex"] == [20, 21, 22, 23, 24, 25]
hostile = [n for n in nights if nights[n] == [25]]
assert hostile and all(not re.search(r"[\x00-\x1f\x7f]", n) for n in nights), hostile
report = json.loads(subprocess.run([kt, "report", "-f", "json", record], capture_output=True).stdout)
compared = 0
for r in report["results"]:
    name = f"{r['benchmark']} {r.get('arm')}"
    if r["source"] == "bench" and name in columns and r["p50"] and r["mode"] == "latency":
        assert abs(columns[name]["p50"][0] / r["p50"] - 1) < 1e-6, name
        compared += 1
assert compared > 20
print(len(nights), "tests,", compared, "compared with kt report")
P
check 'they are as the documentation of Otava says, with the figures of kt report' python3 "$tmp/read.py" "$tmp/otava dir" "$kt" "$reference"
cat "$tmp/out"
check 'again changes nothing' sh -c "cp -r '$tmp/otava dir' '$tmp/before' && scripts/fleet/otava '$tmp/otava dir' '$tmp'/records/2026-11-2* && sed -i 's|/before/|/otava dir/|' '$tmp/before/otava.yaml' && diff -r '$tmp/before' '$tmp/otava dir'"
check 'one host by itself' scripts/fleet/otava -H n1 "$tmp/n1" "$tmp"/records/2026-11-25
check 'has its own series only' test "$(ls "$tmp/n1" | grep -c create_stop) $(ls "$tmp/n1" | grep -c 'csv$' | sed 's/[1-9][0-9]*/some/')" = '0 some'
check 'names cannot leave the directory' test "$(find "$tmp" -newer "$tmp/read.py" -name '*.csv' ! -path "$tmp/otava dir/*" ! -path "$tmp/n1/*" ! -path "$tmp/before/*")" = ''
echo '{"type":"header"' | gzip -c >"$tmp/records/2026-11-25/n3.jsonl.gz"
scripts/fleet/otava "$tmp/torn" "$tmp/records/2026-11-25" >"$tmp/said" 2>"$tmp/log"
check "a torn record costs itself alone and is named: exit $?" sh -c "grep -q n3 '$tmp/log' && grep -q create_stop '$tmp/torn/otava.yaml'"
check 'the usage' sh -c "scripts/fleet/otava --help | grep -q '^usage: scripts/fleet/otava'"
refused 'no nights' 2 'expected DIR and nights' scripts/fleet/otava "$tmp/x"
refused 'what is not a night' 2 'not a night' scripts/fleet/otava "$tmp/x" "$tmp/records"
refused 'a file of somebody else' 2 'not written by this command' sh -c "mkdir '$tmp/y' && echo 'tests: {}' >'$tmp/y/otava.yaml' && scripts/fleet/otava '$tmp/y' '$tmp/records/2026-11-24'"
finish
