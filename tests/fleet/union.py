# SPDX-License-Identifier: GPL-2.0-only
"""union.py MERGE QUANTILES TABLE UNION [FILE...]: what the database says of a night is what its records hold.

MERGE and QUANTILES are what `scripts/fleet/query` prints, TABLE is `kt merge -f json` of the same FILEs. The union is made here anew,
from the records alone, each line that can be read, each run once, and kept in UNION; without FILEs it is taken from there. Prints
the number of series; the first difference is an error.
"""
import collections
import csv
import gzip
import json
import pickle
import sys

csv.field_size_limit(1 << 30)


def lines_of(path):
    """Those of a damaged file as far as they go."""
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as f:
        try:
            yield from f
        except EOFError:
            return


def union_of(paths):
    series, batches, runs = collections.defaultdict(collections.Counter), collections.defaultdict(set), set()
    for path in paths:
        counted = False
        for line in lines_of(path):
            if b'"parts"' not in line and b'"header"' not in line:
                continue
            try:
                r = json.loads(line)
            except ValueError:
                continue
            if r["type"] == "header":
                counted = r["id"] not in runs and r["schema"] == 2
                runs.add(r["id"])
            for p in r.get("parts", []) if counted else []:
                key = r["question"], p["arm"], r["batch"]
                for run in p["hist"]["runs"]:
                    batches[key[:2]].add(r["batch"])
                    for i, n in enumerate(run[1:]):
                        series[key][p["hist"]["k"], run[0] + i] += n
    return {(q, a if len(batches[q, a]) == 1 else f"{a} (batch {b})"): at_coarsest(h) for (q, a, b), h in series.items()}


def at_coarsest(h):
    """{bucket: n} of {(k, bucket): n}, at the smallest k."""
    to, sums = min(k for k, _ in h), collections.Counter()
    for (k, i), n in h.items():
        v = i if i < 2 << k else ((1 << k) + (i & ((1 << k) - 1))) << ((i >> k) - 1)
        e = v.bit_length() - 1 - to
        sums[v if v < 2 << to else ((e + 1) << to) + ((v >> e) & ((1 << to) - 1))] += n
    return sums


def main():
    if sys.argv[5:]:
        with open(sys.argv[4], "wb") as f:
            pickle.dump(union_of(sys.argv[5:]), f)
    with open(sys.argv[4], "rb") as f:
        expected = pickle.load(f)
    found = collections.defaultdict(dict)
    with open(sys.argv[1], newline="", encoding="utf-8") as f:
        for r in csv.DictReader(f):
            h = found[r["question"], r["arm"]]
            assert int(r["bucket"]) not in h, ("twice", r)
            h[int(r["bucket"])] = int(r["n"])
    differ = [key for key in set(expected) | set(found) if expected.get(key) != found.get(key)]
    assert not differ, f"{len(differ)} series differ: {sorted(differ)[:3]}"
    with open(sys.argv[3], encoding="utf-8") as f:
        table = {(r["question"], r["arm"], r["batch"]): r for r in json.load(f)["rows"] if r["host"] is None and r["metric"] is None}
    rows = 0
    with open(sys.argv[2], newline="", encoding="utf-8") as f:
        for r in csv.DictReader(f):
            row = table.pop((r["question"], r["arm"], int(r["batch"])))
            assert int(r["hosts"]) == row["hosts"] and int(r["count"]) == row["count"] and r["mode"] == row["mode"], (r, row)
            assert row["mode"] == "time" or int(r["k"]) == row["k"], (r, row)
            for q in ("p50", "p99", "p999"):
                value = float(r[q]) if r[q] not in ("", "\\N") else None
                assert value == row[q], (q, r, row[q])
            rows += 1
    assert not table, f"no quantiles of {sorted(table)[:3]}"
    print(len(expected), "series,", 3 * rows, "quantiles")


main()
