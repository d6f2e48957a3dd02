#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What kt trace prints and leaves, against programs that do a known number of things. Ends with `N passed, N failed`;
# skips, with the reason, where BPF is refused.
. "$(dirname "$0")/../cli/lib.sh"

needs_trace wakeup

# sleepers THREADS TIMES: each thread sleeps TIMES times for a millisecond
cat >"$tmp/sleepers" <<'P'
import sys, threading, time
def sleeps():
    for _ in range(int(sys.argv[2])):
        time.sleep(0.001)
threads = [threading.Thread(target=sleeps) for _ in range(int(sys.argv[1]))]
for t in threads:
    t.start()
for t in threads:
    t.join()
P
sleepers() { echo python3 "$tmp/sleepers" "$@"; }

# trace OUT ARGUMENT...: into $tmp/OUT and $tmp/OUT.err
trace() {
	local out=$1
	shift
	timeout 60 "$kt" trace "$@" >"$tmp/$out" 2>"$tmp/$out.err" </dev/null
}
json() { # json FILE EXPRESSION: of the report of the record FILE, as r; its only trace as t
	timeout 60 "$kt" report --format json "$tmp/$1" >"$tmp/json" 2>"$tmp/json.err"
	python3 -c 'import json, sys
r = json.load(open(sys.argv[1])); t = r["traces"][0]
assert '"$2"', (len(t["intervals"]), {k: t[k] for k in ("count", "covered", "waited", "losses")})' "$tmp/json"
}
same() { # what kt report prints of the record is what kt trace printed
	"$kt" report "$tmp/$1.jsonl" | diff - "$tmp/$1"
}
lines_of() { grep -cE "$1" "$tmp/$2"; } # lines_of PATTERN FILE

# ---- the answer first
trace one wakeup -o "$tmp/one.jsonl" -- $(sleepers 4 100)
check 'it says when it counts' grep -qE '^kt trace: tracing python3 \(process [0-9]+\), .*s to attach, ends with it$' "$tmp/one.err"
check 'and nothing else' test "$(wc -l <"$tmp/one.err")" -eq 1
head -n 1 "$tmp/one" >"$tmp/head"
check 'duration, number and rate, the machine' grep -qE "^kt trace wakeup -- python3 .*   [0-9.]+ m?s   [0-9 ]+ wakes \([0-9 ]+/s\)   [0-9]+ CPUs?, load [0-9.]+$" "$tmp/head"
check 'then how much was waited' sh -c "sed -n 2p '$tmp/one' | grep -qE '^waited for a CPU: [0-9.]+ % of the time \(after wakes '"
check 'a block per population' test "$(lines_of '^(woken|preempted|slice over|created) -> running ' one)" -eq 4
check 'parts under what they split' sh -c "grep -A 2 '^woken -> running' '$tmp/one' | tail -n 2 | grep -c '^  [wr]' | grep -qx 2"
check 'no first instruction of a program that says none' sh -c "! grep -qE 'unattributed|request' '$tmp/one'"
check 'the longest wait' grep -qE '^worst: .*, waited on CPU [0-9]+' "$tmp/one"
check 'what was lost' grep -qE '^lost: (nothing|[0-9 ]+ of [0-9 ]+ wakes \([0-9.e-]+ %\): )' "$tmp/one"
check 'what it cost' grep -qE '^own cost: (its BPF programs [0-9.]+ .s a run, .* of a CPU; )?kt itself ' "$tmp/one"
check 'no warning that never changes' sh -c "! grep -q '^warning' '$tmp/one'"
check 'kt report prints the same' same one
check 'at least the wakes that the threads had' json one.jsonl 't["count"] >= 4 * 100 and t["noun"] == "wakes"'
check 'shares add up' json one.jsonl 'abs(sum(v or 0 for v in t["waited"]["by"].values()) - t["waited"]["share"]) < 1e-6'
check 'counters are for those who ask' sh -c "! grep -q '^counters' '$tmp/one' && '$kt' report -v '$tmp/one.jsonl' | grep -q '^counters: '"

# ---- a line per subject
trace by wakeup --by thread --top 3 -o "$tmp/by.jsonl" -- $(sleepers 12 60)
check 'three lines and the rest' test "$(sed -n '/^thread /,/^$/p' "$tmp/by" | wc -l)" -eq 6
check 'the rest is the rest' grep -qE '^[0-9]+ more ' "$tmp/by"
check 'N threads, N rows' json by.jsonl 'len([x for x in r["results"] if x["subject"].startswith("python3")]) >= 12'
check 'their sum is the whole' json by.jsonl 'sum((x["metrics"].get("woken") or {"count": 0})["count"] for x in r["results"]) == t["count"] >= 12 * 60'
check 'who waited longest comes first' python3 - "$tmp/json" <<'P'
import json, sys
waits = ("woken", "preempted", "requeued", "first_run")
total = [sum(m["mean"] * m["count"] for n, m in r["metrics"].items() if m and n in waits) for r in json.load(open(sys.argv[1]))["results"]]
assert all(a >= b * (1 - 1e-9) for a, b in zip(total, total[1:])), total
P
check 'all phases with -v' sh -c "test \$('$kt' report -v --top 3 '$tmp/by.jsonl' | grep -c '^woken -> running') -eq 3"
"$kt" report --top 5 "$tmp/by.jsonl" >"$tmp/five"
check 'as many lines as asked for' test "$(sed -n 's/ more .*//p' "$tmp/by")" -eq $(($(sed -n 's/ more .*//p' "$tmp/five") + 2))

# ---- intervals
trace every wakeup -i 10ms -o "$tmp/every.jsonl" -- $(sleepers 2 500)
head -n 1 "$tmp/every" >"$tmp/head"
check 'fixed columns, losses last' grep -qE '^ +time +woken +p50 +p90 +p99 +max +other +max +waited +lost$' "$tmp/head"
check 'a line each' test "$(lines_of '^ +[0-9.]+ s  ' every)" -ge 20
check 'as many as are recorded' json every.jsonl "len(t['intervals']) == $(lines_of '^ +[0-9.]+ s  ' every)"
check 'nothing falls between them' json every.jsonl 'sum(i["count"] for i in t["intervals"]) == t["count"] >= 2 * 500'
check 'one begins where the other ends' json every.jsonl 'all(a["end_ns"] == b["start_ns"] for a, b in zip(t["intervals"], t["intervals"][1:]))'
check 'no p99 of a few values' json every.jsonl 'all(i["p99"] is None or i["count"] >= 1000 for i in t["intervals"])'
check 'the report has them in short' sh -c "'$kt' report '$tmp/every.jsonl' | grep -qE '^[0-9]+ intervals: longest .*-v lists them'"
check 'and all with -v' sh -c "test \$('$kt' report -v '$tmp/every.jsonl' | grep -cE '^ +[0-9.]+ s  ') -ge 20"
(trap '' PIPE; timeout 60 "$kt" trace wakeup -i 20ms </dev/null 2>"$tmp/pipe.err"; echo $? >"$tmp/pipe.status") | head -n 3 >"$tmp/pipe"
check 'a reader that has seen enough ends it' grep -qx 0 "$tmp/pipe.status"
check 'without a word more' test "$(wc -l <"$tmp/pipe.err")" -eq 1

# ---- nothing is left
mkdir "$tmp/empty"
TMPDIR=$tmp/empty trace none wakeup -d 50ms
check 'no temporary file' test -z "$(ls -A "$tmp/empty")"
check 'nor a need of one' sh -c "TMPDIR=/no/such/dir timeout 60 '$kt' trace wakeup -d 50ms"
if unshare -m true 2>/dev/null; then
	unshare -m sh -c "mkdir '$tmp/small' && mount -t tmpfs -o size=64k tmpfs '$tmp/small' &&
		timeout 60 '$kt' trace wakeup -i 5ms --stream -d 30s -o '$tmp/small/r'; echo \$? >'$tmp/full.status'
		cp '$tmp/small/r' '$tmp/full.jsonl'" >"$tmp/full" 2>"$tmp/full.err" </dev/null
	check 'a full disk ends it' grep -qx 5 "$tmp/full.status"
	check 'and is named' grep -q 'cannot write the record: No space left' "$tmp/full.err"
	check 'what was written can be read' sh -c "'$kt' report '$tmp/full.jsonl' | grep -q '^interrupted'"
else
	skip 'a full disk: unshare -m was refused'
fi
"$kt" trace wakeup -i 20ms -o "$tmp/killed.jsonl" -- sh -c "sleep 2; touch '$tmp/went-on'" >/dev/null 2>"$tmp/killed.err" </dev/null &
pid=$!
for _ in $(seq 100); do
	grep -q '"type":"losses"' "$tmp/killed.jsonl" 2>/dev/null && break
	sleep 0.1
done
kill -9 $pid
wait $pid 2>/dev/null
check 'kill -9: what was recorded can be read' sh -c "'$kt' report '$tmp/killed.jsonl' | grep -q '^interrupted'"
for _ in $(seq 100); do [ -e "$tmp/went-on" ] && break; sleep 0.1; done
check 'kill -9: COMMAND goes on' test -e "$tmp/went-on"

# ---- what it costs
trace stats wakeup --stats -- $(sleepers 1 100)
if grep -q 'was not measured' "$tmp/stats"; then
	skip '--stats: run times need CAP_SYS_ADMIN'
else
	check 'a line per program' grep -qE '^  on_sched_switch +[1-9][0-9 ]* runs/s +[0-9.]+ .s each +[0-9.e-]+ % of a CPU$' "$tmp/stats"
fi
check 'not without asking' sh -c "! grep -q 'runs/s' '$tmp/one'"

# ---- nothing was seen, and what is not nothing
trace nothing wakeup -c no-such-thread -d 50ms
check 'nothing is said to be nothing' grep -q 'nothing was seen' "$tmp/nothing.err"
trace hog wakeup -d 2s -- python3 -c 'import time
end = time.monotonic() + 0.5
while time.monotonic() < end: pass'
check 'one that never slept was seen' sh -c "! grep -q 'nothing was seen' '$tmp/hog.err'"
if [ "$(nproc)" -gt 1 ] && chrt -f 1 true 2>/dev/null; then
	cpu=$(taskset -cp $$ | sed 's/.*[-,: ]//')
	# Each ends by itself: what would end the one with priority may be what it keeps from running.
	busy='import sys, time
end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end: pass'
	taskset -c "$cpu" python3 -c "$busy" 30 & victim=$!
	taskset -c "$cpu" chrt -f 10 python3 -c "$busy" 20 & hog=$!
	trace starved wakeup -p $victim -d 300ms
	kill $hog $victim
	wait $hog $victim 2>/dev/null
	check 'a starved one waits' sh -c "grep -qE '^(still waiting for a CPU at the end: .*for [0-9.]+ m?s so far|waited for a CPU: )' '$tmp/starved'"
	check 'it is not nothing' sh -c "! grep -q 'nothing was seen' '$tmp/starved.err'"
else
	skip 'a starved thread: it takes two CPUs and the right to SCHED_FIFO'
fi
finish
