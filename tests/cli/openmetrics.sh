#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kt report -f openmetrics and -f prometheus: the grammar, then promtool's import and a Prometheus on loopback, which is asked
# for the percentiles that kt report has.
# Beside others: it only reads records.
. "$(dirname "$0")/lib.sh"
# Where scripts/bootstrap puts them: Debian's package would start a server.
PATH=$PATH:$KT_BUILD/tools/bin
reference=$(ls results/reference/*/run.jsonl | head -n 1)

for record in small live; do
	"$kt" report -f openmetrics "tests/golden/$record.jsonl" >"$tmp/$record.om"
	check "$record: as committed" cmp "$tmp/$record.om" "tests/golden/$record.om"
	LC_ALL=de_DE.UTF-8 LANG=tr_TR.UTF-8 TZ=Asia/Kathmandu "$kt" report -f openmetrics "tests/golden/$record.jsonl" >"$tmp/elsewhere.om"
	check "$record: the same in any locale and time zone" cmp "$tmp/$record.om" "$tmp/elsewhere.om"
done
check 'the suffix is enough' "$kt" report tests/golden/small.jsonl -o "$tmp/by-name.om"
check 'and the same' cmp "$tmp/small.om" "$tmp/by-name.om"
check 'a textfile has a suffix of its own' "$kt" report tests/golden/small.jsonl -o "$tmp/small.prom"
check 'and no timestamps' sh -c "! grep -E '^[^#].* 1767323045$' '$tmp/small.prom'"
refused 'a full disk' 5 'space' sh -c "'$kt' report -f openmetrics tests/golden/small.jsonl >/dev/full"
check 'a reader that goes away' sh -c "'$kt' report -f openmetrics tests/golden/small.jsonl | head -c1 | grep -q '#'"

# The grammar, and what must hold for every histogram: the same bounds in each, rising counts, the last one the count.
for record in small instances builds settings trace live threads hostile hostile_sides apart v1; do
	"$kt" report -f openmetrics "tests/golden/$record.jsonl" >"$tmp/$record.om" 2>/dev/null
	"$kt" report -f prometheus "tests/golden/$record.jsonl" >"$tmp/$record.prom" 2>/dev/null
	check "$record: OpenMetrics" python3 - "$tmp/$record.om" <<'P'
import math, re, sys
text = open(sys.argv[1], "rb").read().decode("utf-8")
assert text.endswith("\n# EOF\n") and text.count("# EOF") == 1
assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text)
SAMPLE = re.compile(r'([a-z_]+)\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\} (\S+)( [0-9]+)\n')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\\n]|\\["\\n])*)"')
SUFFIXES = {"counter": {"_total"}, "gauge": {""}, "summary": {"", "_sum", "_count"}, "histogram": {"_bucket", "_sum", "_count"}}
families, series, bounds, at = {}, set(), None, 0
histograms = {}
for line in text.splitlines(keepends=True)[:-1]:
    if line.startswith("# TYPE "):
        _, _, family, kind = line.split()
        assert family not in families, "a family stands together"
        families[family] = kind
        continue
    if line.startswith("# "):
        word, name = line.split()[1:3]
        assert name == family and word in ("UNIT", "HELP")
        assert word != "UNIT" or family.endswith("_" + line.split()[3])
        continue
    m = SAMPLE.fullmatch(line)
    assert m, line
    name, labels, value, stamp = m.groups()
    assert name.startswith(family) and name[len(family):] in SUFFIXES[families[family]], line
    pairs = LABEL.findall(labels)
    assert len(dict(pairs)) == len(pairs), "a label stands once"
    key = (name, frozenset(pairs))
    assert key not in series, line
    series.add(key)
    assert math.isfinite(float(value))
    if families[family] == "histogram":
        whose = frozenset(p for p in pairs if p[0] != "le")
        histograms.setdefault((family, whose), []).append((name[len(family):], dict(pairs).get("le"), value))
assert len(families) > 20
assert histograms
for rows in histograms.values():
    buckets = [(le, int(v)) for suffix, le, v in rows if suffix == "_bucket"]
    bounds = bounds or [le for le, _ in buckets]
    assert [le for le, _ in buckets] == bounds, "never sparse"
    assert all(a[1] <= b[1] for a, b in zip(buckets, buckets[1:]))
    rest = {suffix: v for suffix, _, v in rows if suffix != "_bucket"}
    assert int(rest["_count"]) == buckets[-1][1]
edges = [float(le) for le in bounds]
assert edges[0] == 8e-9 and edges[-2] == 2**34 / 1e9 and edges[-1] == math.inf and len(edges) == 126
assert all(b / a <= 1.2500001 for a, b in zip(edges, edges[1:-1]))
P
done
"$kt" report -f openmetrics --top 2 tests/golden/threads.jsonl >"$tmp/two.om"
check 'subjects beyond --top are added up: every event stays in the sums' python3 - "$tmp/two.om" "$tmp/threads.om" <<'P'
import collections, re, sys
def sums(path):
    subjects, n = set(), collections.Counter()
    for line in open(path, encoding="utf-8"):
        if line.startswith("kt_trace_seconds_bucket"):
            subjects.add(re.search('subject="([^"]*)"', line)[1])
            n[re.search('metric="([^"]*)"', line)[1], re.search('le="([^"]*)"', line)[1]] += int(line.split()[-2])
    return subjects, n
two, many = sums(sys.argv[1]), sums(sys.argv[2])
assert len(two[0]) == 3 and "others" in two[0] and len(many[0]) > 10, two[0]
assert two[1] == many[1]
P

# ---- the real programs -----------------------------------------------------------------------------------------------
if ! command -v promtool >/dev/null || ! command -v prometheus >/dev/null; then
	skip 'promtool and prometheus are not installed (package prometheus): what they read was not tried'
	finish
fi
for record in small builds settings trace live hostile hostile_sides threads apart v1; do
	promtool check metrics <"$tmp/$record.prom" >"$tmp/out" 2>&1
	check "$record: promtool finds nothing in the textfile: $(head -n 1 "$tmp/out")" test ! -s "$tmp/out"
done
# Builds and settings are of the same machine and build at the same time, so each is a database of its own.
import() { # import NAME: into $tmp/NAME.db; every series of the text is there
	mkdir "$tmp/$1.db"
	timeout 120 promtool tsdb create-blocks-from openmetrics "$tmp/$1.om" "$tmp/$1.db" >"$tmp/$1.said" 2>&1 || return 1
	test "$(awk 'NR > 1 { n += $7 } END { print n }' "$tmp/$1.said")" = "$(grep -vc '^#' "$tmp/$1.om")"
}
"$kt" report -f openmetrics "$reference" >"$tmp/reference.om" 2>/dev/null
for record in small builds live hostile hostile_sides apart reference; do
	check "$record: promtool imports every series" import $record
done

# asks NAME RECORD: a Prometheus with this database answers what kt report says of the record
server=
stop_server() {
	[ -z "$server" ] || { kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; }
	server=
}
trap 'stop_server; rm -rf "$tmp"' EXIT
echo 'global: {}' >"$tmp/prometheus.yml"
asks() {
	local status
	timeout 120 prometheus --config.file="$tmp/prometheus.yml" --storage.tsdb.path="$tmp/$1.db" --log.level=warn \
		--storage.tsdb.retention.time=100y --web.listen-address=127.0.0.1:0 >"$tmp/$1.log" 2>&1 &
	server=$!
	python3 - "$server" "$2" "$kt" <<'P'
import datetime, json, os, subprocess, sys, time, urllib.parse, urllib.request
timeout, record, kt = int(sys.argv[1]), sys.argv[2], sys.argv[3]
report = json.loads(subprocess.run([kt, "report", "-f", "json", record], capture_output=True).stdout)
when = datetime.datetime.fromisoformat(report["context"]["start"].replace("Z", "+00:00")).timestamp()
http = urllib.request.build_opener(urllib.request.ProxyHandler({}))
def port():
    """It listens on a free one, which the kernel chose: that of its sockets."""
    children = open(f"/proc/{timeout}/task/{timeout}/children").read().split()
    mine = {os.readlink(f"/proc/{c}/fd/{fd}") for c in children for fd in os.listdir(f"/proc/{c}/fd")}
    for line in open("/proc/net/tcp").read().splitlines()[1:]:
        f = line.split()
        if f[3] == "0A" and f"socket:[{f[9]}]" in mine:
            assert f[1].startswith("0100007F:"), "on loopback only"
            return int(f[1].split(":")[1], 16)
def get(path, **query):
    url = f"http://127.0.0.1:{port()}{path}?{urllib.parse.urlencode(query)}"
    return http.open(url, timeout=30).read()
for _ in range(600):
    try:
        get("/-/ready")
        break
    except (OSError, AssertionError, TypeError, ValueError):
        time.sleep(0.05)
def ask(query):
    answer = json.loads(get("/api/v1/query", query=query, time=when))
    assert answer["status"] == "success", answer
    return answer["data"]["result"]
LADDER = [0] + [(2**b * (4 + s)) / 4 / 1e9 for b in range(3, 34) for s in range(4)] + [2**34 / 1e9]
def width(v):
    return next((b - a for a, b in zip(LADDER, LADDER[1:]) if v <= b), None)
asked = beyond = 0
worst = {}
for q, figure in (0.5, "p50"), (0.99, "p99"), (0.999, "p999"):
    for family, metric in ("operation", None), ("trace", "metric"):
        answers = {}
        for r in ask(f"histogram_quantile({q}, kt_{family}_seconds_bucket)"):
            m = r["metric"]
            who = (m.get("question") or m["kind"], m.get("arm") or m.get("subject", ""), m.get("side"), m.get("metric"))
            assert who not in answers
            answers[who] = float(r["value"][1])
        for r in report["results"]:
            if family == "operation":
                found = [(r, None)] if r["source"] == "bench" else []
            else:
                found = [(f, name) for name, f in r.get("metrics", {}).items() if f] if "subject" in r else []
            for f, name in found:
                if not r["count"] and not name or f[figure] is None:
                    continue
                ours = f[figure] / 1e9
                theirs = answers[r["benchmark"], r.get("of") or r.get("arm", r.get("subject")), r.get("side"), name]
                assert abs(ours - theirs) <= width(max(ours, theirs)), (r["benchmark"], name, figure, ours, theirs)
                worst[figure] = max(worst.get(figure, 0), abs(theirs / ours - 1))
                asked += 1
assert asked >= 4, asked
if any(r["source"] == "bench" for r in report["results"]):
    for r in ask("kt_comparison_ratio"):
        m = r["metric"]
        c = [c for c in report["comparisons"] if (c["benchmark"], c["arm"], c["baseline"], c["metric"]) ==
             (m["question"], m["arm"], m["baseline"], m["metric"])]
        assert len(c) == 1 and abs(float(r["value"][1]) / c[0]["ratio"] - 1) < 1e-6
    found = ask('count by (verdict) (kt_comparison_verdict)')
    assert sum(int(r["value"][1]) for r in found) == len(report["comparisons"])
    total = sum(r["count"] for r in report["results"] if r["source"] == "bench")
    assert int(ask("sum(kt_operation_seconds_count)")[0]["value"][1]) == total
print(f"{asked} quantiles;", ", ".join(f"{k} at most {100 * v:.1f} % off" for k, v in worst.items()))
P
	status=$?
	stop_server
	return $status
}
for record in reference small builds live; do
	file=tests/golden/$record.jsonl
	[ $record != reference ] || file=$reference
	check "$record: Prometheus answers within a bucket's width of kt report" asks $record "$file"
	cat "$tmp/out"
done
finish
