# SPDX-License-Identifier: GPL-2.0-only
# What kt trace answers to what is asked of it most: a table, or one line that says what this kernel lacks.

# answers NAME ARGUMENT...: kt trace ARGUMENT... for a second
answers() {
	name=$1
	shift
	timeout 100 kt trace "$@" -d 1s >/tmp/out 2>/tmp/err </dev/null
	status=$?
	echo "--- kt trace $* -d 1s: $status"
	cat /tmp/err /tmp/out
	if [ $status -eq 0 ] && [ "$(grep -c . /tmp/out)" -ge 5 ]; then
		echo "ok $name: a table"
	elif [ $status -eq 2 ] && [ ! -s /tmp/out ] && [ "$(grep -c . /tmp/err)" -eq 1 ] && grep -q 'this kernel' /tmp/err; then
		echo "ok $name: one line"
	else
		echo "not ok $name: status $status, $(grep -c . /tmp/out) lines and $(grep -c . /tmp/err) of errors"
	fi
}
answers wakeup wakeup
answers by-thread wakeup --by thread
answers stacks wakeup --stacks --slower-than 1ms
answers refine wakeup --refine
answers workqueue workqueue
