# SPDX-License-Identifier: GPL-2.0-only
# The kernel's own kthreads as an arm, for function: every question it answers has its times, and the report its row.
insmod kt_kernel_arm.ko || { echo 'not ok insmod'; exit 1; }
for bad in 'park elsewhere 1' 'sleep same 1' 'park same 0' 'create_stop 100001' ''; do
	if printf '%s\n' "$bad" 2>/dev/null >/proc/kt-kernel-arm; then
		echo "not ok refuses '$bad'"
	else
		echo "ok refuses '$bad'"
	fi
done
for operation in 'park same 100' 'queue cross 100'; do
	echo "$operation" >/proc/kt-kernel-arm && [ "$(wc -c </proc/kt-kernel-arm)" = 800 ] && echo "ok $operation" ||
		echo "not ok $operation"
done
cd /tmp
kt bench --filter '^(create_stop$|park/cpu=cross|work_queue/worker=idle/cpu=same)' --time 20ms --no-trace -o /tmp/arm.jsonl /bin/kt-suite \
	>/tmp/arm.out 2>&1 || { echo "not ok kt bench: $?"; tail -n 20 /tmp/arm.out; }
for question in create_stop park/cpu=cross work_queue/worker=idle/cpu=same; do
	if grep '"type":"trace"' /tmp/arm.jsonl | grep '"subject":"kthread"' | grep "\"question\":\"$question\"" |
		grep -q '"count":2000,'; then
		echo "ok $question"
	else
		echo "not ok $question: no 2000 times of the kernel's kthreads in the record"
	fi
done
kt report /tmp/arm.jsonl --full -o /tmp/arm.text || echo "not ok report: $?"
[ "$(grep -c '^ *kthread ' /tmp/arm.text)" -ge 3 ] && echo 'ok rows in the report' || {
	echo 'not ok rows in the report'
	cat /tmp/arm.text
}
grep '^ *kthread ' /tmp/arm.text
rmmod kt_kernel_arm && echo 'ok rmmod' || echo 'not ok rmmod'
