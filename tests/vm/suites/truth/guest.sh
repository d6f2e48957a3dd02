# SPDX-License-Identifier: GPL-2.0-only
# A kernel module uses kthreads a known number of times (tests/vm/module) while kt counts, once per kind. Prints the
# module's lines and the records of kt for the host to compare.
for kind in work stop park; do
	dmesg -c >/dev/null
	single=--stream
	[ $kind != stop ] || single=
	kt trace $kind $single --kthreads -c 'kt_truth*' -o /tmp/$kind >/tmp/out 2>/tmp/err </dev/null &
	pid=$!
	if ! bpf_attached $pid find_id >/tmp/programs; then
		kill $pid 2>/dev/null
		wait $pid
		if [ $? -eq 2 ] && grep -q 'this kernel' /tmp/err; then
			echo "skip $kind: $(cat /tmp/err)"
		else
			echo "not ok $kind: not attached: $(cat /tmp/programs /tmp/err)"
		fi
		continue
	fi
	# It counts from when it says so.
	for i in $(seq 300); do
		grep -q '^kt trace: tracing' /tmp/err && break
		sleep 0.1
	done
	insmod ./kt_truth.ko && rmmod kt_truth
	dmesg | sed -n "s/^.*kt_truth: /module $kind /p"
	kill -INT $pid
	wait $pid || echo "not ok $kind: $? $(cat /tmp/err)"
	sed "s/^/record $kind /" /tmp/$kind
done
