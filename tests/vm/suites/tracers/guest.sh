# SPDX-License-Identifier: GPL-2.0-only
# Every BPF program: kt itself loads and attaches it; tests/vm/bpf_attached.c says which ones are there, and attached.
# Prints "program KIND MODE NAME TYPE" lines, "unsupported KIND MODE: what kt said" where the kernel cannot.

# loads KIND MODE STATUS ARGUMENT...: kt trace KIND ARGUMENT... until all that it loaded is attached; then it is told to
# end, and must do so with STATUS
loads() {
	kind=$1 mode=$2 want=$3
	shift 3
	rm -f /tmp/go /tmp/record
	kt trace $kind -o /tmp/record "$@" >/tmp/out 2>/tmp/err </dev/null &
	pid=$!
	# Iterators run once and are not attached any more then.
	bpf_attached $pid seed_tasks seed_children find_waiting find_id $except >/tmp/programs
	attached=$?
	touch /tmp/go
	kill -INT $pid 2>/dev/null
	wait $pid
	status=$?
	if [ $status -eq 2 ] && grep -q 'this kernel' /tmp/err; then
		echo "unsupported $kind $mode: $(cat /tmp/err)"
	elif [ $status -ne $want ]; then
		echo "not ok $kind $mode: $status: $(cat /tmp/err)"
	elif [ $attached -ne 0 ]; then
		echo "not ok $kind $mode: not attached: $(tr '\n' ' ' </tmp/programs)"
	else
		sort /tmp/programs | sed "s/^/program $kind $mode /"
		echo "ok $kind $mode"
	fi
}
for kind in wakeup park work stop; do
	# Kernel threads have no slots.
	except=on_slot
	loads $kind kernel 0 --kthreads
	except= by=thread
	# Of a library that keeps logs the probes for older ones are not attached.
	[ $kind != work ] || by=worker except='on_usdt_queue on_usdt_start on_usdt_end on_usdt_cancel'
	loads $kind user 7 --by $by -- kthread_oracle hold /tmp/go
done
# Single works and parks.
except=
loads park single 7 --stream -- kthread_oracle hold /tmp/go
except='on_usdt_queue on_usdt_start on_usdt_end on_usdt_cancel'
loads work single 7 --stream -- kthread_oracle hold /tmp/go
# Works of the kernel belong to no process; refinements load where their events are.
except=
loads workqueue kernel 0
loads workqueue single 0 --stream
except=on_slot
loads wakeup refine 0 --refine --kthreads
