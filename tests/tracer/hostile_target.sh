#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A program that lies about its threads (hostile_target.c) costs itself its figures, and nobody else: what is traced
# beside it is counted to the last one.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$(realpath "${KT_BUILD:-build}")
kt=$build/kt oracle=$build/tests/tracer/kthread_oracle
tmp=$(mktemp -d)
trap 'kill $hostile $holder 2>/dev/null; rm -rf "$tmp"' EXIT
passed=0 failed=0 hostile='' holder=''

check() { # check NAME COMMAND...
	local name=$1
	shift
	if "$@" >"$tmp/out" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL: $name"
		head -n 10 "$tmp/out"
	fi
}

# beside FILE 'KT-TRACE-ARGUMENTS' ORACLE-ARGUMENT...: the oracle runs while everything is traced
beside() {
	local file=$1 arguments=$2 pid status
	shift 2
	"$kt" trace $arguments -d 30s -o "$file" </dev/null >/dev/null 2>"$tmp/err" &
	pid=$!
	for ((i = 0; i < 300; i++)); do
		grep -q '^kt trace: tracing' "$tmp/err" && break
		sleep 0.1
	done
	"$oracle" "$@" >/dev/null
	status=$?
	kill -INT $pid
	wait $pid
	[ $? -eq 130 ] && [ $status -eq 7 ] || { echo "the oracle ended with $status"; cat "$tmp/err"; false; }
}

if ! "$kt" trace stop --kthreads -d 1ms -o "$tmp/try" >/dev/null 2>"$tmp/err"; then
	echo "SKIP: $(cat "$tmp/err")"
	echo '0 passed, 0 failed'
	exit 0
fi

"$build/tests/tracer/hostile_target" >"$tmp/ready" &
hostile=$!
for ((i = 0; i < 100; i++)); do
	grep -q ready "$tmp/ready" && break
	sleep 0.1
done

# So that its file is known when the trace begins.
"$oracle" hold "$tmp/go" &
holder=$!
lost='lost.log_overrun<1000000000 lost.switch_missed<1000000000'
check 'works beside it' beside "$tmp/w" 'work --by func' work 10 5 0 0
check 'works beside it: counts' tests/tracer/counts "$tmp/w" status=interrupted oracle_step:delay_idle=10 oracle_step:run=15 \
	oracle_gate:run=1 $lost
check 'wakes beside it' beside "$tmp/k" 'wakeup -c oracle_hostile_test' wake 40 oracle_hostile_test
check 'wakes beside it: counts' tests/tracer/counts "$tmp/k" status=interrupted 'end_to_end>38' $lost
check 'its own wakes' "$kt" trace wakeup -p $hostile -d 1s -o "$tmp/hw"
check 'its own works' "$kt" trace work -p $hostile -d 1s -o "$tmp/ho"
check 'it goes on' kill -0 $hostile

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
