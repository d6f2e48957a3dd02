#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kt trace work, park and stop against programs that do a known number of things (kthread_oracle.c), and against
# the kernel's own worker. Ends with `N passed, N failed`; skips, with the reason, where BPF is refused.
. "$(dirname "$0")/../cli/lib.sh"
oracle=$KT_BUILD/tests/tracer/kthread_oracle

counts() { tests/tracer/counts "$@"; }

# traced STATUS FILE KT-TRACE-ARGUMENT...
traced() {
	local want=$1 file=$2 status
	shift 2
	timeout 60 "$kt" trace "$@" </dev/null
	status=$?
	[ $status -eq "$want" ] && [ -s "$file" ] || { echo "exit $status, expected $want"; false; }
}

needs_trace stop --kthreads

# 40 works on a sleeping worker, the gate, 25 behind it, 3 of them cancelled; 4 flushes and one of destroy.
work_counts='delay_idle=41 delay_busy=25 run=66 counter.cancelled=3 counter.flush_work=5 counter.unmatched=0
	counter.superseded=0 counter.negative=0 delay_busy.min>1000000'
n=0
for program in "$oracle" "${oracle}_shared"; do
	n=$((n + 1))
	# The program's own exit status, 7, is the trace's.
	check "work: ${program##*/}" traced 7 "$tmp/w$n" work -o "$tmp/w$n" -- "$program" work 40 25 3 4
	check "work: counts, ${program##*/}" counts "$tmp/w$n" $work_counts
	check "park: ${program##*/}" traced 7 "$tmp/p$n" park -o "$tmp/p$n" -- "$program" park 300
	check "park: counts, ${program##*/}" counts "$tmp/p$n" park=300 park_react=300 unpark=300 unpark_call=300 \
		counter.unmatched=0 counter.superseded=0
	check "stop: ${program##*/}" traced 7 "$tmp/s$n" stop -o "$tmp/s$n" -- "$program" stop 60
	check "stop: counts, ${program##*/}" counts "$tmp/s$n" stop=60 counter.unmatched=0 'stop.min>1000000' 
	check "functions: ${program##*/}" traced 7 "$tmp/f$n" work --by func -o "$tmp/f$n" -- "$program" work 10 5 0 0
	check "functions by name, ${program##*/}" counts "$tmp/f$n" oracle_step:delay_idle=10 oracle_step:run=15 \
		oracle_gate:delay_idle=1 oracle_gate:run=1
done
check 'intervals' traced 7 "$tmp/i" work -i 1ms -o "$tmp/i" -- "$oracle" work 40 25 3 4
check 'intervals lose nothing' counts "$tmp/i" $work_counts
check 'a renamed copy' cp "$oracle" "$tmp/other-name"
check 'a renamed copy is traced' traced 7 "$tmp/r" park -o "$tmp/r" -- "$tmp/other-name" park 20
check 'a renamed copy is counted' counts "$tmp/r" park=20
check 'by name' traced 7 "$tmp/t" stop --by thread -o "$tmp/t" -- "$oracle" stop 8
check 'names' counts "$tmp/t" stop=8 oracle_thread_to_stop_number_0:stop=2 oracle_thread_to_stop_number_3:stop=2
# What a script executes is found once it runs: its first child holds until the probes are there.
cat >"$tmp/script" <<S
'$oracle' hold '$tmp/go' &
for _ in \$(seq 200); do
	tests/tracer/attached on_usdt_stop_ret \$PPID && break
	sleep 0.05
done
touch '$tmp/go'
wait \$!
'$oracle' stop 8
S
check 'by a script' traced 7 "$tmp/sh" stop -o "$tmp/sh" -- sh "$tmp/script"
check 'a child of a script' counts "$tmp/sh" stop=8 counter.unmatched=0
check 'worker by full name' traced 7 "$tmp/wn" work --by worker -c '*_long_name' -o "$tmp/wn" -- "$oracle" work 3 2 0 0
check 'one worker' counts "$tmp/wn" run=6
check 'its full name' grep -q '"subject":"oracle_worker_with_a_long_name-[0-9]*"' "$tmp/wn"
check 'a hostile name' traced 7 "$tmp/h" park --by thread -o "$tmp/h" -- "$oracle" park 3
cp "$tmp/out" "$tmp/hostile"
check 'no control byte reaches the terminal' sh -c "LC_ALL=C grep -q 'oracle <b>parked</b>' '$tmp/hostile' && ! LC_ALL=C grep -q '[^[:print:]]' '$tmp/hostile'"
check 'the record is UTF-8' python3 -c 'import sys; open(sys.argv[1], encoding="utf-8", errors="strict").read()' "$tmp/h"
# A full name that would be a script in a page and a colour on a terminal, in every format.
name=$'<script>alert(1)</script>\x1b[31m'
check 'a name that is a script' traced 7 "$tmp/x" wakeup --by thread -i 20ms -o "$tmp/x" -- "$oracle" wake 40 "$name"
cp "$tmp/out" "$tmp/x.out"
check 'its wakes' counts "$tmp/x" 'end_to_end>39'
check 'the terminal shows it' sh -c "LC_ALL=C grep -qF '<script>alert(1)</script>\\x1b[31m-' '$tmp/x.out' && ! LC_ALL=C grep -q '[^[:print:]]' '$tmp/x.out'"
check 'HTML' "$kt" report "$tmp/x" --format html -o "$tmp/x.html"
check 'HTML shows it' sh -c "grep -qF 'alert(1)&lt;/script&gt;' '$tmp/x.html' && ! grep -qF '<script>alert' '$tmp/x.html' && ! grep -q '$(printf '\033')' '$tmp/x.html'"
check 'JSON' "$kt" report "$tmp/x" --format json -o "$tmp/x.json"
check 'JSON keeps it' python3 - "$tmp/x.json" "$name" <<'P'
import json, sys
text = open(sys.argv[1], encoding="utf-8").read()
assert "\x1b" not in text
assert any(r["subject"].startswith(sys.argv[2] + "-") for r in json.loads(text)["results"])
P
check 'one thread name only' traced 7 "$tmp/c" stop -c 'oracle*_number_2' -o "$tmp/c" -- "$oracle" stop 8
check 'its counts' counts "$tmp/c" stop=2 counter.filtered=6 counter.unmatched=0
check 'work of no such worker' traced 7 "$tmp/n" work -c 'no-such-*' -o "$tmp/n" -- "$oracle" work 3 2 0 0
check 'nothing counted' counts "$tmp/n" delay_idle=0 delay_busy=0 run=0

# The kernel's own worker: leaving a network namespace queues works to rcu_exp_gp_kthread_worker.
(for _ in $(seq 600); do
	[ -e "$tmp/enough" ] && break
	unshare -n true
	sleep 0.05
done) 2>/dev/null &
churn=$!
check 'kernel worker' traced 0 "$tmp/k" work --kthreads --by func -d 2s -o "$tmp/k"
touch "$tmp/enough"
wait $churn
check 'kernel worker: counts' counts "$tmp/k" 'run>0' 'wait_rcu_exp_gp:run>0' counter.negative=0
check 'kernel worker: each start has its queue' python3 - "$tmp/k" <<'P'
import json, sys
n = {}
for line in open(sys.argv[1]):
    for name, h in json.loads(line).get("metrics", {}).items():
        n[name] = n.get(name, 0) + h["count"]
starts = n.get("delay_idle", 0) + n.get("delay_busy", 0)
# One may have been queued before, and one may still run at the end.
assert starts and abs(starts - n["run"]) <= 1, n
P

# The kernel's threads cannot be made to park here without taking a CPU offline: that it loads and attaches is all.
check 'park of kernel threads attaches' traced 0 "$tmp/kp" park --kthreads -d 100ms -o "$tmp/kp"

# Killed without a chance to clean up: the kernel drops what it had attached.
"$kt" trace work --kthreads -o "$tmp/killed" >/dev/null 2>"$tmp/killed.err" </dev/null &
victim=$!
counting "$tmp/killed.err"
check 'it is attached while it runs' tests/tracer/attached on_kernel_queue $victim
links=$(cat "$tmp/out")
kill -9 $victim
wait $victim 2>/dev/null
are_gone() { # are_gone LINK...
	local id
	for id; do ! bpftool link show id "$id" >/dev/null 2>&1 || return 1; done
}
check 'nothing is left after kill -9' await are_gone $links
check 'the killed record can still be rendered' sh -c "'$kt' report --format json '$tmp/killed' | grep -q '\"complete\": *false'"

finish
