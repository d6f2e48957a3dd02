#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kt report -f hgrm: the grammar of HdrHistogram's percentile distribution, and gnuplot, which its plots are drawn with.
# Beside others: it only reads records.
. "$(dirname "$0")/lib.sh"

"$kt" report -f hgrm tests/golden/small.jsonl >"$tmp/small.hgrm"
check 'as committed' cmp "$tmp/small.hgrm" tests/golden/small.hgrm
LC_ALL=de_DE.UTF-8 LANG=tr_TR.UTF-8 TZ=Asia/Kathmandu "$kt" report -f hgrm tests/golden/small.jsonl >"$tmp/elsewhere.hgrm"
check 'the same in any locale and time zone' cmp "$tmp/small.hgrm" "$tmp/elsewhere.hgrm"
check 'the suffix is enough' "$kt" report tests/golden/small.jsonl -o "$tmp/by-name.hgrm"
check 'and the same' cmp "$tmp/small.hgrm" "$tmp/by-name.hgrm"
check 'one distribution' "$kt" report --only '*/libkthread' tests/golden/instances.jsonl -o "$tmp/one.hgrm"
refused 'a full disk' 5 'space' sh -c "'$kt' report -f hgrm tests/golden/small.jsonl >/dev/full"
check 'a reader that goes away' sh -c "'$kt' report -f hgrm tests/golden/small.jsonl | head -c1 | grep -q '#'"
refused 'a name that is not there' 2 'no distribution has such a name' "$kt" report -f hgrm --only 'no/such' tests/golden/small.jsonl
refused '--only of something else' 2 '--only goes with --format hgrm, not ' "$kt" report --only 'x*' tests/golden/small.jsonl
head -n 3 tests/golden/small.jsonl >"$tmp/empty.jsonl"
refused 'nothing measured' 2 'nothing was measured' "$kt" report -f hgrm "$tmp/empty.jsonl"

# No reader of these files can be had from a package: what HdrHistogram's plotters split lines by is written out here.
for record in small instances builds settings trace live threads hostile hostile_sides apart v1; do
	"$kt" report -f hgrm "tests/golden/$record.jsonl" >"$tmp/$record.hgrm" 2>/dev/null
	"$kt" report -f json "tests/golden/$record.jsonl" >"$tmp/$record.json" 2>/dev/null
	check "$record: each distribution is one of HdrHistogram's, and kt report's" python3 - "$tmp/$record.hgrm" "$tmp/$record.json" <<'P'
import json, math, re, sys
text = open(sys.argv[1], "rb").read().decode("utf-8")
assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text)
report = json.load(open(sys.argv[2]))
found = {}
for part in text.split("\n\n\n"):
    lines = part.strip("\n").split("\n")
    assert lines[0].startswith("# ") and lines[1] == "#[Unit    = ns]"
    assert lines[2].split() == ["Value", "Percentile", "TotalCount", "1/(1-Percentile)"] and lines[3] == ""
    rows = [l.split() for l in lines if l and l[0] != "#" and "Value" not in l]
    assert all(re.fullmatch(r" *\d+\.\d{3} +\d\.\d{12} +\d+ +(\d+\.\d\d|inf)", l) for l in lines[4:] if l[0] != "#")
    rows = [(float(v), float(p), int(n), float(i)) for v, p, n, i in rows]
    foot = dict(re.findall(r"([A-Z][A-Za-z]+(?: count)?) *= *([-0-9.]+)", " ".join(l for l in lines[4:] if l[0] == "#")))
    assert {"Mean", "StdDeviation", "Max", "Total count"} <= set(foot)
    count = int(foot["Total count"])
    for a, b in zip(rows, rows[1:]):
        assert a[0] <= b[0] and a[1] < b[1] and a[2] <= b[2]
    for value, share, n, inverse in rows[:-1]:
        assert n == max(1, math.ceil(round(share * count, 6))), (share, n, count)
        assert math.isclose(inverse, 1 / (1 - share), rel_tol=1e-2)
    assert rows[0][1] == 0 and rows[-1] == (float(foot["Max"]), 1.0, count, math.inf)
    assert lines[0][2:] not in found or "<script>" in lines[0]
    found[lines[0][2:]] = {p: v for v, p, _, _ in rows}, count
    small, one = (sum(1 for r in rows if 1 - 2.0**-h <= r[1] < 1 - 2.0 ** -(h + 1)) for h in (0, 1))
    assert count < 10 or small == one == 5
run = lambda r: f"run {r['run']}/" if "run" in r else ""
names = lambda r: [(run(r) + r["benchmark"] + "/" + r["arm"], r)] if r["source"] == "bench" else \
    [(run(r) + "/".join(filter(None, [r["benchmark"], r.get("subject", r.get("arm")), m])), f) for m, f in r["metrics"].items() if f and f["count"]]
hits = 0
for r in report["results"]:
    for name, f in names(r):
        if name in found:
            assert found[name][1] == f["count"] and math.isclose(found[name][0][0.5], f["p50"], rel_tol=1e-3, abs_tol=1e-3), name
            hits += 1
assert hits or "hostile" in sys.argv[1]
P
done
check 'all metrics of a trace' test "$(grep -c '^# wakeup/' "$tmp/live.hgrm")" -eq 6
check 'subjects end at --top' test "$("$kt" report -f hgrm --top 2 tests/golden/threads.jsonl | grep '^# ' | cut -d/ -f 2 | sort -u | wc -l)" -eq 2

if ! command -v gnuplot >/dev/null; then
	skip 'gnuplot is not installed (package gnuplot-nox): that it reads them was not tried'
	finish
fi
name='wakeup/trip=oneway/cpu=cross/wait=sleep/libkthread'
gnuplot -e "stats '$tmp/small.hgrm' index '$name' using 2:1 name 'A' nooutput; print A_records, A_min_y, A_max_x" >"$tmp/drawn" 2>&1
"$kt" report -f hgrm --only "$name" tests/golden/small.jsonl | awk '/^ *[0-9]/ { n++; if (n == 1) low = $1 + 0 } END { print n, low ".0 1.0" }' >"$tmp/own"
check "gnuplot finds a data set by its name: $(cat "$tmp/drawn")" cmp "$tmp/drawn" "$tmp/own"
gnuplot -e "set terminal svg; set logscale; plot '$tmp/one.hgrm' using 4:1 with lines" >"$tmp/one.svg" 2>"$tmp/err"
check 'and draws one' sh -c "grep -q '</svg>' '$tmp/one.svg' && test ! -s '$tmp/err'"
finish
