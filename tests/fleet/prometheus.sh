#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# scripts/fleet/textfile and grafana.json: records go through a node exporter's textfile collector into a Prometheus, which
# is asked every query of the dashboard. The dashboard is not rendered: there is no Grafana here.
. "$(dirname "$0")/lib.sh"
export KT_BUILD
exporter=$(command -v prometheus-node-exporter || command -v node_exporter) || lacking 'no node exporter is installed (package prometheus-node-exporter)'
need_program prometheus prometheus
need_program promtool prometheus
prometheus --version 2>&1 | head -n 1
"$exporter" --version 2>&1 | head -n 1

# Three hosts, of which two are the same machine, one with names that are hostile, and a run of today.
mkdir "$tmp/records" "$tmp/dir"
# The committed run, of another time.
reference=$tmp/reference.jsonl
at_time() { sed "1,/\"start\"/s/\"start\":\"[^\"]*\"/\"start\":\"$1\"/"; }
at_time 2026-01-02T03:04:05Z <"$(ls results/reference/*/run.jsonl | head -n 1)" >"$reference"
gzip -c "$reference" >"$tmp/records/n0.jsonl.gz"
cp "$reference" "$tmp/records/n1.jsonl"
cp tests/golden/hostile.jsonl "$tmp/records/n2.jsonl"
at_time "$(date -u +%FT%TZ)" <tests/golden/small.jsonl >"$tmp/records/n3.jsonl"
check 'records become metrics' scripts/fleet/textfile "$tmp/dir" "$tmp"/records/*
check 'one of each host' test "$(cd "$tmp/dir" && echo *)" = 'kt-n0.prom kt-n1.prom kt-n2.prom kt-n3.prom'
for host in n0 n1 n2 n3; do
	promtool check metrics <"$tmp/dir/kt-$host.prom" >"$tmp/out" 2>&1
	check "$host: promtool finds nothing: $(head -n 1 "$tmp/out")" test ! -s "$tmp/out"
	record=$(ls "$tmp/records/$host".jsonl*)
	check "$host: what kt report says, with the host" cmp <(grep '^kt_' "$tmp/dir/kt-$host.prom" | grep -v ^kt_run_start | sed "s/node=\"$host\",//") \
		<("$kt" report -f prometheus "$record" 2>/dev/null | grep '^kt_')
done
check 'a reader may have them' test "$(stat -c %a "$tmp/dir/kt-n0.prom")" = 644

# ---- what goes wrong -------------------------------------------------------------------------------------------------
mkdir "$tmp/other"
cp "$reference" "$tmp/records/two words.jsonl"
head -c 100 "$reference" >"$tmp/records/n9.jsonl"
scripts/fleet/textfile "$tmp/other" "$tmp/records/two words.jsonl" "$tmp/records/n9.jsonl" "$tmp/records/gone.jsonl" "$tmp/records/n3.jsonl" 2>"$tmp/named"
check "each costs itself alone: exit $?" test "$(cd "$tmp/other" && ls -A)" = kt-n3.prom
check 'and is named' test "$(grep -cE '(two\\ words|n9|gone)\.jsonl: ' "$tmp/named") $(wc -l <"$tmp/named")" = '3 3'
rm "$tmp/records/two words.jsonl" "$tmp/records/n9.jsonl"
check 'without buckets' scripts/fleet/textfile -f "$tmp/other" "$tmp/records/n0.jsonl.gz"
check 'there are none' sh -c "! grep -q '_bucket{' '$tmp/other/kt-n0.prom' && promtool check metrics <'$tmp/other/kt-n0.prom'"
check 'all as one' scripts/fleet/textfile -u "$tmp/other" "$tmp/records/n0.jsonl.gz" "$tmp/records/n1.jsonl"
check 'has the label of one' grep -q '^kt_operation_seconds_bucket{node="all",' "$tmp/other/kt-all.prom"
refused 'no directory' 2 'not a directory' scripts/fleet/textfile "$tmp/nowhere" "$reference"
refused 'a node for many' 2 'one RECORD' scripts/fleet/textfile -n x "$tmp/other" "$reference" "$reference"
check 'the usage' sh -c "scripts/fleet/textfile --help | grep -q '^usage: scripts/fleet/textfile'"

# Whoever reads meanwhile has all of the old or of the new.
lines=$(wc -l <"$tmp/dir/kt-n3.prom")
(for _ in $(seq 20); do scripts/fleet/textfile "$tmp/dir" "$tmp/records/n3.jsonl" || echo failed; done) >"$tmp/wrote" 2>&1 &
writer=$!
torn=0
while [ -d /proc/$writer ] && kill -0 $writer 2>/dev/null; do
	[ "$(wc -l <"$tmp/dir/kt-n3.prom")" = "$lines" ] || torn=$((torn + 1))
done
wait $writer
check "never half of it ($torn)" test $torn = 0 -a ! -s "$tmp/wrote"
check 'and nothing beside it' test "$(ls -A "$tmp/dir" | wc -l)" = 4

# ---- the node exporter and Prometheus --------------------------------------------------------------------------------
read -r -a port <<<"$(free_ports 2)"
"$exporter" --web.listen-address="127.0.0.1:${port[0]}" --collector.disable-defaults --collector.textfile \
	--collector.textfile.directory="$tmp/dir" >"$tmp/exporter.log" 2>&1 &
started+=($!)
cat >"$tmp/prometheus.yml" <<C
global: {scrape_interval: 15s, scrape_timeout: 15s}
scrape_configs: [{job_name: node, static_configs: [{targets: ["127.0.0.1:${port[0]}"]}]}]
C
prometheus --config.file="$tmp/prometheus.yml" --storage.tsdb.path="$tmp/db" --log.level=warn \
	--web.listen-address="127.0.0.1:${port[1]}" >"$tmp/prometheus.log" 2>&1 &
started+=($!)
cat >"$tmp/ask.py" <<'P'
import itertools, json, re, subprocess, sys, time, urllib.error, urllib.parse, urllib.request

port, dashboard, kt, record = sys.argv[1:]
http = urllib.request.build_opener(urllib.request.ProxyHandler({}))

def get(path, **query):
    try:
        with http.open(f"http://127.0.0.1:{port}{path}?{urllib.parse.urlencode(query)}", timeout=30) as r:
            answer = json.load(r)
    except urllib.error.HTTPError as e:
        raise AssertionError(f"{query}: {e.read().decode()[:300]}")
    assert answer["status"] == "success", answer
    return answer["data"]

def ask(expr):
    return get("/api/v1/query", query=expr)["result"]

for _ in range(600):
    try:
        if len(ask("max by (node) (kt_complete)")) == 4:
            break
    except OSError:
        pass
    time.sleep(0.1)
else:
    raise SystemExit(f"four hosts did not arrive: {[t['lastError'] for t in get('/api/v1/targets')['activeTargets']]}")

d = json.load(open(dashboard))
# What Grafana wants of the file itself.
assert d["id"] is None if "id" in d else True
ids = [p["id"] for p in d["panels"]]
assert len(set(ids)) == len(ids) and d["uid"] and d["title"] and d["schemaVersion"] >= 30
names = [v["name"] for v in d["templating"]["list"]]
assert names[0] == "datasource" and len(set(names)) == len(names)
for a, b in itertools.combinations([p["gridPos"] for p in d["panels"]], 2):
    assert a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"] or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"], (a, b)
for p in d["panels"]:
    assert p["gridPos"]["x"] + p["gridPos"]["w"] <= 24 and p["title"] and p["description"] and p["targets"]
    assert all(t["datasource"]["uid"] == "${datasource}" for t in p["targets"])
    refs = [t["refId"] for t in p["targets"]]
    assert len(set(refs)) == len(refs)

# The variables, as Grafana asks for their values.
values = {}
def fill(text):
    for name in re.findall(r"\$\{?([a-z]+)", text):
        assert name in names, f"no variable {name}"
    return re.sub(r"\$([a-z]+)", lambda m: values[m[1]], text)
for v in d["templating"]["list"][1:]:
    m = re.fullmatch(r"label_values\((.*), ([a-z]+)\)", v["query"]["query"])
    series = get("/api/v1/series", **{"match[]": fill(m[1])})
    found = sorted({s[m[2]] for s in series if m[2] in s})
    assert found, v
    if v["name"] == "question":
        # One that was traced, so that every panel has something to show; the hostile ones are asked for below.
        assert len(found) > 10
        wanted = "wakeup/trip=oneway/cpu=same/wait=sleep"
    else:
        wanted = {"arm": "libkthread", "figure": "p50", "node": ".*"}[v["name"]]
    assert wanted in found or v["name"] == "node", (v["name"], found)
    values[v["name"]] = wanted
assert found == ["n0", "n1", "n2", "n3"], found

# Every query has an answer with figures.
answers = {}
for p in d["panels"]:
    for t in p["targets"]:
        expr = fill(t["expr"])
        result = ask(expr)
        assert result, f"{p['title']}: nothing: {expr}"
        assert all(r["value"][1] != "NaN" for r in result), f"{p['title']}: {expr}: {result[:3]}"
        for label in re.findall(r"\{\{(\w+)\}\}", t.get("legendFormat", "")):
            assert all(label in r["metric"] for r in result), f"{p['title']}: no {label}"
        answers[p["id"], t["refId"]] = result
by_title = {p["title"]: p["id"] for p in d["panels"]}
first = lambda title, ref="A": float(answers[by_title[title], ref][0]["value"][1])
# n3 is of today; the others are older, two of them are one machine with two names.
assert first("Hosts with a run of the last 36 hours") == 1 and first("Hosts with a run of the last 36 hours", "B") == 4
older = {r["metric"]["node"] for r in answers[by_title["Hosts whose run is older"], "A"]}
assert older == {"n0", "n1", "n2"}, older
assert first("Files that the exporter cannot read") == 0

# The figures are those of kt report.
report = json.loads(subprocess.run([kt, "report", "-f", "json", record], capture_output=True).stdout)
ours = next(r for r in report["results"] if r["benchmark"] == values["question"] and r.get("arm") == "libkthread" and r["source"] == "bench")
for r in answers[by_title["$question, $arm: $figure of each host"], "A"]:
    if r["metric"]["node"] in ("n0", "n1"):
        assert abs(float(r["value"][1]) / (ours["p50"] / 1e9) - 1) < 1e-6
together = {r: first("$question, $arm: percentiles of the hosts together", r) for r in "ABC"}
for ref, figure in ("A", "p50"), ("B", "p99"):
    ratio = together[ref] / (ours[figure] / 1e9)
    assert 1 / 1.25 < ratio < 1.25, (figure, ratio)
print(f"{len(answers)} queries of {len(d['panels'])} panels, {sum(map(len, answers.values()))} series")
P
check 'every query of the dashboard is answered, with the figures of kt report' \
	timeout 300 python3 "$tmp/ask.py" "${port[1]}" scripts/fleet/grafana.json "$kt" "$reference"
cat "$tmp/out"
finish
