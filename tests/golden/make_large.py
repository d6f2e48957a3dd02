#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes a large record: make_large.py bench [CPUS] | threads [NR] | name BYTES > FILE

bench: 100 questions of four arms, 10^7 values in all, and of each question wakes between every two of 64 CPUs.
threads: a trace of 3000 threads in five intervals.
name: a small run, the names of which have that many bytes.

Seeded, so the same arguments give the same bytes. No value is drawn: histograms are copies of one shape, moved.
"""
import json
import sys

from make_run import HOSTILE, K_BPF, K_USER, Run, layout

ARMS = {"futex": 0, "libkthread": 1, "condvar": 23, "libuv": 60}
NR_QUESTIONS, NR_INSTANCES, NR_PASSES, NR_VALUES = 100, 25, 4, 1000  # with four arms: 10^7


def lowest(index, k):
    e = (index >> k) - 1
    return index if index < 2 << k else ((1 << k) + (index & ((1 << k) - 1))) << e


def shape(count, nr_buckets):
    """A hump of nr_buckets, none of them empty, that add up to count."""
    weight = [1 + min(i, nr_buckets - 1 - i) for i in range(nr_buckets)]
    made = [max(1, count * w // sum(weight)) for w in weight]
    made[nr_buckets // 2] += count - sum(made)
    return made


def moved(counts, first, k):
    """A histogram of those counts from bucket first on; all values are the lowest of their bucket."""
    low = [lowest(first + i, k) for i in range(len(counts))]
    return {"k": k, "count": sum(counts), "sum": sum(c * v for c, v in zip(counts, low)), "min": low[0], "max": low[-1], "overflow": 0,
            "runs": [[first, *counts]]}


def matrix(run, nr_cpus, number):
    """Every pair of CPUs; those of one half of the machine wait less among themselves."""
    kinds = [json.dumps(moved([1, 2, 1], 120 + 12 * far + i, K_BPF), separators=(",", ":")) for far in (0, 1) for i in range(8)]
    cells = []
    for waker in range(nr_cpus):
        for cpu in range(nr_cpus):
            far = (waker < nr_cpus // 2) != (cpu < nr_cpus // 2)
            cells.append(f'{{"waker_cpu":{waker},"cpu":{cpu},"hist":{kinds[8 * far + (waker * 31 + cpu * 7 + number) % 8]}}}')
    return '{"metric":"woken","others":0,"cells":[' + ",".join(cells) + "]}"


def question(run, number, nr_cpus):
    name = f"wakeup/trip=oneway/cpu=cross/number={number}"
    run.emit(type="question", question=name, mode="latency", unit="ns", baseline="futex", zone=0.01, phases=True, arms=list(ARMS),
             labels={}, skipped={})
    run.emit(type="calibration", question=name, iterations=NR_VALUES, epoch_ns={a: 4_000_000 for a in ARMS})
    values = shape(NR_VALUES, 60)
    for n in range(NR_INSTANCES):
        parts = []
        for arm, more in ARMS.items():
            first = 1200 + more + (n * 5 + number + len(arm)) % 4
            passes = []
            for block in range(NR_PASSES):
                passes.append([block, run.now, 4_000_000, NR_VALUES // NR_PASSES, lowest(first + 30, K_USER)])
                run.now += 4_020_000
            parts.append({"arm": arm, "passes": passes, "cpu_ns": 12_000_000, "nvcsw": 8, "nivcsw": 1, "minflt": 0,
                          "counters": {"syscalls": 8}, "losses": {}, "hist": moved(values, first, K_USER)})
        run.emit(type="instance", question=name, instance=n, batch=1, setup_ns=900_000, parts=parts, dropped=[],
                 noise={"steal": 0.001, "psi_cpu": 0.01, "canary_ns": 100_000})
    traced = {m: moved(shape(4 * nr_cpus * nr_cpus, 40), first, K_BPF)
              for m, first in (("end_to_end", 250), ("call", 150), ("wake", 170), ("runq", 230), ("resume", 160), ("woken", 240))}
    line = json.dumps({"type": "trace", "question": name, "kind": None, "subject": "libkthread", "main_metric": None, "start_ns": run.now,
                       "end_ns": run.now + 1, "metrics": traced}, separators=(",", ":"))
    print(line[:-1] + ',"matrix":' + matrix(run, nr_cpus, number) + "}")
    run.losses(name, 16 * nr_cpus * nr_cpus)


def bench(nr_cpus=64):
    run = Run(30)
    run.header("bench", ["bench"], 30, seed=30, trace=True, trace_reason=None)
    for number in range(NR_QUESTIONS):
        question(run, number, nr_cpus)
    run.end()


def threads(nr=3000):
    run = Run(31)
    run.header("trace", ["trace", "wakeup", "--by", "thread", "-i", "1s", "-o", "threads.jsonl"], 31)
    layout(run, by="thread")
    for second in range(5):
        start = run.now + second * 10**9
        for n in range(nr):
            counts = shape(200, 24)
            run.trace(f"worker-{n}", start, start + 10**9,
                      {m: moved(counts, first + n % 30, K_BPF)
                       for m, first in (("woken", 240), ("wake", 160), ("runq", 230), ("preempted", 400), ("ran", 500))}, kind="wakeup")
        run.emit(type="losses", question=None, start_ns=start, end_ns=start + 10**9, losses={}, counters={}, events=600 * nr, bpf_ns=None,
                 cpu_ns=2_000_000)
    run.end()


def name(size):
    """Of a question, an arm, a label, a subject and a counter each: a name of that many bytes, hostile at both ends."""
    long = HOSTILE + "n" * (size - 2 * len(HOSTILE)) + HOSTILE
    run = Run(32)
    run.header("bench", ["bench", "--filter", "x"], 32, seed=1, trace=True, trace_reason=None)
    run.emit(type="question", question=long, mode="latency", unit="ns", baseline="futex", zone=0.01, phases=False, arms=["futex", long],
             labels={long: long}, skipped={})
    for n in range(12):
        run.block(long, n, {"futex": 4000, long: 4100}, False, 60)
    run.emit(type="failed", question=long, arm=long, reason=long)
    run.end()


if __name__ == "__main__":
    {"bench": bench, "threads": threads, "name": name}[sys.argv[1]](*map(int, sys.argv[2:]))
