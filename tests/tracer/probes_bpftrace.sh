#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The probes through another project's eyes: bpftrace lists all of lib/probe/probes.def in both libraries, attaches to
# them, and counts what a program with known counts (probes_workload.c) does. Ends with `N passed, N failed`.
. "$(dirname "$0")/../cli/lib.sh"
workload=$KT_BUILD/tests/tracer/probes_workload

# cannot REASON: ends the test
cannot() {
	skip "$1"
	finish
}

command -v bpftrace >/dev/null || cannot 'bpftrace is not installed (package bpftrace)'
[ "$(id -u)" = 0 ] || cannot 'bpftrace needs root'
timeout 30 bpftrace -e 'BEGIN { exit(); }' >"$tmp/out" 2>&1 ||
	cannot "bpftrace cannot load programs here: $(tail -n 1 "$tmp/out")"

sed -n 's/^\([A-Z]*_\)\{0,1\}PROBE(\([a-z_]*\), \([a-z_]*\),.*/\2:\3/p' lib/probe/probes.def | sort >"$tmp/want"

lists() { # lists FILE
	bpftrace -l "usdt:$1:*" 2>/dev/null | sed "s|^usdt:$1:||" | sort -u >"$tmp/list"
	diff "$tmp/want" "$tmp/list"
}
check 'the list of probes is not empty' test -s "$tmp/want"
check 'bpftrace lists the probes of a program with the static library' lists "$workload"
check 'bpftrace lists the probes of the shared library' lists "$KT_BUILD/lib/libkthread.so.0"

# One run, all probes attached, counted by name. Each probe's arguments are read, so each must be readable.
n=20
args() {
	sed -n "s/^\([A-Z]*_\)\{0,1\}PROBE(${1%:*}, ${1#*:}, \([0-9]\),.*/\2/p" lib/probe/probes.def
}
while read -r p; do
	printf 'usdt:%s:%s { @n["%s"] = count();' "$workload" "$p" "$p"
	for ((i = 0; i < $(args "$p"); i++)); do
		printf ' @arg%d["%s"] = (uint64)arg%d;' "$i" "$p" "$i"
	done
	printf ' }\n'
done <"$tmp/want" >"$tmp/prog.bt"
echo "usdt:$workload:sched:sched_kthread_stop { @comm[str(arg0)] = count(); }" >>"$tmp/prog.bt"
echo "usdt:$workload:sched:sched_kthread_stop_ret { @ret[(int32)arg0] = count(); }" >>"$tmp/prog.bt"
check 'the workload runs untraced' timeout 60 "$workload" $n
check 'bpftrace attaches to all of them' \
	timeout 120 bpftrace -o "$tmp/counts" "$tmp/prog.bt" -c "$workload $n"

count() { # count PROBE NUMBER
	grep -qxF "@n[$1]: $2" "$tmp/counts" || { grep -F "@n[" "$tmp/counts"; false; }
}
at_least() { # at_least PROBE NUMBER
	local seen
	seen=$(sed -n "s/^@n\[$1\]: //p" "$tmp/counts")
	[ "${seen:-0}" -ge "$2" ] || { grep -F "@n[" "$tmp/counts"; false; }
}
check "$n threads and a worker made" count kthread:create $((n + 1))
check 'each has a slot' at_least kthread:slot $((n + 1))
check 'each started' count kthread:start $((n + 1))
check 'each exited' count kthread:exit $((n + 1))
check 'each was parked' count kthread:park_begin $((n + 1))
check 'each parked' count kthread:parked $((n + 1))
check 'each park returned' count kthread:park_end $((n + 1))
check 'each was unparked' count kthread:unpark_begin $((n + 1))
check 'each unpark returned' count kthread:unpark_end $((n + 1))
check 'each went on' count kthread:unparked $((n + 1))
check 'each was stopped' count sched:sched_kthread_stop $((n + 1))
check 'each stop returned' count sched:sched_kthread_stop_ret $((n + 1))
check 'each was woken' at_least kthread:wake_begin $((n + 1))
check 'one work was cancelled' count kthread:work_cancel 1
check 'works queued' at_least sched:sched_kthread_work_queue_work $((n + 1))
check 'works started' at_least sched:sched_kthread_work_execute_start $n
check 'results are read as signed numbers' grep -qxF "@ret[42]: $n" "$tmp/counts"
check 'names are read as strings' grep -qxF '@comm[probed/0]: 1' "$tmp/counts"
starts=$(sed -n 's/^@n\[sched:sched_kthread_work_execute_start\]: //p' "$tmp/counts")
check 'works ended as often as they started' count sched:sched_kthread_work_execute_end "${starts:-0}"

finish
