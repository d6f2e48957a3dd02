# SPDX-License-Identifier: GPL-2.0-only
# What kt trace answers to what is asked of it most: a table, or one line that says what this kernel lacks.

# answers NAME STATUS ARGUMENT...: kt trace ARGUMENT... ends with STATUS
answers() {
	name=$1 want=$2
	shift 2
	timeout 100 kt trace "$@" >/tmp/out 2>/tmp/err </dev/null
	status=$?
	echo "--- kt trace $*: $status"
	cat /tmp/err /tmp/out
	if [ $status -eq $want ] && [ "$(grep -c . /tmp/out)" -ge 5 ]; then
		echo "ok $name: a table"
	elif [ $status -eq 2 ] && [ ! -s /tmp/out ] && [ "$(grep -c . /tmp/err)" -eq 1 ] && grep -q 'this kernel' /tmp/err; then
		echo "ok $name: one line"
	else
		echo "not ok $name: status $status, $(grep -c . /tmp/out) lines and $(grep -c . /tmp/err) of errors"
	fi
}
answers wakeup 0 wakeup -d 1s
answers by-thread 0 wakeup --by thread -d 1s
answers stacks 0 wakeup --stacks --slower-than 1ms -d 1s
answers refine 0 wakeup --refine -d 1s
answers workqueue 0 workqueue -d 1s
# With a filter by name the verifier has most to walk, and the stack is deepest.
answers named 7 wakeup --by thread -c 'oracle*' -- kthread_oracle wake 20 oracle_woken_thread
answers named-work 7 work --by worker -c 'oracle*' -- kthread_oracle work 20 5 2 1
