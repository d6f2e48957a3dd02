#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kt trace as a command: how it ends, which status, what it leaves; and kt doctor. Ends with `N passed, N failed`.
. "$(dirname "$0")/../cli/lib.sh"
oracle=$KT_BUILD/tests/tracer/kthread_oracle
chmod 755 "$tmp"

exits() { # exits STATUS COMMAND...
	local want=$1 status
	shift
	timeout 60 "$@" </dev/null
	status=$?
	[ $status -eq "$want" ] || { echo "exit $status, expected $want"; false; }
}
executes() { [ "$(readlink "/proc/$1/exe")" = "$2" ]; } # executes PID FILE
ends_with() { tail -n 1 "$1" | grep -q "\"type\":\"end\",\"status\":\"$2\""; }
signalled() { # signalled SIGNAL STATUS FILE ARGUMENT...: kt trace gets SIGNAL once it counts
	local signal=$1 want=$2 file=$3 pid status
	shift 3
	rm -f "$tmp/said"
	"$kt" trace "$@" -o "$file" </dev/null 2>"$tmp/said" &
	pid=$!
	counting "$tmp/said"
	kill "-$signal" $pid
	wait $pid
	status=$?
	[ $status -eq "$want" ] || { echo "exit $status, expected $want"; false; }
}

check 'doctor' exits 0 "$kt" doctor
check 'doctor names what it tried' sh -c "'$kt' doctor | grep -q '^tp_btf programs  *\(ok\|absent\|forbidden\)'"
if [ "$(id -u)" = 0 ]; then
	cp "$kt" "$tmp/kt"
	check 'doctor without privilege' exits 0 setpriv --reuid=65534 --regid=65534 --clear-groups "$tmp/kt" doctor
	check 'it says what is forbidden' sh -c "setpriv --reuid=65534 --regid=65534 --clear-groups '$tmp/kt' doctor | grep -q '^tp_btf programs  *forbidden'"
fi

refused '-p with --kthreads' 2 'exclude' "$kt" trace work --kthreads -p 1
refused '-p with a command' 2 'exclude' "$kt" trace work -p 1 -- true
refused 'no command after --' 2 'command' "$kt" trace work --
refused 'a command without --' 2 'after --' "$kt" trace work true
refused 'unknown --by' 2 'worker' "$kt" trace work --by colour
refused '--by func of wakeups' 2 'thread' "$kt" trace wakeup --by func
refused '--matrix with --by' 2 'exclude each other' "$kt" trace wakeup --matrix --by thread
refused '--matrix of works' 2 'goes with wakeup only' "$kt" trace work --matrix
refused 'not a process id in a list' 2 "'x' is not a process id" "$kt" trace wakeup -p 1,x
refused 'not a list of CPUs' 2 'such as 0,2-3' "$kt" trace wakeup --cpu 1-0
refused '--children of whom?' 2 'goes with -p' "$kt" trace wakeup --children -c x
refused 'open bracket' 2 'pattern' "$kt" trace wakeup -c '['
refused 'unknown option' 2 'frob' "$kt" trace work --frob
refused 'option without its value' 2 'argument' "$kt" trace work -d
check 'help has the kinds with their metrics' sh -c "'$kt' trace --help | grep -q '^    delay_busy  *[a-z]'"
check 'help has --by of some kinds' sh -c "'$kt' trace --help | tr -s ' \\n' ' ' | grep -q 'worker (work)'"

check 'nowhere to print' exits 5 sh -c "'$kt' doctor >/dev/full"

needs_trace stop --kthreads

refused 'not a cgroup' 2 "no cgroup '/no/such/group'.*such as" "$kt" trace wakeup --cgroup /no/such/group -d 1s
refused 'a directory that is not a cgroup' 2 "no cgroup '/tmp'" "$kt" trace wakeup --cgroup /tmp -d 1s
refused 'too many names' 2 'too many patterns of names: 8 of 9 fit' "$kt" trace wakeup -d 1s \
	$(for i in 1 2 3 4 5 6 7 8 9; do printf ' -c %060d' $i; done)
refused 'no such CPU' 2 'no CPU 8000; this machine has 0 to' "$kt" trace wakeup --cpu 8000 -d 1s
mounted() { awk -v type="$1" -v option="$2" '$3 == type && $4 ~ "(^|,)" option "(,|$)" { print $2; exit }' /proc/mounts; }
named=$(mounted cgroup name=systemd) cpu=$(mounted cgroup cpu) memory=$(mounted cgroup memory)
[ -z "$named" ] || refused 'a hierarchy without a controller' 2 'without a controller' \
	"$kt" trace wakeup --cgroup "$named" -d 1s
[ -z "$cpu" ] || [ -z "$memory" ] || refused 'two hierarchies' 2 'different hierarchies' \
	"$kt" trace wakeup --cgroup "$cpu" --cgroup "$memory" -d 1s

# Descendants that end while the tracer looks at them are no reason to end.
bash -c 'end=$((SECONDS + 30)); while [ $SECONDS -lt $end ]; do /bin/true & /bin/true & wait; done' &
other=$!
for nr in 1 2 3 4; do
	check 'descendants that end' timeout 60 "$kt" trace wakeup -p $other --children -d 50ms -o "$tmp/descendants$nr"
done
kill $other

# A file whose probes have arguments of no known form costs those that map it alone, before and while it is traced.
sed 's/\(kthread\x00park[a-z_]*\x00\)-/\1#/g' "$oracle" >"$tmp/broken"
chmod 755 "$tmp/broken"
"$oracle" hold "$tmp/enough" &
other=$!
"$tmp/broken" hold "$tmp/enough" &
broken=$!
await executes $other "$oracle"
await executes $broken "$tmp/broken"
check 'beside a broken file' sh -c "timeout 60 '$kt' trace park -d 50ms -o '$tmp/beside' 2>'$tmp/beside.err'"
check 'it is named' grep -q 'no probes in processes that map .*broken: cannot attach the probe' "$tmp/beside.err"
kill $broken
cp "$tmp/broken" "$tmp/broken2"
cp "$oracle" "$tmp/whole"
"$kt" trace park -i 100ms -o "$tmp/comes" >/dev/null 2>"$tmp/comes.err" </dev/null &
pid=$!
counting "$tmp/comes.err"
"$tmp/broken2" hold "$tmp/enough" &
await executes $! "$tmp/broken2"
# Processes are looked at in the order in which they come. Each of these ends within milliseconds: one is caught alive.
parks() { "$tmp/whole" park 3; grep -q '"park":{[^}]*"count":[1-9]' "$tmp/comes"; }
check 'a broken file that comes: the next is counted' await parks
kill -INT $pid
check 'it ends nothing' wait $pid
check 'the one that came is named' grep -q 'no probes in processes that map .*broken2: cannot attach the probe' "$tmp/comes.err"
touch "$tmp/enough"

sleep 60 &
other=$!
for kind in park work stop; do
	refused "$kind of a process without probes" 2 "process $other has no probe.*libkthread" \
		"$kt" trace $kind -p $other -d 1s -o "$tmp/none"
done
kill $other
[ "$(cat /proc/2/comm)" != kthreadd ] || refused 'a kernel thread without --kthreads' 2 'kernel thread' "$kt" trace wakeup -t 2 -d 1s
refused 'a user thread with --kthreads' 2 'not a kernel thread' "$kt" trace wakeup --kthreads -t $$ -d 1s
check 'a bare number is seconds' exits 0 "$kt" trace stop --kthreads -d 0.05
check 'nothing seen is said' sh -c "'$kt' trace wakeup -c no-such-thread -d 50ms 2>&1 | grep -q 'nothing was seen'"
check 'and what a command lacked' sh -c "'$kt' trace park -- true 2>&1 | grep -q 'never parked a thread'"
check 'no file is left by it' test ! -e "$tmp/none"
refused 'no file is left by a command that is not there' 2 'no-such-command' "$kt" trace work -o "$tmp/none" -- "$tmp/no-such-command"
check 'really none' test ! -e "$tmp/none"

check 'Ctrl-C ends a trace without end' signalled INT 0 "$tmp/int" work --kthreads
check 'its record is complete' ends_with "$tmp/int" complete
check 'Ctrl-C before -d is over' signalled INT 130 "$tmp/early" work --kthreads -d 60s
check 'its record says so' ends_with "$tmp/early" interrupted
check 'SIGTERM too' signalled TERM 0 "$tmp/term" work --kthreads
check 'its record is complete too' ends_with "$tmp/term" complete

(trap '' HUP; exec "$kt" trace work --kthreads -d 3s -o "$tmp/nohup") >/dev/null 2>"$tmp/nohup.err" </dev/null &
pid=$!
counting "$tmp/nohup.err"
kill -HUP $pid
check 'nohup: it goes on' wait $pid
check 'nohup: the record is complete' ends_with "$tmp/nohup" complete

check 'status of a command' exits 3 "$kt" trace wakeup -- sh -c 'exit 3'
check 'status of a killed command' exits $((128 + 9)) "$kt" trace stop -- sh -c 'kill -9 $$'
check 'status where SIGCHLD was ignored' exits 3 timeout -s KILL 20 env --ignore-signal=CHLD \
	"$kt" trace stop -- sh -c 'exit 3'
ignored() { # none that we do not ignore
	local own
	own=$(awk '/SigIgn/ { print $2 }' /proc/self/status)
	"$kt" trace wakeup -o "$tmp/ignored" -- sh -c "grep SigIgn /proc/self/status >'$tmp/mask'" </dev/null &&
		[ $((0x$(awk '{ print $2 }' "$tmp/mask") & ~0x$own)) -eq 0 ]
}
check 'a command under -o ignores no signal' ignored
check 'a command goes on after -d' exits 4 "$kt" trace work -d 1ms -o "$tmp/d" -- sh -c "sleep 1; touch '$tmp/went-on'; exit 4"
check 'it did' test -e "$tmp/went-on"
check 'the record is complete' ends_with "$tmp/d" complete

"$oracle" hold "$tmp/go" &
pid=$!
await executes $pid "$oracle"
timeout 60 "$kt" trace park -p $pid -o "$tmp/p" >/dev/null 2>"$tmp/p.err" </dev/null &
kt_pid=$!
counting "$tmp/p.err"
touch "$tmp/go"
check 'ends with the process' wait $kt_pid
check 'complete' ends_with "$tmp/p" complete

many='for i in $(seq 200); do sleep 0.001; done'
check 'no losses' exits 0 "$kt" trace stop --fail-on-loss -- true
check 'many threads' exits 0 "$kt" trace wakeup --by thread -o "$tmp/many" -- sh -c "$many"
check 'each has a row' python3 - "$tmp/many" <<'P'
import json, sys
rows = [r for r in map(json.loads, open(sys.argv[1])) if r["type"] == "trace"]
losses = [r for r in map(json.loads, open(sys.argv[1])) if r["type"] == "losses"]
assert len({r["subject"] for r in rows}) > 200 and "others" not in {r["subject"] for r in rows}, len(rows)
assert not any(l["counters"].get("folded") for l in losses), losses
P

finish
