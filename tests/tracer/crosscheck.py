#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
#
# crosscheck.py blind TEXT CPU: exit status 0 when TEXT, of tracefs, lacks what CPU did while it was idle
# crosscheck.py wakeup RECORD TEXT PIDS: the threads in the file PIDS, which lived and ended within both; exit status 3 where
# counts differ and kt trace says that it was not told each switch
# crosscheck.py works|stop|workqueue RECORD TEXT: between the marks "begin" and "end" in TEXT
#
# Folds the text by itself, from the meaning of the events alone, and holds a record of kt trace to that: counts are
# equal (where other programs may have done something at the edges: between what surely and what possibly was within),
# and the deciles of durations are those of the text but for its stamps, which are whole microseconds.
import collections, json, re, sys

LINE = re.compile(r"\s*(.*)-(\d+)\s+\[(\d+)\]\s+\S+\s+(\d+)\.(\d+): (\w+): (.*)")
SWITCH = re.compile(r"prev_comm=.* prev_pid=(\d+) prev_prio=-?\d+ prev_state=(\S+) ==> next_comm=.* next_pid=(\d+) ")
WAKE = re.compile(r"comm=.* pid=(\d+) prio")
QUEUE = re.compile(r"work struct=(\S+) function=(\S+) workqueue=(.*) req_cpu=")
WORK = re.compile(r"work struct:? ?(\S+?):? function:? ?=?(\S+)")
NS = 1000
# Two programs on one event take their stamps one after the other; the text's is cut to microseconds.
SKEW = 4 * NS
# A bucket of a histogram is at most this wide.
WIDTH = 1 / 32

Event = collections.namedtuple("Event", "ns cpu pid name text")
bad = []


def expect(ok, what):
    if not ok:
        bad.append(what)


def events(path):
    out = []
    for line in open(path, encoding="utf-8", errors="replace"):
        m = LINE.match(line)
        if m:
            ns = int(m[4]) * 10**9 + int(m[5]) * NS
            out.append(Event(ns, int(m[3]), int(m[2]), m[6], m[7]))
    return out


# ---- the record -----------------------------------------------------------------------------------------------------

def buckets(h):
    """(low, high, count) of each bucket that is not empty; high is not in it"""
    for run in h["runs"]:
        for i, n in enumerate(run[1:], run[0]):
            if n:
                yield lower(i, h["k"]), lower(i + 1, h["k"]), n


def lower(index, k):
    octave, low = divmod(index, 1 << k)
    return low if not octave else ((1 << k) + low) << (octave - 1)


class Record:
    def __init__(self, path):
        self.metric = collections.defaultdict(list)  # (subject, metric): histograms
        self.lost, self.counters = collections.Counter(), collections.Counter()
        for line in open(path, encoding="utf-8"):
            r = json.loads(line)
            if r["type"] == "trace":
                for name, h in r["metrics"].items():
                    self.metric[r["subject"], name].append(h)
            elif r["type"] == "losses":
                self.lost.update(r["losses"])
                self.counters.update(r["counters"])
            elif r["type"] == "end":
                expect(r["status"] == "complete", "the record is " + r["status"])

    def subjects(self):
        return {subject for subject, _ in self.metric}

    def count(self, subject, metric):
        return sum(h["count"] for h in self.metric.get((subject, metric), []))

    def values(self, subjects, metric):
        """the buckets of all of them"""
        all = collections.Counter()
        for s in subjects:
            for h in self.metric.get((s, metric), []):
                for low, high, n in buckets(h):
                    all[low, high] += n
        return sorted((low, high, n) for (low, high), n in all.items())


def compare_deciles(what, have, want):
    """@have: buckets, @want: durations in ns as the text has them"""
    want = sorted(want)
    total = sum(n for _, _, n in have)
    if len(want) < 20 or total != len(want):
        return
    for tenth in (1, 3, 5, 7, 9):
        rank = len(want) * tenth // 10
        # Neighbours in one list may change places in the other one.
        low = want[max(rank - 1 - len(want) // 50, 0)] - SKEW
        high = want[min(rank + 1 + len(want) // 50, len(want) - 1)] + SKEW
        seen = 0
        for a, b, n in have:
            seen += n
            if seen > rank:
                expect(b > low * (1 - WIDTH) and a < high * (1 + WIDTH),
                       f"{what}: decile {tenth} lies in {a}..{b} ns, by the text in {low}..{high} ns")
                break


# ---- which CPUs -----------------------------------------------------------------------------------------------------

def is_blind(all, cpu):
    """Events in the context of the idle task are missing on some machines: to idle, and never from it."""
    to, back = 0, 0
    for e in all:
        m = SWITCH.match(e.text) if e.cpu == cpu and e.name == "sched_switch" else None
        if m:
            to += m[3] == "0"
            back += m[1] == "0"
    return abs(to - back) > 1


# ---- wakeups --------------------------------------------------------------------------------------------------------

POPULATIONS = ("woken", "preempted", "requeued", "first_run")


def fold_threads(all, pids):
    """{pid: {population: [ns]}}: what each wait began with, and the switch that ended it"""
    out = {p: {m: [] for m in POPULATIONS + ("ran",)} for p in pids}
    reason, since, running, blocked = {}, {}, {}, set()
    for e in all:
        if e.name == "sched_wakeup_new":
            p = int(WAKE.match(e.text)[1])
            reason[p], since[p] = "first_run", e.ns
        elif e.name == "sched_waking":
            p = int(WAKE.match(e.text)[1])
            if p in blocked:
                reason[p], since[p] = "woken", e.ns
                blocked.discard(p)
        elif e.name == "sched_switch":
            prev, state, next = SWITCH.match(e.text).groups()
            prev, next = int(prev), int(next)
            if prev in running and prev in out:
                out[prev]["ran"].append(e.ns - running.pop(prev))
            reason.pop(prev, None)
            if state == "R+":
                reason[prev], since[prev] = "preempted", e.ns
            elif state == "R":
                reason[prev], since[prev] = "requeued", e.ns
            else:
                blocked.add(prev)
            running[next] = e.ns
            blocked.discard(next)
            if next in reason and next in out:
                out[next][reason[next]].append(e.ns - since[next])
            reason.pop(next, None)
    return out


def wakeup(record, all, pids):
    folded = fold_threads(all, pids)
    subject = {int(s.rsplit("-", 1)[1]): s for s in record.subjects() if "-" in s}
    for p, metrics in folded.items():
        expect(p in subject, f"thread {p} is not in the record")
        for m in POPULATIONS + ("ran",):
            have, want = record.count(subject.get(p, ""), m), len(metrics[m])
            expect(have == want, f"thread {p}: {m} {have}, by the text {want}")
    total = {m: [ns for metrics in folded.values() for ns in metrics[m]] for m in POPULATIONS + ("ran",)}
    for m, durations in total.items():
        expect(durations, f"the load had no {m}: nothing was compared")
        compare_deciles(m, record.values([subject.get(p, "") for p in pids], m), durations)
    return "  ".join(f"{m} {len(total[m])}" for m in total)


# ---- works and stops ------------------------------------------------------------------------------------------------

class Bounds:
    """What surely and what possibly was within, by (subject, metric): between the marks, and in all of the text"""

    def __init__(self, all):
        marks = {e.text.strip(): e.ns for e in all if e.name == "tracing_mark_write"}
        self.sure = marks["begin"], marks["end"]
        self.low, self.high = collections.defaultdict(list), collections.defaultdict(list)

    def add(self, key, begin, end):
        if self.sure[0] <= begin and end <= self.sure[1]:
            self.low[key].append(end - begin)
        self.high[key].append(end - begin)

    def compare(self, record):
        for (subject, metric), high in sorted(self.high.items()):
            low = self.low.get((subject, metric), [])
            have = record.count(subject, metric)
            expect(len(low) <= have <= len(high),
                   f"{subject} {metric}: {have}, by the text {len(low)} to {len(high)}")
            if len(low) == len(high):
                compare_deciles(f"{subject} {metric}", record.values([subject], metric), low)


def fold_works(all, bounds):
    begun = {}
    for e in all:
        if e.name == "sched_kthread_work_execute_start":
            begun[e.pid] = e.ns
        elif e.name == "sched_kthread_work_execute_end" and e.pid in begun:
            bounds.add((WORK.match(e.text)[2], "run"), begun.pop(e.pid), e.ns)


def fold_stops(all, bounds):
    begun = {}
    for e in all:
        if e.name == "sched_kthread_stop":
            begun[e.pid] = e.ns
        elif e.name == "sched_kthread_stop_ret" and e.pid in begun:
            bounds.add(("", "stop"), begun.pop(e.pid), e.ns)


def fold_workqueues(all, bounds):
    """Works that are queued in the idle task's context may be missing: then their starts have no wait."""
    queued, ready, begun, last, waits = {}, {}, {}, {}, []
    unseen = set()
    for e in all:
        if e.name == "workqueue_queue_work":
            queued[QUEUE.match(e.text)[1]] = e.ns
        elif e.name == "workqueue_activate_work":
            work, func = WORK.match(e.text).groups()
            # At once is the very next event of the CPU.
            if work in queued and last.get(e.cpu) != ("workqueue_queue_work", work):
                ready[work] = e.ns
        elif e.name == "workqueue_execute_start":
            work, func = WORK.match(e.text).groups()
            begun[e.pid, func] = e.ns
            if work in queued:
                if work in ready:
                    waits.append(((func, "held"), queued[work], ready[work]))
                waits.append(((func, "ready"), ready.get(work, queued[work]), e.ns))
            else:
                unseen.add(func)
            queued.pop(work, None)
            ready.pop(work, None)
        elif e.name == "workqueue_execute_end":
            func = WORK.match(e.text)[2]
            if (e.pid, func) in begun:
                bounds.add((func, "run"), begun.pop((e.pid, func)), e.ns)
        if e.name.startswith("workqueue_"):
            m = (QUEUE if e.name == "workqueue_queue_work" else WORK).match(e.text)
            last[e.cpu] = (e.name, m[1])
    for key, begin, end in waits:
        if key[0] not in unseen:
            bounds.add(key, begin, end)


def merge_ready(record):
    for subject in record.subjects():
        for m in ("ready_idle", "ready_busy"):
            record.metric[subject, "ready"] += record.metric.get((subject, m), [])


def bounded(kind, record, all):
    bounds = Bounds(all)
    expect(not +record.lost, "something was lost")
    {"works": fold_works, "stop": fold_stops, "workqueue": fold_workqueues}[kind](all, bounds)
    if kind == "workqueue":
        merge_ready(record)
        # Flushes are works to tracefs.
        for side in (bounds.low, bounds.high):
            for key in [k for k in side if k[0] == "wq_barrier_func"]:
                del side[key]
    bounds.compare(record)
    n = collections.Counter()
    for (_, metric), low in bounds.low.items():
        n[metric] += len(low)
    expect(n, "nothing happened between the marks: nothing was compared")
    return "  ".join(f"{m} {n[m]}" for m in sorted(n))


def main():
    kind = sys.argv[1]
    if kind == "blind":
        sys.exit(not is_blind(events(sys.argv[2]), int(sys.argv[3])))
    record, all = Record(sys.argv[2]), events(sys.argv[3])
    if kind == "wakeup":
        said = wakeup(record, all, [int(p) for p in open(sys.argv[4]).read().split()])
    else:
        said = bounded(kind, record, all)
    print(said)
    if bad:
        print(*bad, f"lost: {+record.lost}", f"counters: {+record.counters}", sep="\n")
    sys.exit(0 if not bad else 3 if kind == "wakeup" and record.lost["switch_missed"] else 1)


main()
