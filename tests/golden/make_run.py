#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes a record with known contents: make_run.py NAME > FILE, where NAME is a function at the end of this file

builds, moved, settings, hostile_sides: runs of two sides, old and new or A and B. runs_base, runs_new: the two sides of a diff.

v1: the small run and the trace, as version 1 of the format had them.

Seeded, so the same name gives the same bytes. The figures are drawn from log-normal distributions
with a tail and stand for no machine; they exercise the report, they measure nothing.
"""
import json
import math
import random
import sys

K_USER, K_BPF, MAX_BITS = 7, 5, 40
LAST = ((MAX_BITS - K_USER + 1) << K_USER) - 1  # the bucket of all values from 2^40 on
HOSTILE = "<script>alert(1)</script>\x1b[31m"


def index(v, k):
    if v < 2 << k:
        return v
    if v >> MAX_BITS:
        return ((MAX_BITS - k + 1) << k) - 1
    e = v.bit_length() - 1 - k
    return ((e + 1) << k) + ((v >> e) & ((1 << k) - 1))


def hist(values, k=K_USER):
    buckets = {}
    for v in values:
        i = index(v, k)
        buckets[i] = buckets.get(i, 0) + 1
    runs, last = [], None
    for i in sorted(buckets):
        if last is None or i != last + 1:
            runs.append([i])
        runs[-1].append(buckets[i])
        last = i
    return {"k": k, "count": len(values), "sum": sum(values), "min": min(values, default=None),
            "max": max(values, default=None), "overflow": sum(v >> MAX_BITS > 0 for v in values), "runs": runs}


class Run:
    def __init__(self, seed, schema=2):
        self.random = random.Random(seed)
        self.schema = schema
        self.now = 1_000_000_000

    def emit(self, **record):
        print(json.dumps(record, separators=(",", ":")))

    def since(self, schema, **fields):
        return fields if self.schema >= schema else {}

    def sample(self, median, spread=0.12, tail=0.004):
        v = median * math.exp(self.random.gauss(0, spread))
        if self.random.random() < tail:
            v *= self.random.uniform(3, 40)
        return int(v)

    def header(self, tool, command, run=1, **more):
        suite = {"name": "kt-suite", "version": "0.1.0", "build_id": "feed" * 10, "compiler": "gcc 12.2.0",
                 "flags": "-O2 -g"} if tool == "bench" else None
        if self.schema >= 2:
            more = {"seed": None, "trace": None, "trace_reason": None, **more}
        self.emit(type="header", schema=self.schema, tool=tool, version="0.1.0",
                  **self.since(2, build_id="c0de" * 10, compiler="gcc 12.2.0", flags="-O2 -g", suite=suite),
                  command=command, id=f"00000000-0000-4000-8000-{run:012}", start="2026-01-02T03:04:05Z",
                  start_ns=self.now, **more)
        self.emit(type="environment", host_id="0123456789abcdef",
                  kernel={"release": "6.12.0-example", "version": "#1 SMP PREEMPT_DYNAMIC", "machine": "x86_64",
                          "preempt": "dynamic", "cmdline": ["mitigations=auto"], "cmdline_hash": "00ff00ff00ff00ff"},
                  distribution="Debian GNU/Linux 12 (bookworm)",
                  cpu={"model": "Example CPU @ 2.10GHz", "microcode": "0x1", "online": "0-1", "allowed": "0-1",
                       "isolated": None, "nohz_full": None, "nr_allowed": 2, "packages": 1, "cores": 2,
                       "numa_nodes": 1, "smt": "notsupported", "hypervisor": True},
                  frequency={"driver": None, "governor": None, "min_khz": None, "max_khz": None, "turbo": None,
                             "idle_driver": "none", "idle_governor": "menu"},
                  clock={"source": "tsc", "step_ns": 34, "read_ns": 38.2, "available": "tsc kvm-clock"},
                  mitigations={"spectre_v2": "Mitigation: Enhanced / Automatic IBRS", "meltdown": "Not affected"},
                  process={"policy": "other", "nice": 0, "timer_slack_ns": 50000, "rtprio_limit": 0,
                           "memlock_limit": 8388608, "cpu_quota": None, "root": True},
                  load={"average": [0.1, 0.2, 0.3], "psi_cpu": "some avg10=0.25 avg60=0.57 avg300=1.29 total=15992877"},
                  build={"version": "0.1.0", "compiler": "gcc 12.2.0", "flags": "-O2 -g", "libc": "2.36"},
                  variables={},
                  warnings=[{"text": "a virtual machine: other guests take CPU time and wake-ups pass the hypervisor",
                             "fix": "measure on bare metal for absolute figures; ratios hold"}])

    def block(self, question, number, arms, traced, ops, latency=True):
        """arms: name -> median ns; in mode time the ns per iteration"""
        order = list(arms)
        self.random.shuffle(order)
        drift = math.exp(self.random.gauss(0, 0.03))
        epochs = []
        for arm in order:
            median = arms[arm] * drift * (1.12 if traced else 1.0)
            if latency:
                values = [self.sample(median) for _ in range(ops)]
                span = sum(values) + ops * 900
                h = hist(values)
            else:
                per = median * math.exp(self.random.gauss(0, 0.01))
                span = int(per * ops)
                h = hist([round(per)])
            epochs.append({"arm": arm, "iterations": ops, "start_ns": self.now, "end_ns": self.now + span,
                           "cpu_ns": int(span * 0.8), "nvcsw": 2 * ops if latency else 1, "nivcsw": 1, "minflt": 0,
                           "counters": {"syscalls": ops} if arm != "atomic" else {}, **self.since(2, losses={}),
                           "hist": h})
            self.now += span + 20000
        self.emit(type="block", question=question, block=number, traced=traced,
                  **({"order": order} if self.schema < 2 else {}), epochs=epochs, **self.since(2, dropped=[]),
                  noise={"steal": round(max(0, self.random.gauss(0.002, 0.004)), 6),
                         "psi_cpu": round(self.random.uniform(0, 0.02), 6),
                         "canary_ns": round(100_000 * drift ** 0.1)})

    def trace(self, subject, start_ns, end_ns, metrics, question=None, kind=None):
        """metrics: name -> hist"""
        if self.schema >= 2:
            about = {"question": question, "kind": kind, "subject": subject, "main_metric": None}
        elif question:
            about = {"question": question, "subject": subject}
        else:
            about = {"kind": kind, "subject": subject}
        self.emit(type="trace", **about, start_ns=start_ns, end_ns=end_ns, metrics=metrics)

    def phases(self, question, arm, median, count):
        share = {"call": 0.10, "wake": 0.16, "runq": 0.55, "resume": 0.185}
        parts = {p: [] for p in share}
        whole, rest, kernel = [], [], []
        for _ in range(count):
            one = {p: self.sample(median * 1.12 * s) for p, s in share.items()}
            unattributed = self.sample(median * 0.004)
            for p in share:
                parts[p].append(one[p])
            whole.append(sum(one.values()) + unattributed)
            rest.append(unattributed)
            kernel.append(one["wake"] + one["runq"])
        metrics = {"end_to_end": whole, **parts, "unattributed": rest, "kernel": kernel,
                   "premig": [self.sample(400) for _ in range(count // 50)]}
        self.trace(arm, self.now, self.now + 1, {m: hist(v, K_BPF) for m, v in metrics.items() if v},
                   question=question)

    def losses(self, question, events):
        self.emit(type="losses", question=question, losses={"ring_full": 0, "map_full": 0},
                  counters={"absorbed": 12, "no_t0": 0, "filtered": 40}, events=events, bpf_ns=events * 210,
                  cpu_ns=4_000_000)

    def end(self, status="complete"):
        self.emit(type="end", status=status, time_ns=self.now)


def question(run, name, arms, blocks, ops, mode="latency", traced=0, phases=False, labels=None, skipped=None, baseline="futex"):
    run.emit(type="question", question=name, mode=mode, unit="ns", baseline=baseline, zone=0.01, phases=phases,
             arms=list(arms), labels=labels or {}, skipped=skipped or {})
    run.emit(type="calibration", question=name, iterations=ops, epoch_ns={a: int(m * ops) for a, m in arms.items()})
    for n in range(blocks):
        run.block(name, n, arms, False, ops, mode == "latency")
    for n in range(traced):
        run.block(name, blocks + n, arms, True, ops, mode == "latency")
    if traced and phases:
        for arm, median in arms.items():
            run.phases(name, arm, median, traced * ops)
        run.losses(name, traced * ops * len(arms) * 4)


LABELS = {"libuv": "libuv 1.44.2, uv_async_send", "glib": "GLib 2.74.6, GAsyncQueue"}


def small(schema=2):
    run = Run(1, schema)
    run.header("bench", ["bench", "--filter", "wakeup", "--seed", "7"], seed=7, trace=True, trace_reason=None)
    question(run, "wakeup/trip=oneway/cpu=cross/wait=sleep", {"futex": 4000, "libkthread": 4010, "condvar": 4800}, 24,
             250, traced=4, phases=True, skipped={"libuv": "not built in: libuv is not installed"})
    question(run, "work_queue/worker=busy/cpu=cross", {"futex": 31.4, "libkthread": 24.8}, 24, 20000, mode="time")
    run.end()


def instance(run, name, number, arms, ops, batch=1, mode="latency", bursts=(), noise=None):
    """One set-up: 4 mirrored pairs of passes; arms in bursts have slow operations in this one."""
    shared = math.exp(run.random.gauss(0, 0.03))
    level = {arm: ns * shared * math.exp(run.random.gauss(0, 0.003)) * batch for arm, ns in arms.items()}
    passes, values = {arm: [] for arm in arms}, {arm: [] for arm in arms}
    for block in range(8):
        for arm in list(arms)[::1 if block % 2 else -1]:
            if mode == "latency":
                took = [run.sample(level[arm]) for _ in range(ops)]
                if arm in bursts:
                    took[:ops // 8] = [v * 10 for v in took[:ops // 8]]
                span, p50 = sum(took), sorted(took)[ops // 2]
            else:
                span = int(level[arm] * math.exp(run.random.gauss(0, 0.004)) * ops)
                took, p50 = [round(span / ops)], round(span / ops, 6)
            values[arm] += took
            passes[arm].append([block, run.now, span, ops * batch, p50])
            run.now += span + 20000
    run.emit(type="instance", question=name, instance=number, batch=batch, setup_ns=900000,
             parts=[{"arm": arm, "passes": passes[arm], "cpu_ns": int(0.8 * sum(p[2] for p in passes[arm])), "nvcsw": 8 * ops,
                     "nivcsw": 1, "minflt": 0, "counters": {"syscalls": 8 * ops}, "losses": {}, "hist": hist(values[arm])}
                    for arm in arms],
             dropped=[], noise={"steal": round(max(0, run.random.gauss(0.002, 0.004)), 6),
                                "psi_cpu": round(run.random.uniform(0, 0.02), 6), "canary_ns": round(100_000 * shared ** 0.1),
                                **(noise or {})})


def instances():
    """Arms that drop out, bursts, batches, mode time, and a baseline that is not among the arms."""
    run = Run(6)
    run.header("bench", ["bench", "--seed", "6"], seed=6, trace=False, trace_reason="not asked for")
    for name, mode, arms, ops, batch, baseline in (
            ("wakeup/trip=oneway", "latency", {"futex": 4000, "libkthread": 4010, "condvar": 4800}, 30, 1, "futex"),
            ("work_queue/worker=busy", "latency", {"futex": 16.25, "libkthread": 16.6}, 20, 64, "futex"),
            ("loop", "time", {"futex": 31.4, "libkthread": 24.8}, 2000, 1, "futex"),
            ("misspelt", "time", {"futex": 31.4, "libkthread": 24.8}, 2000, 1, "futx")):
        run.emit(type="question", question=name, mode=mode, unit="ns", baseline=baseline, zone=0.01, phases=False,
                 arms=list(arms), labels={}, skipped={})
        run.emit(type="calibration", question=name, iterations=ops, epoch_ns={a: int(m * ops) for a, m in arms.items()})
        for n in range(20):
            there = {a: ns for a, ns in arms.items() if a != "condvar" or n < 16}
            instance(run, name, n, there, ops, batch, mode, ["libkthread"] if name[0] == "w" and n in (2, 7) else [])
    run.end()


def suite():
    """What a summary has to tell apart: large and small effects, an unsteady machine, arms and questions that are missing."""
    quiet, stolen = {"wall_ns": 600_000_000, "foreign": 0.01}, {"wall_ns": 600_000_000, "foreign": 0.9, "steal": 0.3}
    run = Run(15)
    run.header("bench", ["bench", "--no-trace"], seed=15, trace=False, trace_reason="switched off by --no-trace")
    for name, arms, noise, nr in (
            ("wakeup/trip=oneway/cpu=cross/wait=spin", {"futex": 10600, "libkthread": 122, "atomic": 95}, quiet, 20),
            ("wakeup/trip=oneway/cpu=cross/wait=sleep", {"futex": 10600, "libkthread": 10590, "condvar": 11900, "libuv": 13000}, quiet, 12),
            ("wakeup/trip=oneway/cpu=same/wait=sleep", {"futex": 3340, "libkthread": 3480, "condvar": 4760, "libuv": 32400}, stolen, 8),
            ("work_queue/worker=busy/cpu=same", {"futex": 7.4, "libkthread": 16.3, "condvar": 15.4}, quiet, 20),
            ("park/cpu=same", {"futex": 6900, "libkthread": 7300, "condvar": 16000}, quiet, 12),
            ("park/cpu=cross", {"futex": 32900, "libkthread": 33400}, quiet, 4),
            ("create_stop", {"pthread": 89700, "libkthread": 84700}, quiet, 20),
            ("delayed/op=arm", {"libkthread": 96}, quiet, 4),
            ("delayed/op=move", {}, quiet, 0)):
        baseline = next(iter(arms), "futex")
        run.emit(type="question", question=name, mode="time", unit="ns", baseline=baseline, zone=0.01, phases=False,
                 arms=list(arms) or ["futex", "libkthread"], labels={},
                 skipped={} if name[0] == "w" else {"glib": "not built in: GLib is not installed"})
        for n in range(nr):
            instance(run, name, n, arms, 2000, mode="time", noise=noise)
    run.emit(type="failed", question="delayed/op=move", arm="libkthread", reason="killed by signal 11 (Segmentation fault)")
    run.end()


OLD = {"version": "0.1.0-12-gabc1234", "build_id": "0123456789abcdef", "compiler": "gcc 12.2.0", "flags": "-O2 -g"}
CHANGED = {"status": "changed", "reason": None, "compared": 412, "changed": 23,
           "names": ["wake_up_process", "slot_publish"] + [f"helper_{n}" for n in range(18)]}
SAME = {"status": "same", "reason": None, "compared": 412, "changed": 0, "names": []}


def sides(run, name, arms, kind="builds", pair=("old", "new"), mode="time", ops=2000, nr=16, again=None, nr_flagged=1, skipped=None):
    """arms: name -> ns of both sides. again: those that are called, with what they take when measured again."""
    first, second = pair
    both = {f"{a} ({s})": ns for a, took in arms.items() for s, ns in zip(pair, took)}
    run.emit(type="question", question=name, mode=mode, unit="ns", baseline=None, zone=0.01, phases=False, arms=list(both),
             labels={}, skipped=skipped or {}, kind=kind,
             sides={f"{a} ({s})": {"of": a, "side": s, "against": f"{a} ({first})" if s == second else None}
                    for a in arms for s in pair})
    run.emit(type="calibration", question=name, iterations=ops, epoch_ns={a: int(ns * ops) for a, ns in both.items()})
    for n in range(nr):
        instance(run, name, n, both, ops, 1, mode)
    if not again:
        return None

    def recheck():
        flagged = {f"{a} ({s})": ns for a, took in again.items() for s, ns in zip(pair, took)}
        run.emit(type="recheck", question=name, arms=[a for a in flagged if a.endswith(f"({second})")], first=nr,
                 confidence=1 - 0.01 / nr_flagged)
        for n in range(nr, nr + 22):
            instance(run, name, n, flagged, ops, 1, mode)

    return recheck


def builds():
    """Slower, faster, the same, not decided, called but not confirmed; an arm that one side alone has."""
    run = Run(11)
    run.header("bench", ["bench", "--against", "HEAD~20"], seed=11, trace=False, trace_reason="not taken of two builds", kind="builds",
               against={"name": "HEAD~20", "suite_name": "kt-suite", **OLD}, code=CHANGED)
    rechecks = [
        sides(run, "wakeup/trip=oneway", {"libkthread": (4000, 4400), "futex": (3900, 3900)}, mode="latency", ops=16,
              again={"libkthread": (4000, 4400)}, nr_flagged=3, skipped={"glib": "only the old suite has it"}),
        sides(run, "loop", {"libkthread": (31.4, 28.1), "futex": (30.0, 30.3), "atomic": (7.0, 7.0)}, again={"libkthread": (31.4, 28.1)}, nr_flagged=3),
        sides(run, "park", {"libkthread": (9000, 9300)}, again={"libkthread": (9000, 9000)}, nr_flagged=3)]
    for recheck in rechecks:
        recheck()
    run.end()


def moved():
    run = Run(12)
    run.header("bench", ["bench", "--against", "./old-suite"], seed=12, trace=False, trace_reason="not taken of two builds", kind="builds",
               against={"name": "./old-suite", "suite_name": "old-suite", **OLD, "compiler": "clang 14.0.6"}, code=SAME)
    sides(run, "table_walk", {"walk": (31.4, 42.1), "index": (8.0, 8.0)}, again={"walk": (31.4, 42.1)})()
    run.end()


def settings():
    run = Run(13)
    run.header("bench", ["bench", "--toggle", "echo 0 >/proc/sys/kernel/x", "echo 1 >/proc/sys/kernel/x"], seed=13, trace=False,
               trace_reason="not taken of two settings", kind="settings",
               toggle=["echo 0 >/proc/sys/kernel/x", "echo 1 >/proc/sys/kernel/x"])
    recheck = sides(run, "park", {"libkthread": (9000, 8100), "futex": (8000, 8000)}, "settings", ("A", "B"),
                    again={"libkthread": (9000, 8100)})
    recheck()
    run.end()


def hostile_sides():
    run = Run(14)
    run.header("bench", ["bench", "--against", HOSTILE], seed=14, trace=False, trace_reason=HOSTILE, kind="builds",
               against={"name": HOSTILE, "suite_name": HOSTILE, **dict.fromkeys(OLD, HOSTILE)},
               code={**CHANGED, "names": [HOSTILE]})
    sides(run, HOSTILE, {HOSTILE: (9000, 9900)}, again={HOSTILE: (9000, 9900)})()
    run.end()
    run.header("bench", ["bench", "--toggle", HOSTILE, HOSTILE], 2, seed=14, trace=False, trace_reason=None, kind="settings",
               toggle=[HOSTILE, HOSTILE])
    sides(run, HOSTILE, {HOSTILE: (9000, 9900)}, "settings", ("A" + HOSTILE, "B"), again={HOSTILE: (9000, 9900)})()
    run.end()
    run.header("bench", ["bench", "--against", "x"], 3, seed=14, trace=False, trace_reason=None, kind="builds",
               against={"name": "x", "suite_name": None}, code={**SAME, "status": "unknown", "reason": HOSTILE})
    run.end()


def negative():
    """One of kt 0.1.0's, schema 1: an operation seemed to end 5 ns before it began, which its writer cast to -5."""
    run = Run(5, 1)
    run.header("bench", ["bench"], seed=5, trace=False, trace_reason="not asked for")
    emit = run.emit

    def cast(**record):
        if record["type"] == "block" and record["question"].endswith("same") and record["block"] == 3:
            h = next(e for e in record["epochs"] if e["arm"] == "libkthread")["hist"]
            h.update(count=h["count"] + 1, sum=h["sum"] - 5, max=-5, overflow=1, runs=h["runs"] + [[LAST, 1]])
        emit(**record)

    run.emit = cast
    for name, latency in (("wakeup/trip=oneway/cpu=cross", True), ("wakeup/trip=oneway/cpu=same", True),
                          ("work_queue/worker=busy", False)):
        question(run, name, {"futex": 4000, "libkthread": 4010} if latency else {"futex": 31.4, "libkthread": 24.8}, 8,
                 30 if latency else 20000, mode="latency" if latency else "time")
    run.end()


def apart():
    """As cat leaves it, schema 2: two machines, each with something left out, and a torn copy of the first run."""
    build = {"version": "0.2.0-7-gabc1234", "build_id": "0011223344556677", "compiler": "gcc 12.2.0", "flags": "-O2 -g"}
    lines = []
    for number, host in ((1, "0123456789abcdef"), (2, "fedcba9876543210")):
        run = Run(60 + number, 1)
        one = []

        def change(record):
            if record["type"] == "header":
                record.update(schema=2, id=f"{number:08x}-0000-4000-8000-000000000006", **build,
                              suite={"name": "kt-suite", **build, "build_id": "8899aabbccddeeff"})
            elif record["type"] == "environment":
                record["host_id"] = host
            elif record["type"] == "block":
                del record["order"]
                record["dropped"] = []
                for e in record["epochs"]:
                    e["losses"] = {}
                slow = next(e for e in record["epochs"] if e["arm"] == "libkthread")
                if number == 1 and record["block"] in (2, 5):
                    slow["losses"] = {"impossible": 2}
                    slow["hist"]["max"] = "18446744073709551611"
                elif number == 1 and record["block"] == 3:
                    record["epochs"].remove(slow)
                    record["dropped"] = [{"arm": "libkthread", "reason": "its turn was not given back within 10 s"}]
                elif number == 1 and record["block"] == 4:
                    slow["losses"] = {"impossible": 3}
            elif record["type"] == "question" and number == 2 and record["question"].startswith("work"):
                record["mode"] = "clock"
            elif record["type"] == "trace":
                record["main_metric"] = "end_to_end"
            one.append(json.dumps(record, separators=(",", ":")))

        run.emit = lambda **record: change(record)
        run.header("bench", ["bench"], seed=7, trace=True, trace_reason=None)
        question(run, "wakeup/trip=oneway/cpu=cross", {"futex": 4000 * number, "libkthread": 4010 * number}, 8, 30, traced=1,
                 phases=True)
        question(run, "work_queue/worker=busy", {"futex": 31.4, "libkthread": 24.8}, 8, 20000, mode="time")
        run.end()
        lines.append("".join(line + "\n" for line in one))
    sys.stdout.write(lines[0][:9000] + lines[1] + lines[0])


def full():
    run = Run(2)
    run.header("bench", ["bench", "--time", "2s"], seed=20260102, trace=True, trace_reason=None)
    for trip in ("oneway", "round"):
        for cpu, scale in (("same", 0.6), ("cross", 1)):
            for wait in ("sleep", "spin"):
                base = scale * (4200 if trip == "oneway" else 8100)
                arms = {"libkthread": base * 1.01, "futex": base, "condvar": base * 1.21, "eventfd": base * 1.34,
                        "libuv": base * 1.62, "glib": base * 1.48}
                if wait == "spin":
                    arms = {"libkthread": 180, "atomic": 140, **{a: m for a, m in arms.items() if a != "libkthread"}}
                skipped = {"kernel": "its threads cannot be given this question from outside"} if cpu == "same" else {}
                question(run, f"wakeup/trip={trip}/cpu={cpu}/wait={wait}", arms, 40, 400, traced=6,
                         phases=wait == "sleep" and trip == "oneway", labels=LABELS, skipped=skipped,
                         baseline="atomic" if wait == "spin" else "futex")
    question(run, "park/cpu=cross", {"libkthread": 9900, "futex": 9800, "pthread": 14000}, 40, 300, baseline="futex")
    question(run, "create_stop", {"libkthread": 31000, "pthread": 29500, "keventd": 74000}, 40, 60, baseline="pthread")
    question(run, "work_queue/worker=idle/cpu=cross", {"libkthread": 4300, "futex": 4200, "libuv": 6900, "glib": 6400},
             40, 400, traced=6, phases=True, labels=LABELS)
    run.trace("kernel", 1, 2, {"delay_idle": hist([run.sample(3100) for _ in range(2000)], K_BPF),
                               "run": hist([run.sample(250) for _ in range(2000)], K_BPF)},
              question="work_queue/worker=idle/cpu=cross")
    question(run, "work_queue/worker=busy/cpu=cross", {"libkthread": 24.8, "futex": 31.4, "libuv": 210, "glib": 180},
             40, 20000, mode="time", labels=LABELS)
    run.end()


def trace(schema=2, number=1):
    run = Run(3, schema)
    run.header("trace", ["trace", "wakeup", "-p", "42", "-d", "2s"], number)
    for interval in range(2):
        for subject, median, n in (("writer/0", 5000, 600), ("reader", 3000, 2500), ("", 2000, 30)):
            run.trace(subject, interval, interval + 1,
                      {"kernel": hist([run.sample(median) for _ in range(n)], K_BPF)}, kind="wakeup")
        run.emit(type="losses", question=None, losses={"ring_full": 3, "map_full": 0}, counters={"new_task": 2},
                 events=12000, bpf_ns=2_400_000, cpu_ns=1_000_000)
    run.trace("flush_one", 0, 2, {"delay_idle": hist([run.sample(4000) for _ in range(40)], K_BPF),
                                  "delay_busy": hist([run.sample(40000) for _ in range(20)], K_BPF),
                                  "run": hist([run.sample(800) for _ in range(60)], K_BPF)}, kind="work")
    run.end()


def v1():
    small(1)
    trace(1, 2)


def hostile():
    run = Run(4)
    run.header("bench", ["bench", "--filter", HOSTILE], seed=1, trace=True, trace_reason=None)
    question(run, "wakeup/" + HOSTILE, {"futex": 4000, HOSTILE: 4100}, 12, 250, traced=2, phases=True,
             labels={HOSTILE: HOSTILE}, skipped={"skipped" + HOSTILE: HOSTILE, "'; system(\"touch /tmp/owned\") #": "`id` $(id) {/:Bold x} \\n"})
    run.emit(type="failed", question="wakeup/" + HOSTILE, arm=HOSTILE, reason=HOSTILE)
    run.trace(HOSTILE, 0, 1, {"kernel": hist([run.sample(3000) for _ in range(100)], K_BPF),
                              HOSTILE: hist([5], K_BPF)}, kind="wakeup")
    run.emit(type="losses", question=None, losses={HOSTILE: 1}, counters={HOSTILE: 2}, events=1, bpf_ns=0, cpu_ns=1)
    run.end(HOSTILE)


def layout(run, by=None, target=None):
    """What kt trace says of the kind wakeup, shortened."""
    def metric(name, title=None, of=None, waits=None, running=False, counted=False):
        return {"name": name, "title": title, "meaning": None, "of": of, "waits": waits, "running": running, "counted": counted}

    run.emit(type="layout", kind="wakeup", noun="wakes", by=by, target=target,
             rows=[metric("woken", "woken -> running", waits="after wakes", counted=True), metric("wake", of="woken"),
                      metric("runq", of="woken"), metric("premig", of="runq"),
                      metric("preempted", "preempted -> running", waits="after preemption"),
                      metric("first_run", "created -> running", waits="before a first run"),
                      metric("ran", running=True)],
             causes=[{"name": "ring_full", "text": "the ring had no room for it", "of": "events"},
                     {"name": "switch_missed", "text": "the kernel reported no switch", "of": "values"}])


def waits(run, nr, median, nr_preempted, ran):
    """Metrics of nr wakes and nr_preempted preemptions of a subject that ran for ran ns."""
    wakes = [run.sample(800) for _ in range(nr)]
    runq = [run.sample(median) for _ in range(nr)]
    made = {"woken": [a + b for a, b in zip(wakes, runq)], "wake": wakes, "runq": runq, "premig": runq[:nr // 50],
            "preempted": [run.sample(3_000_000) for _ in range(nr_preempted)], "ran": [ran // 100] * 100 if ran else []}
    return {name: hist(values, K_BPF) for name, values in made.items() if values}


def interval_losses(run, start, end, lost, events):
    run.emit(type="losses", question=None, start_ns=start, end_ns=end, losses={"ring_full": 2 * lost, "switch_missed": lost},
             counters={"absorbed": 3}, events=events, bpf_ns=None, cpu_ns=2_000_000)


def event(run, ns, why="worst", waker=True):
    task = {"comm": "redis-server", "tgid": 23720, "tid": 23720}
    run.emit(type="event", kind="wakeup", why=why, population="woken" if waker else "preempted", time_ns=run.now + ns, ns=ns,
             phases={"wake": 800, "runq": ns - 800}, task=task, cpu_before=1, cpu_queued=0, cpu=0, migrations=0,
             waker={"comm": "ksoftirqd/1", "tgid": 16, "tid": 16, "context": "softirq", "cpu": 1} if waker else None,
             behind=[{"comm": "stress-ng-cpu", "tgid": 3902, "tid": 3902, "ns": ns // 2},
                     {"comm": "", "tgid": 0, "tid": 0, "ns": ns // 8}], other_ns=ns // 8,
             stack={"kernel": ["try_to_wake_up+0x1c"], "user": []} if waker else None)


def cost(run):
    run.emit(type="cost", sample_ns=100_000_000, attach_ns=180_000_000, waiting=2, waiting_ns=3_900_000_000, waiting_name="redis-bgsave-23725",
             programs=[{"name": "on_sched_switch", "calls": 4000, "ns": 900_000}, {"name": "on_slot", "calls": 0, "ns": 0}])


def live():
    """kt trace of one process, in intervals: some lost, some nothing, the worst waits."""
    run = Run(20)
    run.header("trace", ["trace", "wakeup", "-p", "23720", "-i", "1s"], 20)
    layout(run, target="redis-server")
    for second, (nr, preempted, lost) in enumerate(((4000, 12, 0), (3000, 0, 1), (0, 0, 0), (15, 1, 40))):
        start, end = run.now + second * 10**9, run.now + (second + 1) * 10**9
        if nr > 100:
            event(run, 5_790_000 - 1000 * second)
            event(run, 4_100_000, waker=False)
            event(run, 4_100_000, why="slow")
        run.trace("", start, end, waits(run, nr, 1000 + 20_000 * (second == 1), preempted, 400_000_000) if nr else {}, kind="wakeup")
        interval_losses(run, start, end, lost, 3 * nr)
    cost(run)
    run.end()


def threads():
    """More threads than have a line; a starved one has no wakes at all."""
    run = Run(21)
    run.header("trace", ["trace", "wakeup", "--by", "thread", "-o", "threads.jsonl"], 21)
    layout(run, by="thread")
    for n in range(40):
        run.trace(f"worker-{4000 + n}", run.now, run.now + 10**9, waits(run, 200 + 10 * n, 2000, 0, 10_000_000), kind="wakeup")
    run.trace("starved-99", run.now, run.now + 10**9, waits(run, 0, 1, 250, 9_000_000), kind="wakeup")
    interval_losses(run, run.now, run.now + 10**9, 0, 40_000)
    run.end()


def single(run, at, ns, who, population="woken", waker=None, context="task", cpus=(0, 0, 0), why="stream", migrations=0, premig=0,
           behind=None, stack=None):
    """One wait of thread who (comm, tgid, tid), which ends @at after the run's beginning; waker (comm, tgid, tid, cpu)."""
    task = dict(zip(("comm", "tgid", "tid"), who))
    phases = {"wake": min(900, ns), "runq": ns - min(900, ns)} if population == "woken" else {}
    if premig:
        phases["premig"] = premig
    run.emit(type="event", kind="wakeup", question=None, subject=None, why=why, population=population, time_ns=run.now + at, ns=ns,
             phases=phases, task=task, cpu_before=cpus[0], cpu_queued=cpus[1], cpu=cpus[2], migrations=migrations,
             waker=dict(zip(("comm", "tgid", "tid", "cpu"), waker), context=context) if waker else None,
             behind=behind, other_ns=0, stack=stack)


def stream():
    """kt trace --stream: a worker that is fed, an interrupt that wakes, a wait recorded three times, two that overlap, hostile names."""
    run = Run(22)
    run.header("trace", ["trace", "wakeup", "--stream", "-o", "stream.jsonl"], 22)
    layout(run)
    feeder, worker, evil = ("feeder", 500, 500), ("worker/0", 500, 501), (HOSTILE, 666, 667)
    for n in range(50):
        at = 10_000_000 + 100_000 * n
        single(run, at, 2500 + 10 * n, worker, waker=(*feeder, 0), cpus=(1, 1, 1))
        single(run, at + 40_000, 3000, feeder, waker=(*worker, 1), cpus=(0, 0, 0))
    single(run, 16_000_000, 60_000, worker, "preempted", cpus=(1, 1, 0), migrations=1)
    single(run, 17_000_000, 9000, feeder, waker=("", 0, 0, 1), context="idle", cpus=(0, 1, 1), migrations=2, premig=4000)
    single(run, 18_000_000, 7000, evil, waker=("stress-ng-cpu", 3902, 3902, 0), context="interrupt", cpus=(None, None, 1))
    single(run, 18_000_000, 7000, evil, waker=("stress-ng-cpu", 3902, 3902, 0), context=None, population="first_run")
    single(run, 19_000_000, 5000, worker, waker=("", 0, 0, None), context="softirq")
    behind = [{"comm": HOSTILE, "tgid": 1, "tid": 2, "ns": 5_000_000}, {"comm": "", "tgid": 0, "tid": 0, "ns": 100_000}]
    for why in "stream", "flight", "worst":
        single(run, 30_000_000, 6_000_000, worker, waker=(*feeder, 0), why=why, behind=behind if why == "worst" else None,
               stack={"kernel": ["try_to_wake_up+0x1c", "wake_up_q+0x40"], "user": ["feed+0x10"]} if why == "worst" else None)
    single(run, 30_000_500, 4000, worker, "requeued", cpus=(1, 1, 1))
    run.trace("", run.now, run.now + 40_000_000, waits(run, 107, 2000, 1, 10_000_000), kind="wakeup")
    interval_losses(run, run.now, run.now + 40_000_000, 0, 400)
    run.end()


def episode(run, at, kind, population, who, phases, waker=None, context="task", function=None, cpu=0, why="stream"):
    """One work or park of thread who, which ends @at; the whole is its parts."""
    names = {} if function is None else {"function": function}
    run.emit(type="event", kind=kind, question=None, subject=None, why=why, population=population, **names, time_ns=run.now + at,
             ns=sum(phases.values()), phases=phases, task=dict(zip(("comm", "tgid", "tid"), who)), cpu_before=None, cpu_queued=None, cpu=cpu,
             migrations=0, waker=dict(zip(("comm", "tgid", "tid", "cpu"), waker), context=context) if waker else None,
             behind=None, other_ns=0, stack=None)


def episodes():
    """kt trace work and park --stream: works that wait behind each other, one within another, queued by an interrupt or unseen; parks."""
    run = Run(23)
    run.header("trace", ["trace", "work", "--stream", "-o", "episodes.jsonl"], 23)
    feeder, worker, kernel = ("feeder", 500, 500), ("worker/0", 500, 501), ("kworker", 77, 77)
    start = 10_000_000
    for n in range(40):  # all are queued before the first one runs
        delay = start - (9_000_000 + 1000 * n)
        episode(run, start + 300, "work", "delay_busy" if n else "delay_idle", worker,
                {"delay_busy" if n else "delay_idle": delay, "run": 300}, (*feeder, 1), function=("step", HOSTILE)[n % 2])
        start += 350
    episode(run, 12_000_000, "work", "delay_idle", worker, {"delay_idle": 2000, "run": 500_000}, (*feeder, 1), function="outer")
    episode(run, 11_900_000, "work", "delay_idle", worker, {"delay_idle": 900, "run": 100_000}, (*worker, 0), function="inner")
    episode(run, 13_000_000, "work", "delay_idle", kernel, {"delay_idle": 1500, "run": 700}, ("stress-ng", 9, 9, 3), "interrupt", "0xffffffff81234560")
    episode(run, 14_000_000, "work", "run", worker, {"run": 700}, function="step")
    episode(run, 15_000_000, "work", "delay_idle", worker, {"delay_idle": 0, "run": 0}, (*feeder, None), None, "step", why="slow")
    for n in range(10):
        episode(run, 20_000_000 + 1_000_000 * n, "park", "park_react", worker,
                {"park_react": 2000 + n, "parked": 500_000, "unpark": 3000 + n}, (*feeder, 1), cpu=n % 2)
    episode(run, 31_000_000, "park", "unpark", kernel, {"parked": 70_000, "unpark": 4000})
    episode(run, 32_000_000, "park", "park_react", worker, {"park_react": 2000, "parked": 70_000}, ("", 0, 0, 1), "idle")
    run.trace("", run.now, run.now + 40_000_000, {"run": hist([300] * 45, K_BPF)}, kind="work")
    run.trace("", run.now, run.now + 40_000_000, {"unpark": hist([3000] * 11, K_BPF)}, kind="park")
    run.end()


def runs(side):
    """Six runs of one side for kt diff: one arm got slower, one faster, one question is new; a trace does not belong."""
    kernel = ("6.1.0-example", "6.12.0-example")[side]
    for number in range(6):
        run = Run(200 + 10 * side + number)
        plain = run.emit

        def change(plain=plain, **record):
            if record["type"] == "environment":
                record["kernel"]["release"] = kernel
                record["boot_id"] = f"{side + 1:016x}"
                record["frequency"]["governor"] = ("powersave", "performance")[side == 1 or number == 5]
            plain(**record)

        run.emit = change
        run.header("bench", ["bench", "--repeat", "6", "-o", f"side{side}.jsonl", "--seed", "7"], 100 * side + number,
                   seed=7 + number, trace=False, trace_reason="switched off by --no-trace")
        base = {"futex": 4000, "libkthread": 4010}
        question(run, "wakeup/trip=oneway/cpu=cross/wait=sleep", {**base, "libkthread": (4010, 4400)[side]}, 4, 60)
        question(run, "work_queue/worker=busy/cpu=cross", {"futex": 31.4, "libkthread": (24.8, 22)[side]}, 24, 20000,
                 mode="time")
        question(run, "wakeup/" + ("gone", HOSTILE)[side], base, 1, 20)
        run.end("complete" if number < 5 or side else "interrupted")
    if side:
        trace(number=300)


def runs_base():
    runs(0)


def runs_new():
    runs(1)


if __name__ == "__main__":
    MAKERS = (small, suite, full, trace, live, threads, stream, episodes, hostile, negative, instances, builds, moved, settings, hostile_sides, apart, v1,
              runs_base, runs_new)
    {maker.__name__: maker for maker in MAKERS}[sys.argv[1]]()
