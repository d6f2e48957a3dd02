#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What is traced is the same whatever was done to the program: stripped, static, optimised as a whole, of another C
# library, in namespaces of its own, with another clock. Known numbers of things, as in kthread_oracle.sh. Ends with
# `N passed, N failed`; skips, with the reason, where BPF is refused or a tool is not there.
. "$(dirname "$0")/../cli/lib.sh"
oracle=$KT_BUILD/tests/tracer/kthread_oracle

counts() { tests/tracer/counts "$@"; }

# traced FILE KT-TRACE-ARGUMENT...: the oracle's own status is 7
traced() {
	local file=$1 status
	shift
	rm -f "$file"
	timeout 60 "$kt" trace -o "$file" "$@" </dev/null
	status=$?
	[ $status -eq 7 ] && [ -s "$file" ] || { echo "exit $status, expected 7"; false; }
}

# has_thread NAME PID: prints PID, or a child of it, once it has a thread of that name
has_thread() {
	local p
	for p in $(ps -o pid= --pid "$2" --ppid "$2"); do
		! grep -qsx "$1" /proc/"$p"/task/*/comm || { echo "$p"; return 0; }
	done
	return 1
}

# attached_to FILE COMMAND...: a program that runs when the tracer comes. Its thread has its slot and sleeps, so nothing
# announces it; its wakes begin once the trace counts.
nr=0
attached_to() {
	local file=$1 name pid target tracer status
	shift
	nr=$((nr + 1))
	name=s$nr-$$
	rm -f "$file" "$tmp/go" "$tmp/ready"
	"$@" wake 2000 "$name" "$tmp/go" </dev/null &
	pid=$!
	target=$(await has_thread "$name" $pid)
	timeout 60 "$kt" trace wakeup -p "$target" -o "$file" </dev/null 2>"$tmp/ready" &
	tracer=$!
	counting "$tmp/ready"
	touch "$tmp/go"
	wait $pid
	status=$?
	[ $status -eq 7 ] || { echo "the program: exit $status, expected 7"; return 1; }
	wait $tracer || { echo "the tracer: exit $?"; return 1; }
}

# rounds COMMAND...: works of a worker whose log two tracers read, one after the other; both find all of theirs. So few
# are not announced, so the second one finds the log by the thread's slot.
rounds() {
	local name pid target tracer status round
	nr=$((nr + 1))
	"$@" rounds 20 "$tmp/round$nr" </dev/null &
	pid=$!
	for round in 1 2; do
		rm -f "$tmp/rounds.$round" "$tmp/ready"
		target=$(await has_thread oracle_rounds $pid)
		timeout 60 "$kt" trace work -p "$target" -o "$tmp/rounds.$round" </dev/null 2>"$tmp/ready" &
		tracer=$!
		counting "$tmp/ready"
		touch "$tmp/round$nr.$round"
		await test -e "$tmp/round$nr.$round.done"
		kill -INT $tracer
		[ $round -eq 2 ] && wait $pid
		wait $tracer || { echo "the tracer: exit $?"; return 1; }
		counts "$tmp/rounds.$round" delay_idle=20 run=20 counter.unmatched=0 counter.negative=0 || return 1
	done
}

needs_trace stop --kthreads

# ---- what was done to the program --------------------------------------------------------------
work_counts='delay_idle=21 delay_busy=10 run=31 counter.cancelled=2 counter.flush_work=501 counter.unmatched=0
	counter.superseded=0 counter.negative=0'
# Of 2000; the kernel of a virtual machine may not tell of all switches, and its clocks differ a little.
wake_counts='call>1900 wake>1900 runq>1900 resume>1900 end_to_end>1900 counter.negative<20 lost.switch_missed<200'

# told_apart NAME PROGRAM: 500 flushes are no works, and a thread that slept before has its stamps
told_apart() {
	check "$1: works" traced "$tmp/w" work -- "$2" work 20 10 2 500
	check "$1: 500 flushes are 500" counts "$tmp/w" $work_counts
	check "$1: a trace of what runs" attached_to "$tmp/r" "$2"
	check "$1: its slots are found" counts "$tmp/r" $wake_counts
}

sources="tests/tracer/kthread_oracle.c $(ls lib/kthread/*.c lib/probe/*.c)"
flags='-D_GNU_SOURCE -I. -Ilib -std=gnu11 -O2 -w -pthread -fvisibility=hidden'

# make_it NAME COMPILER ARGUMENT...: $tmp/NAME, stripped; what the compiler says in $tmp/NAME.said. All at once, with time to
# wait for none.
compiled=
make_it() {
	local name=$1
	shift
	command -v "$1" >/dev/null || return
	{ "$@" -o "$tmp/$name.all" && strip --strip-all -o "$tmp/$name" "$tmp/$name.all"; } 2>"$tmp/$name.said" &
	compiled="$compiled $!"
}
# shellcheck disable=SC2086 # words
{
	make_it static cc -static -pthread "$oracle.o" "$KT_BUILD/lib/libkthread.a" "$KT_BUILD/lib/libprobe.a"
	make_it lto gcc -flto $flags $sources
	make_it clang-lto clang -flto $flags $sources
	make_it musl musl-gcc -idirafter /usr/include -idirafter "/usr/include/$(cc -print-multiarch)" $flags $sources
	wait $compiled
}
# made NAME COMPILER: it is there
made() {
	if ! command -v "$2" >/dev/null; then
		skip "$1: $2 is not installed"
	elif [ ! -x "$tmp/$1" ]; then
		skip "$1: $2 cannot build it: $(head -n 1 "$tmp/$1.said")"
	fi
	[ -x "$tmp/$1" ]
}

cp "$oracle" "$tmp/stripped"
strip --strip-all "$tmp/stripped"
told_apart stripped "$tmp/stripped"
# Works by their probes, as in a library from before the logs.
tests/tracer/without_log "$oracle" "$tmp/older"
check 'an older library: works' traced "$tmp/w" work -- "$tmp/older" work 20 10 2 500
check 'an older library: 500 flushes are 500' counts "$tmp/w" $work_counts
# It finds its library two directories above.
mkdir -p "$tmp/lib" "$tmp/a/b"
strip --strip-all -o "$tmp/lib/libkthread.so.0" "$KT_BUILD/lib/libkthread.so.0"
strip --strip-all -o "$tmp/a/b/shared" "${oracle}_shared"
told_apart 'stripped, with the shared library' "$tmp/a/b/shared"
made static cc && told_apart static "$tmp/static"
made lto gcc && told_apart 'optimised as a whole by gcc' "$tmp/lto"
made clang-lto clang && told_apart 'optimised as a whole by clang' "$tmp/clang-lto"
made musl musl-gcc && told_apart musl "$tmp/musl"

# ---- where it runs -----------------------------------------------------------------------------

# in_namespace NAME UNSHARE-OPTION...: works, parks and wakes are what they are elsewhere
in_namespace() {
	local name=$1
	shift
	if ! unshare "$@" true 2>"$tmp/err"; then
		skip "$name: $(cat "$tmp/err")"
		return
	fi
	check "$name: a trace of what runs" attached_to "$tmp/n" unshare "$@" "$oracle"
	check "$name: its wakes" counts "$tmp/n" $wake_counts
}
check 'two tracers, one after the other, of one log' rounds "$oracle"
check 'the same with an early clock' rounds unshare -T --monotonic 100000000 -f "$oracle"
check 'the same with a late clock' rounds unshare -T --monotonic -"$(cut -d. -f1 /proc/uptime)" -f "$oracle"
in_namespace 'an early clock' -T --monotonic 100000000 -f
in_namespace 'a late clock' -T --monotonic -"$(cut -d. -f1 /proc/uptime)" -f
in_namespace 'pid and mount namespaces' -p -f -m --mount-proc
in_namespace 'a user namespace' -U -r
in_namespace 'a cgroup namespace' -C
in_namespace 'all of them' -U -r -m -u -i -n -p -f -C -T --monotonic 3600 --mount-proc

# A clock that is nobody's leaves all out: the last record, told so.
sed 's/"negative":[0-9]*/"negative":5000/' "$tmp/n" >"$tmp/odd"
check 'another clock is a warning' sh -c "'$kt' report '$tmp/odd' | grep -q '^warning: 5 000 wakes had times out of order'"
check 'the same one is none' sh -c "! '$kt' report '$tmp/n' | grep -q 'out of order'"

finish
