#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kt trace wakeup --refine: what newer kernels tell of a wait. Processes on one CPU (crosscheck_load.py, whose names are
# kt-crosscheck) have every kind of them. Ends with `N passed, N failed`; skips where BPF or the events are not there.
. "$(dirname "$0")/../cli/lib.sh"

needs_trace wakeup --refine
cpu=$(python3 -c 'import os; print(min(os.sched_getaffinity(0)))')
there() { "$kt" doctor | grep -q "^$1  *ok"; }

check 'refined' timeout 60 "$kt" trace wakeup --refine --by thread -o "$tmp/refined" -- \
	python3 tests/tracer/crosscheck_load.py "$cpu" "$tmp/pids"
check 'not refined' timeout 60 "$kt" trace wakeup --by thread -o "$tmp/plain" -- \
	python3 tests/tracer/crosscheck_load.py "$cpu" "$tmp/plain.pids"

# What holds of each of these processes, which lived and ended within the trace.
holds() { # holds EXPRESSION: of n (counts) and s (sums) by metric
	python3 - "$tmp/refined" "$tmp/pids" "$1" <<'P'
import collections, json, sys
# On some machines a switch goes by without an event.
missed = 0
n, s = collections.defaultdict(collections.Counter), collections.defaultdict(collections.Counter)
for line in open(sys.argv[1]):
    r = json.loads(line)
    if r["type"] == "trace":
        tid = int(r["subject"].rsplit("-", 1)[1])
        for name, h in r["metrics"].items():
            n[tid][name] += h["count"]
            s[tid][name] += h["sum"]
    elif r["type"] == "losses":
        missed += r["losses"].get("switch_missed", 0)
bad = []
for tid in map(int, open(sys.argv[2]).read().split()):
    if not eval(sys.argv[3], {"n": n[tid], "s": s[tid], "missed": missed}):
        bad.append(f"{tid}: {dict(n[tid])}")
print(*bad, sep="\n")
sys.exit(bool(bad))
P
}
counter() { # counter FILE NAME: its sum
	python3 -c 'import json, sys
print(sum(r["counters"].get(sys.argv[2], 0) for r in map(json.loads, open(sys.argv[1])) if r["type"] == "losses"))' "$@"
}

if there sched_exit_tp; then
	check 'each run has its switch' holds 'n["ran"] - missed <= n["switch"] <= n["ran"] > 0'
	check 'a switch is a part of the run' holds 's["switch"] < s["ran"]'
else
	skip 'no sched_exit_tp'
fi
if there sched_set_need_resched_tp; then
	check 'a request is a part of the wait' holds \
		'n["resched"] <= n["woken"] + n["preempted"] + n["requeued"] + n["first_run"]'
	check 'there were requests' holds 'n["resched"] > 0'
	check 'yields are told from slices' test "$(counter "$tmp/refined" yielded)" -gt 10
	# Two that only compute are asked to leave, but for the few of which that was dropped (refine_state.h).
	check 'hogs' timeout 60 "$kt" trace wakeup --refine -c 'kt-hog*' -o "$tmp/hogs" -- taskset -c "$cpu" python3 -c '
import os, time
open("/proc/self/comm", "w").write("kt-hog")
if not os.fork():
    while time.process_time() < 0.2: pass
    os._exit(0)
while time.process_time() < 0.2: pass
os.wait()'
	check 'hogs are requeued' test "$(counter "$tmp/hogs" requeued)" -gt 0
	check 'and do not yield' test $((20 * $(counter "$tmp/hogs" yielded))) -le "$(counter "$tmp/hogs" requeued)"
else
	skip 'no sched_set_need_resched_tp'
fi
if there ipi_send_cpu; then
	check 'an interrupt is a part of a wake' holds 'n["ipi"] <= n["wake"] and s["ipi"] <= s["wake"]'
else
	skip 'no ipi_send_cpu'
fi
check 'nothing of it without the option' sh -c "! grep -qE '\"(resched|switch|ipi)\":\{' '$tmp/plain'"
check 'its programs' "$kt" trace wakeup --refine -o "$tmp/on" -- sh -c 'tests/tracer/attached on_refine_done $PPID'
check 'none without the option' "$kt" trace wakeup -o "$tmp/off" -- sh -c '! tests/tracer/attached on_refine_done $PPID'
refused 'another kind' 2 '--refine goes with wakeup' "$kt" trace park --refine -- true
finish
