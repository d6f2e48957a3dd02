#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kt trace workqueue against works that a known number of deeds causes: a file system that ends queues one work
# (destroy_super_work), a network namespace that ends queues cleanup_net on a workqueue of its own, where the next one
# is held back meanwhile. Other programs may do the same at the same time: counts are lower bounds.
# Ends with `N passed, N failed`; skips, with the reason, where BPF is refused.
. "$(dirname "$0")/../cli/lib.sh"
counts() { tests/tracer/counts "$@"; }

needs_trace workqueue
mkdir "$tmp/mounted"
cat >"$tmp/deeds" <<S
for i in \$(seq 15); do
	mount -t tmpfs none '$tmp/mounted' && umount '$tmp/mounted' || exit 1
done
for i in \$(seq 15); do unshare -n true || exit 1; done
# The works come after grace periods of the kernel, and a cleanup takes some 30 ms.
sleep 1.5
exit 7
S
if ! unshare -m sh -c "mount -t tmpfs none '$tmp/mounted'" 2>"$tmp/err" || ! unshare -n true 2>>"$tmp/err"; then
	skip "no deeds: $(cat "$tmp/err")"
	finish
fi
# traced_by 'FILE KT-TRACE-ARGUMENT...'...: each trace is the command of the one before it, so all see the same deeds
traced_by() {
	local words command=() status
	for words; do
		read -ra words <<<"$words"
		command+=("$kt" trace workqueue -o "$tmp/${words[0]}" "${words[@]:1}" --)
	done
	timeout 120 "${command[@]}" sh "$tmp/deeds" </dev/null
	status=$?
	[ $status -eq 7 ] || { echo "exit $status, expected 7"; false; }
}
traced() { # traced STATUS FILE KT-TRACE-ARGUMENT...
	local want=$1 file=$2 status
	shift 2
	timeout 60 "$kt" trace workqueue -o "$file" "$@" </dev/null
	status=$?
	[ $status -eq "$want" ] && [ -s "$file" ] || { echo "exit $status, expected $want"; false; }
}

check 'by function, workqueue and thread, some of it, in intervals, one by one' traced_by 'func --by func' 'wq --by workqueue' \
	'thread --by thread' 'one -c net* --by workqueue' 'cpu --cpu 0 --by thread' 'i -i 50ms --by func' \
	'single --by func --stream'
check 'each work is seen' counts "$tmp/func" 'destroy_super_work:run>14' 'cleanup_net:run>0' counter.negative=0
# cleanup_net is one work: it waits again while it runs.
check 'held back by the one that runs' counts "$tmp/func" 'cleanup_net:held>0' 'destroy_super_work:held=0' \
	'cleanup_net:ready_busy>0'
check 'each start has one wait, each held one is of a start' python3 - "$tmp/func" <<'P'
import json, sys
for line in open(sys.argv[1]):
    r = json.loads(line)
    if r["type"] != "trace":
        continue
    n = {name: h["count"] for name, h in r["metrics"].items()}
    waits = n.get("ready_idle", 0) + n.get("ready_busy", 0)
    # One may have been queued before, and one may still run at the end.
    assert abs(waits - n.get("run", 0)) <= 1 or r["subject"] not in ("destroy_super_work", "cleanup_net"), r
    assert n.get("held", 0) <= waits, r
P
check 'each work of a function, with who queued it' python3 - "$tmp/single" <<'P'
import json, sys
events, sums, lost = [], {}, 0
for r in map(json.loads, open(sys.argv[1])):
    if r["type"] == "event":
        events.append(r)
    elif r["type"] == "trace":
        sums[r["subject"]] = r["metrics"]
    elif r["type"] == "losses":
        lost += r["losses"]["ring_full"]
own = [e for e in events if e["function"] == "destroy_super_work"]
assert len(own) >= 15 and len(own) == sums["destroy_super_work"]["run"]["count"] and not lost, (len(own), lost)
for name, h in sums["destroy_super_work"].items():
    assert sum(e["phases"].get(name, 0) for e in own) == h["sum"], name
assert all(sum(e["phases"].values()) == e["ns"] and e["task"]["comm"].startswith("kworker/") for e in own)
assert all(e["waker"] for e in own)
assert any("held" in e["phases"] for e in events if e["function"] == "cleanup_net"), "max_active held some back"
P
check 'as a trace' "$kt" report "$tmp/single" -o "$tmp/single.pftrace"
check 'workqueues by name' counts "$tmp/wq" 'netns:run>0' 'netns:held>0' 'events:run>14'
check 'threads are kworkers' grep -q '"subject":"kworker/[0-9u]*:[0-9H]*-[0-9]*"' "$tmp/thread"
check 'no other one is in it' counts "$tmp/one" 'netns:run>0' events:run=0 'counter.filtered>14' events:ready_idle=0
check 'its kworkers only' python3 - "$tmp/cpu" <<'P'
import json, re, sys
names = {r["subject"] for r in map(json.loads, open(sys.argv[1])) if r["type"] == "trace"}
assert names and all(re.match(r"kworker/(0:|u\d+:|R-)|softirq/0$", n) for n in names), names
P
check 'no such workqueue' traced 0 "$tmp/none" -c no-such-workqueue -d 200ms
check 'nothing of it' counts "$tmp/none" run=0 held=0 ready_idle=0 ready_busy=0
check 'intervals lose nothing' counts "$tmp/i" 'destroy_super_work:run>14'
# A page that one CPU is about to put on its lists is waited for by a seal: the kernel flushes a work of that CPU.
cat >"$tmp/seals.py" <<'P'
import fcntl, os
a, b = sorted(os.sched_getaffinity(0))[:2]
for cpu, other in [(a, b), (b, a)] * 10:
    os.sched_setaffinity(0, {cpu})
    fd = os.memfd_create("flushed", os.MFD_ALLOW_SEALING)
    os.write(fd, bytes(4096))
    os.sched_setaffinity(0, {other})
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE)
    os.close(fd)
P
if [ "$(nproc)" -gt 1 ]; then
	check 'flushes' traced 0 "$tmp/flushes" --by func -- python3 "$tmp/seals.py"
	check 'flushes are counted apart' counts "$tmp/flushes" 'counter.flush_work>0' 'lru_add_drain_per_cpu:run>0' \
		wq_barrier_func:run=0 wq_barrier_func:ready_idle=0
else
	skip 'flushes: one CPU has nobody to wait for'
fi

refused '-p' 2 'belong to no process' "$kt" trace workqueue -p $$
refused '-t' 2 'belong to no process' "$kt" trace workqueue -t $$
refused '--cgroup' 2 'belong to no process' "$kt" trace workqueue --cgroup /sys/fs/cgroup
refused 'unknown --by' 2 'thread, func, workqueue or all' "$kt" trace workqueue --by worker
refused '--by workqueue of another kind' 2 'expected thread.* or all' "$kt" trace wakeup --by workqueue
finish
