#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""How often does kt diff call runs of the same code?  diff_rates.py KT RECORD [RUNS [SPLITS]]

RECORD has many runs of one build (kt bench --repeat 48 -o RECORD). Groups of RUNS runs that follow each other (12) are
cut into halves, SPLITS times at random (40) and once in the middle, and each time compared. Prints of both how many
figures and arms were called, those of p50 apart, with the 95 % interval of Clopper and Pearson; random halves of one
group have the same runs, so of those the groups are what is independent. Before it, what one gets without runs as the
unit: the instances of two neighbouring runs paired by their number, at 99 % and with the same zone of 1 %.
"""
import json
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile


def tail(n, k, p):
    """P(Bin(n, p) >= k)"""
    if p <= 0 or p >= 1:
        return float(p >= 1 or k <= 0)
    whole = math.lgamma(n + 1)
    return sum(math.exp(whole - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * math.log(p) + (n - i) * math.log1p(-p))
               for i in range(k, n + 1))


def solve(f):
    lo, hi = 0.0, 1.0
    for _ in range(60):
        mid = (lo + hi) / 2
        lo, hi = (mid, hi) if f(mid) else (lo, mid)
    return lo


def share(k, n):
    if not n:
        return "none"
    low = 0.0 if not k else solve(lambda p: tail(n, k, p) < 0.025)
    high = 1.0 if k == n else solve(lambda p: 1 - tail(n, k + 1, p) > 0.025)
    return f"{k} of {n}, {100 * k / n:.2f} % [{100 * low:.2f}, {100 * high:.2f}]"


def runs_of(path, directory):
    files, out = [], None
    for line in open(path):
        if line.startswith('{"type":"header"'):
            files.append(os.path.join(directory, f"{len(files):04}.jsonl"))
            out = open(files[-1], "w")
        out.write(line)
    out.close()
    return files


def medians(path):
    """(question, arm) -> median p50 of each instance"""
    found = {}
    for line in open(path):
        if not line.startswith('{"type":"instance"'):
            continue
        record = json.loads(line)
        for part in record["parts"]:
            values = [p[4] for p in part["passes"] if p[4]]
            if values:
                found.setdefault((record["question"], part["arm"]), []).append(statistics.median(values))
    return found


def paired_call(a, b):
    d = sorted(math.log(y / x) for x, y in zip(a, b))
    n, left_out = len(d), -1
    while 2 * (left_out + 1) + 1 < n and 1 - 2 * sum(math.comb(n, i) for i in range(left_out + 2)) / 2 ** n >= 0.99:
        left_out += 1
    if left_out < 0:
        return None
    return d[left_out] > math.log(1.01) or d[n - 1 - left_out] < -math.log(1.01)


def compare(kt, base, new):
    out = subprocess.run([kt, "diff", "-f", "json", *base, "--", *new], capture_output=True, check=False)
    assert out.returncode in (0, 1), out.stderr
    return json.loads(out.stdout)["comparisons"]


class Count:
    def __init__(self):
        self.figures, self.called, self.p50, self.p50_called = 0, 0, 0, 0
        self.arms, self.arms_called, self.arms_steady, self.diffs, self.any_called = 0, 0, 0, 0, 0

    def add(self, comparisons):
        arms, steady = {}, {}
        for c in comparisons:
            called = c["verdict"] in ("regressed", "improved")
            self.figures += 1
            self.called += called
            if c["metric"] == "p50":
                self.p50 += 1
                self.p50_called += called
            arms.setdefault((c["benchmark"], c["arm"]), []).append(called)
            steady.setdefault((c["benchmark"], c["arm"]), []).append(called and not c["unstable"])
        self.arms += len(arms)
        self.arms_called += sum(any(a) for a in arms.values())
        self.arms_steady += sum(any(a) for a in steady.values())
        self.diffs += 1
        self.any_called += any(any(a) for a in arms.values())

    def show(self, name):
        print(f"{name}: figures {share(self.called, self.figures)}; p50 {share(self.p50_called, self.p50)}; "
              f"arms {share(self.arms_called, self.arms)}, without those said to be unstable "
              f"{share(self.arms_steady, self.arms)}; comparisons with any {share(self.any_called, self.diffs)}")


def main():
    kt, record = sys.argv[1:3]
    size, splits = (int(sys.argv[i]) if len(sys.argv) > i else n for i, n in ((3, 12), (4, 40)))
    random.seed(1)
    with tempfile.TemporaryDirectory() as directory:
        files = runs_of(record, directory)
        called = []
        for a, b in zip(files[::2], files[1::2]):
            x, y = medians(a), medians(b)
            called += [c for c in (paired_call(x[k], y[k]) for k in x if k in y) if c is not None]
        print(f"{len(files)} runs")
        print(f"instances of two runs paired, p50: {share(sum(called), len(called))}")
        halves, chosen = Count(), Count()
        for first in range(0, len(files) - size + 1, size):
            group = files[first:first + size]
            halves.add(compare(kt, group[:size // 2], group[size // 2:]))
            for _ in range(splits):
                mixed = random.sample(group, size)
                chosen.add(compare(kt, mixed[:size // 2], mixed[size // 2:]))
        halves.show(f"{size // 2} runs and the {size // 2} after them")
        chosen.show(f"{size} runs cut at random")


if __name__ == "__main__":
    main()
