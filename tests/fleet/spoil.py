# SPDX-License-Identifier: GPL-2.0-only
"""spoil.py HOW FROM.jsonl.gz TO: a record with something wrong or unusual about it."""
import gzip
import json
import sys

how, source, to = sys.argv[1:]
text = gzip.open(source, "rb").read()
lines = text.splitlines(keepends=True)
at = [i for i, line in enumerate(lines) if b'"type":"instance"' in line]


def low(i, k):
    return i if i < 2 << k else ((1 << k) + (i & ((1 << k) - 1))) << ((i >> k) - 1)


def coarse(h, k):
    """The histogram at a smaller k."""
    sums = {}
    for run in h["runs"]:
        for i, n in enumerate(run[1:]):
            v = low(run[0] + i, h["k"])
            e = v.bit_length() - 1 - k
            j = v if v < 2 << k else ((e + 1) << k) + ((v >> e) & ((1 << k) - 1))
            sums[j] = sums.get(j, 0) + n
    return dict(h, k=k, runs=[[j, sums[j]] for j in sorted(sums)] if len(sums) < 2 else joined(sums))


def joined(sums):
    runs, last = [], -2
    for j in sorted(sums):
        if j != last + 1:
            runs.append([j])
        runs[-1].append(sums[j])
        last = j
    return runs


def change(i, by):
    r = json.loads(lines[i])
    by(r)
    lines[i] = json.dumps(r, separators=(",", ":")).encode() + b"\n"


def set_k(r):
    for p in r["parts"]:
        p["hist"] = coarse(p["hist"], 5)


def set_time(r):
    if r.get("mode"):
        r["mode"] = "time"
    for p in r.get("parts", []):
        p["hist"] = {"k": 7, "count": 0, "sum": 0, "min": None, "max": None, "overflow": 0, "runs": []}


if how == "torn":  # killed while it wrote: the last line has no end, and there is no `end`
    text = b"".join(lines[:at[-40]]) + lines[at[-40]][:700]
elif how == "middle":
    lines[at[20]] = lines[at[20]].replace(b'"parts":[', b'"parts":[,', 1)
    text = b"".join(lines)
elif how == "schema":
    change(0, lambda r: r.update(schema=9))
    text = b"".join(lines)
elif how == "coarse":
    for i in at:
        change(i, set_k)
    text = b"".join(lines)
elif how == "batch":
    for i in at:
        change(i, lambda r: r.update(batch=128 if r["batch"] == 256 else r["batch"]))
    text = b"".join(lines)
elif how == "time":
    for i, line in enumerate(lines):
        if b'"question":"create_stop"' in line and (i in at or b'"type":"question"' in line):
            change(i, set_time)
    text = b"".join(lines)
elif how == "names":
    text = text.replace(b'"glib"', b'"gl,\\"i\'b\\\\ \\u0001\xc3\xa4"')
elif how != "cut":
    sys.exit(f"unknown: {how}")
data = gzip.compress(text, 1, mtime=0) if to.endswith(".gz") else text
with open(to, "wb") as f:
    f.write(data[:len(data) * 2 // 3] if how == "cut" else data)
