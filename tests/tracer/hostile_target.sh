#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A program that lies about its threads (hostile_target.c) costs itself its figures, and nobody else: what is traced
# beside it is counted to the last one.
. "$(dirname "$0")/../cli/lib.sh"
oracle=$KT_BUILD/tests/tracer/kthread_oracle hostile='' holder=''
trap 'kill $hostile $holder 2>/dev/null; rm -rf "$tmp"' EXIT

# beside FILE 'KT-TRACE-ARGUMENTS' ORACLE-ARGUMENT...: the oracle runs while everything is traced
beside() {
	local file=$1 arguments=$2 pid status
	shift 2
	"$kt" trace $arguments -d 30s -o "$file" </dev/null >/dev/null 2>"$tmp/said" &
	pid=$!
	counting "$tmp/said"
	"$oracle" "$@" >/dev/null
	status=$?
	kill -INT $pid
	wait $pid
	[ $? -eq 130 ] && [ $status -eq 7 ] || { echo "the oracle ended with $status"; cat "$tmp/said"; false; }
}

needs_trace stop --kthreads

"$KT_BUILD/tests/tracer/hostile_target" >"$tmp/ready" &
hostile=$!
await grep -q ready "$tmp/ready"

# So that its file is known when the trace begins.
"$oracle" hold "$tmp/go" &
holder=$!
lost='lost.log_overrun<1000000000 lost.switch_missed<1000000000'
check 'works beside it' beside "$tmp/w" 'work --by func' work 10 5 0 0
check 'works beside it: counts' tests/tracer/counts "$tmp/w" status=interrupted oracle_step:delay_idle=10 oracle_step:run=15 \
	oracle_gate:run=1 $lost
check 'single works beside it' beside "$tmp/s" 'work --stream' work 10 5 0 0
check 'each of them' test "$(grep -c '"function":"oracle_\(step\|gate\)"' "$tmp/s")" -eq 16
check 'which can be drawn' "$kt" report "$tmp/s" -o "$tmp/s.pftrace"
check 'wakes beside it' beside "$tmp/k" 'wakeup -c oracle_hostile_test' wake 40 oracle_hostile_test
check 'wakes beside it: counts' tests/tracer/counts "$tmp/k" status=interrupted 'end_to_end>38' $lost
check 'its own wakes' "$kt" trace wakeup -p $hostile -d 1s -o "$tmp/hw"
check 'its own works' "$kt" trace work -p $hostile -d 1s -o "$tmp/ho"
check 'its own works one by one' "$kt" trace work -p $hostile --stream -d 1s -o "$tmp/hs"
check 'it goes on' kill -0 $hostile

finish
