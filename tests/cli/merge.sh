#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kt merge: the union over hosts is that of an independent program, bucket for bucket; what is there twice, torn or of
# another schema costs itself alone and is named; what is written is a record that kt report reads.
# Beside others: it only reads records.
. "$(dirname "$0")/lib.sh"

real=results/reference/vm-2cpu-x86_64/run.jsonl
hosts=5
cat >"$tmp/hosts.py" <<'P'
# hosts.py RECORD DIR N: records of N hosts, made from one by adding values to its buckets, by a seed.
import json, random, sys
record, folder, nr = sys.argv[1], sys.argv[2], int(sys.argv[3])
lines = open(record).read().splitlines()
for host in range(nr):
    rnd = random.Random(host)
    with open(f"{folder}/host{host}.jsonl", "w") as out:
        for line in lines:
            r = json.loads(line)
            if r["type"] == "header":
                r["id"] = f"{host:08x}-0000-4000-8000-{host:012x}"
            if r["type"] == "environment":
                r["host_id"] = f"{host + 1:016x}"
            for part in r.get("parts", []):
                h = part["hist"]
                run = rnd.choice(h["runs"])
                i, more = rnd.randrange(1, len(run)), rnd.randrange(1, 9)
                k, b = h["k"], run[0] + i - 1
                low = b if b < 2 << k else ((1 << k) + (b & ((1 << k) - 1))) << ((b >> k) - 1)
                run[i] += more
                h["count"] += more
                h["sum"] += more * min(max(low, h["min"]), h["max"])
            out.write(json.dumps(r, separators=(",", ":")) + "\n")
P
mkdir "$tmp/in" && python3 "$tmp/hosts.py" $real "$tmp/in" $hosts
in=("$tmp"/in/host*.jsonl)

cat >"$tmp/union.py" <<'P'
# union.py TABLE FILE...: the rows of TABLE (kt merge -f json) that are of all hosts, and those of each, hold what the
# files hold: every bucket, count, sum, least and greatest value.
import collections, gzip, json, sys
class Hist:
    def __init__(self):
        self.count = self.sum = 0
        self.min, self.max, self.buckets = None, None, collections.Counter()
    def add(self, h, k):
        if not h["count"]:
            return
        self.count += h["count"]
        self.sum += h["sum"]
        self.min = h["min"] if self.min is None else min(self.min, h["min"])
        self.max = h["max"] if self.max is None else max(self.max, h["max"])
        for run in h["runs"]:
            for i, n in enumerate(run[1:]):
                b = run[0] + i
                if h["k"] > k:  # fold: the bucket of the smallest value
                    low = b if b < 2 << h["k"] else ((1 << h["k"]) + (b & ((1 << h["k"]) - 1))) << ((b >> h["k"]) - 1)
                    b = low if low < 2 << k else ((low.bit_length() - 1 - k + 1) << k) + ((low >> (low.bit_length() - 1 - k)) & ((1 << k) - 1))
                self.buckets[b] += n
table = json.load(open(sys.argv[1]))
union, each = collections.defaultdict(Hist), collections.defaultdict(Hist)
for path in sys.argv[2:]:
    host = None
    for line in (gzip.open if path.endswith(".gz") else open)(path, "rt"):
        try:
            r = json.loads(line)
        except ValueError:
            continue
        if r["type"] == "environment":
            host = r["host_id"]
        found = [((r["question"], p["arm"], None, r["batch"]), p["hist"], 7) for p in r.get("parts", [])]
        if r["type"] == "trace":
            # Older records call woken kernel.
            found += [((r.get("question") or r["kind"], r["subject"] or "", m.replace("kernel", "woken"), 1), h, 5)
                      for m, h in r["metrics"].items() if h]
        for key, h, k in found:
            union[key].add(h, k)
            each[key + (host,)].add(h, k)
rows = 0
for row in table["rows"]:
    key = row["question"], row["arm"], row["metric"], row["batch"]
    if row["mode"] == "time":
        continue
    h = union[key] if row["host"] is None else each[key + (table["hosts"][row["host"]]["host"],)]
    assert row["count"] == h.count, (key, row["count"], h.count)
    assert not h.count or (abs(row["sum"] * row["batch"] - h.sum) < 1e-6 * h.sum + 1), (key, row["sum"], h.sum)
    assert not h.count or (row["min"] == h.min / row["batch"] and row["max"] == h.max / row["batch"]), key
    if row["host"] is None:
        assert {b: n for b, n in row["buckets"]} == dict(h.buckets), key
        del union[key]
    rows += 1
assert not union, list(union)[:3]
print(rows, "rows")
P
union_of() { python3 "$tmp/union.py" "$@"; }

# ---- exact ------------------------------------------------------------------------------------------------------------
check 'five hosts' "$kt" merge "${in[@]}" -f json -o "$tmp/all.jsonl"
cp "$tmp/out" "$tmp/all.json"
check 'nothing to say' test ! -s "$tmp/err"
check 'valid JSON' strict_json "$tmp/all.json"
check 'the union of an independent program' union_of "$tmp/all.json" "${in[@]}"
check 'which has hundreds of rows' test "$(sed 's/ rows//' "$tmp/out")" -gt 500
sed 's/^\(.*"buckets":\[\[[0-9]*,[0-9]*\)\]/\10]/' "$tmp/all.json" >"$tmp/wrong.json"
check 'and which sees one value more' sh -c "! python3 '$tmp/union.py' '$tmp/wrong.json' $(printf "'%s' " "${in[@]}")"
cat "${in[@]}" >"$tmp/cat.jsonl"
check 'the record is all of them' cmp "$tmp/all.jsonl" "$tmp/cat.jsonl"
figures() { # figures RECORD: as kt report has them
	"$kt" report "$1" -f csv | python3 -c "
import csv, sys
for r in csv.DictReader(sys.stdin):
    if r['source'] == 'untraced' and r['metric'] == r['mode']:
        print(r['question'], r['arm'], *(r[f] for f in 'count mean min p25 p50 p75 p90 p99 p999 max'.split()))" | sort
}
rows() { # of the same, as kt merge has them
	"$kt" merge "${in[@]}" -f csv | python3 -c "
import csv, sys
for r in csv.DictReader(sys.stdin):
    if r['host'] == '0000000000000003' and not r['metric']:
        print(r['question'], r['arm'], *(r[f] for f in 'count mean min p25 p50 p75 p90 p99 p999 max'.split()))" | sort
}
rows >"$tmp/rows" && figures "$tmp/in/host2.jsonl" >"$tmp/figures"
check 'the figures of a host' test "$(wc -l <"$tmp/figures")" -gt 40
check 'are those of kt report' diff "$tmp/figures" "$tmp/rows"

# ---- twice, torn, another schema --------------------------------------------------------------------------------------
rows_of() { sed -n '/^"rows"/,$p' "$1"; }
rows_of "$tmp/all.json" >"$tmp/want"
as_before() { # as_before NAME STATUS FILE...: the same rows, and a record that makes the same report
	local name=$1 want=$2 status
	shift 2
	rm -f "$tmp/again.jsonl"
	"$kt" merge "$@" -f json -o "$tmp/again.jsonl" >"$tmp/again.json" 2>"$tmp/said"
	status=$?
	rows_of "$tmp/again.json" >"$tmp/have"
	check "$name: exit $want, not $status" test $status -eq "$want"
	check "$name: the same rows" cmp "$tmp/want" "$tmp/have"
	check "$name: the same record" cmp "$tmp/again.jsonl" "$tmp/cat.jsonl"
}
cp "$tmp/in/host1.jsonl" "$tmp/again-host1.jsonl"
as_before 'a host twice' 0 "${in[@]}" "$tmp/again-host1.jsonl"
check 'it is named' grep -q "again-host1.jsonl: line 1: run 00000001 is in .*/in/host1.jsonl as well: it counts once" "$tmp/said"
head -c 900000 "$tmp/in/host1.jsonl" >"$tmp/torn.jsonl"
as_before 'torn, and whole later' 0 "$tmp/in/host0.jsonl" "$tmp/torn.jsonl" "${in[@]:2}" "$tmp/in/host1.jsonl"
check 'the torn line is named' grep -qE 'torn.jsonl: line [0-9]+: cut off' "$tmp/said"
gzip -c "$tmp/in/host3.jsonl" >"$tmp/host3.jsonl.gz"
as_before 'one of them compressed' 0 "${in[@]:0:3}" "$tmp/host3.jsonl.gz" "$tmp/in/host4.jsonl"
as_before 'standard input' 0 "${in[@]:0:3}" - "$tmp/in/host4.jsonl" <"$tmp/in/host3.jsonl"
sed '1s/"schema":2/"schema":99/; 1s/"version":"[^"]*"/"version":"9.9"/' "$tmp/in/host0.jsonl" >"$tmp/newer.jsonl"
as_before 'a schema of the future' 5 "$tmp/newer.jsonl" "${in[@]}"
check 'it is named' grep -q 'left out: .*newer.jsonl: line 1: schema 99, written by kt 9.9' "$tmp/said"
check 'in one line' test "$(wc -l <"$tmp/said")" -eq 1
cat "$tmp/in/host0.jsonl" "$tmp/newer.jsonl" >"$tmp/both.jsonl"
as_before 'such a run amid others' 5 "$tmp/both.jsonl" "${in[@]:1}"
check 'it is named with its line' grep -qE 'both.jsonl: line [0-9]+: a run is left out: schema is not one of' "$tmp/said"
as_before 'what is not a record, what is not there' 5 "${in[@]}" README.md "$tmp/none.jsonl"
check 'both are named' test "$(grep -c 'left out: ' "$tmp/said")" -eq 2
"$kt" merge "$tmp/in/host0.jsonl" "$tmp/torn.jsonl" -f csv >"$tmp/torn.csv" 2>"$tmp/said"
check 'a torn host alone: exit 0' test $? -eq 0
check 'it was interrupted' grep -q 'torn.jsonl: run 00000001 was interrupted' "$tmp/said"
check 'what there is of it counts' grep -q ^0000000000000002, "$tmp/torn.csv"
refused 'nothing at all' 4 'no run is left' sh -c "'$kt' merge README.md 2>&1 >/dev/null | tail -n 1 >&2; exit 4"

# ---- other kernels, modes, batches; traces ----------------------------------------------------------------------------
sed '2s/"release":"[^"]*"/"release":"9.9"/; 1s/"id":"0/"id":"1/' "$tmp/in/host0.jsonl" >"$tmp/kernel.jsonl"
"$kt" merge "$tmp/in/host0.jsonl" "$tmp/kernel.jsonl" >"$tmp/kernels"
check 'two kernels of a host are two hosts' grep -q '^2 files, 2 runs, 2 hosts, 2 kernels, 1 suite$' "$tmp/kernels"
check 'with names of their own' grep -q '^host 00000000/2  Linux 9.9 ' "$tmp/kernels"
sed 's/"batch":256/"batch":64/; 1s/"id":"0/"id":"1/' "$tmp/in/host0.jsonl" >"$tmp/batch.jsonl"
check 'values of other batches' "$kt" merge "$tmp/in/host0.jsonl" "$tmp/batch.jsonl" -f json
cp "$tmp/out" "$tmp/batch.json"
check 'are kept apart, exactly' union_of "$tmp/batch.json" "$tmp/in/host0.jsonl" "$tmp/batch.jsonl"
sed 's/"mode":"latency"/"mode":"time"/' "$tmp/in/host0.jsonl" >"$tmp/time0.jsonl"
sed 's/"mode":"latency"/"mode":"time"/' "$tmp/in/host1.jsonl" >"$tmp/time1.jsonl"
"$kt" merge "$tmp/time0.jsonl" "$tmp/time1.jsonl" -f json >"$tmp/time.json"
times_agree() { # the median of ns per iteration of all passes
	python3 - "$tmp/time.json" "$tmp/time0.jsonl" "$tmp/time1.jsonl" <<'P'
import collections, json, statistics, sys
all = collections.defaultdict(list)
for path in sys.argv[2:]:
    for line in open(path):
        r = json.loads(line)
        for p in r.get("parts", []):
            all[r["question"], p["arm"]] += [(x[2], x[3]) for x in p["passes"] if x[3]]
rows = [r for r in json.load(open(sys.argv[1]))["rows"] if r["host"] is None and r["mode"] == "time" and not r["metric"]]
assert rows
for r in rows:
    v = all[r["question"], r["arm"]]
    assert r["count"] == len(v), r
    assert abs(r["p50"] - statistics.median(ns / n for ns, n in v)) < 1e-6 * r["p50"], r
    assert abs(r["mean"] - sum(ns for ns, _ in v) / sum(n for _, n in v)) < 1e-6 * r["mean"], r
P
}
check 'mode "time": from the passes' times_agree
"$kt" merge "$tmp/in/host0.jsonl" "$tmp/time1.jsonl" -f csv >/dev/null 2>"$tmp/said"
check 'another mode is left out, by name' grep -q 'time1.jsonl: line [0-9]*: question create_stop: another mode than the runs before' "$tmp/said"
cat >"$tmp/trace.py" <<'P'
import json, sys
for host in range(3):
    with open(f"{sys.argv[1]}/trace{host}.jsonl", "w") as out:
        put = lambda **r: print(json.dumps(r, separators=(",", ":")), file=out)
        put(type="header", schema=2, tool="trace", version="1", command=["trace"], id=f"{host:08x}-1111-4000-8000-000000000000", start="2026-01-01T00:00:00Z", start_ns=1, trace=False)
        put(type="environment", host_id=f"{host:016x}", kernel={"release": "6.1"})
        for interval in range(3):
            hist = {"k": 5, "count": 3 + host, "sum": 100 * (3 + host), "min": 100, "max": 100, "overflow": 0, "runs": [[100, 3 + host]]}
            hist["runs"] = [[((6 - 5 + 1) << 5) + ((100 >> 1) & 31), 3 + host]]
            put(type="trace", kind="wakeup", subject=f"\u001b[31mthread {host % 2}", main_metric="woken", start_ns=interval, end_ns=interval + 1, metrics={"woken": hist, "runq": hist})
        put(type="end", status="complete", time_ns=9)
P
python3 "$tmp/trace.py" "$tmp"
check 'traces' "$kt" merge "$tmp"/trace?.jsonl -f json
cp "$tmp/out" "$tmp/trace.json"
check 'are added up by subject and metric' union_of "$tmp/trace.json" "$tmp"/trace?.jsonl
check 'a name with an escape sequence is harmless' sh -c "'$kt' merge '$tmp/trace0.jsonl' '$tmp/trace1.jsonl' | grep -F '\\x1b[31mthread' && ! '$kt' merge '$tmp/trace0.jsonl' | grep '$(printf '\033')'"

# ---- what is written ---------------------------------------------------------------------------------------------------
check 'a compressed record' "$kt" merge "${in[@]}" -o "$tmp/all.jsonl.gz"
check 'is the same record' sh -c "gzip -dc '$tmp/all.jsonl.gz' | cmp - '$tmp/cat.jsonl'"
check 'the same bytes each time' sh -c "'$kt' merge $(printf "'%s' " "${in[@]}") -o '$tmp/all2.jsonl.gz' >/dev/null && cmp '$tmp/all.jsonl.gz' '$tmp/all2.jsonl.gz'"
"$kt" merge "${in[@]}" "$tmp/torn.jsonl" -o - >"$tmp/piped" 2>/dev/null
check '-o -: the record and no table' cmp "$tmp/piped" "$tmp/cat.jsonl"
check 'kt report reads it: each host by itself' test "$("$kt" report "$tmp/all.jsonl.gz" -f csv | cut -d, -f1 | sort -u | grep -c '[0-9]')" -eq $hosts
check 'the table has at most --top hosts an arm' test "$("$kt" merge "${in[@]}" --top 2 | grep -c '^    3 more, p50 ')" -gt 40
check 'no line is wider than 80 columns' test -z "$("$kt" merge "${in[@]}" --top 2 | grep -E '.{81}')"
check '--verbose: the parts of wakes' sh -c "'$kt' merge -v $(printf "'%s' " "${in[@]}") | grep -q '^  libkthread runq '"

check 'a union' "$kt" merge "${in[@]}" --union -o "$tmp/union.jsonl" -f csv
union_is_exact() { # its histograms, instance by instance, add up to the rows of all hosts
	python3 - "$tmp/all.json" "$tmp/union.jsonl" <<'P'
import collections, json, sys
rows = {(r["question"], r["arm"], r["metric"]): r for r in json.load(open(sys.argv[1]))["rows"] if r["host"] is None}
sums, hosts = collections.defaultdict(collections.Counter), collections.Counter()
def add(key, h):
    for run in h["runs"]:
        for i, n in enumerate(run[1:]):
            sums[key][run[0] + i] += n
for line in open(sys.argv[2]):
    r = json.loads(line)
    if r["type"] == "header":
        assert (r["tool"], r["hosts"], r["merged"]) == ("merge", 5, 5), r
    if r["type"] == "environment":
        assert r["host_id"] is None and r["kernel"]["release"], r
    for p in r.get("parts", []):
        add((r["question"], p["arm"], None), p["hist"])
        hosts[r["question"]] = max(hosts[r["question"]], r["instance"] + 1)
    if r["type"] == "trace":
        for m, h in r["metrics"].items():
            add((r["question"], r["subject"], m.replace("kernel", "woken")), h)
assert sums.keys() == rows.keys(), sums.keys() ^ rows.keys()
for key, row in rows.items():
    assert {b: n for b, n in row["buckets"]} == dict(sums[key]), key
assert set(hosts.values()) == {5}, hosts
P
}
check 'bucket for bucket' union_is_exact
check 'far smaller' test "$(stat -c %s "$tmp/union.jsonl")" -lt $(($(stat -c %s "$tmp/cat.jsonl") / 8))
for format in text html json csv md openmetrics hgrm; do
	check "kt report -f $format reads it" "$kt" report -f $format "$tmp/union.jsonl"
done
check 'the report says that hosts are its instances' sh -c "'$kt' report '$tmp/union.jsonl' | grep -q '1 run, 5 hosts merged, each an instance'"
check 'all arms are in it' test "$(figures "$tmp/union.jsonl" | wc -l)" -eq "$(wc -l <"$tmp/figures")"
check 'merged once more it is the same' sh -c "'$kt' merge '$tmp/union.jsonl' -f json | grep -c '^{\"question\".*\"host\":null' | grep -qx $(grep -c '^{"question".*"host":null' "$tmp/all.json")"

# ---- refusals ----------------------------------------------------------------------------------------------------------
refused 'no FILE' 2 'no FILE given' "$kt" merge
refused 'a format that is none' 2 "unknown format 'html'; expected text, csv or json" "$kt" merge -f html x
refused 'a bad --top' 2 "invalid --top 'many'" "$kt" merge --top many x
refused '--union without a record' 2 'give --output' "$kt" merge --union "${in[0]}"
refused 'a file that exists' 2 'exists already; name another file' "$kt" merge "${in[0]}" -o "$tmp/all.jsonl"
refused 'a folder that does not exist' 2 'cannot create' "$kt" merge "${in[0]}" -o "$tmp/no/all.jsonl"
check 'a full disk' sh -c "'$kt' merge '${in[0]}' -o /dev/full >/dev/null 2>'$tmp/said'; test \$? -eq 5 && grep -q 'cannot write /dev/full: No space left' '$tmp/said'"
check 'a full disk for the table' sh -c "'$kt' merge '${in[0]}' >/dev/full 2>'$tmp/said'; test \$? -eq 5"
check 'no room for what is put aside' sh -c "TMPDIR='$tmp/none' '$kt' merge '${in[0]}' -o - >'$tmp/out' 2>'$tmp/said'; test \$? -eq 5 && grep -q 'cannot make a temporary file in $tmp/none: No such file' '$tmp/said' && ! [ -s '$tmp/out' ]"
check 'nothing was left behind' test -z "$(find "$tmp" -name '.*jsonl*' -o -name '.kt-merge*')"
finish
