# SPDX-License-Identifier: GPL-2.0-only
# Every BPF program: kt itself loads and attaches it; bpftool says which ones are there, and attached. Prints
# "program KIND MODE NAME TYPE" lines, "unsupported KIND MODE: what kt said" where the kernel cannot.

# snapshot: the ids of the attached programs, then "ID TYPE NAME" of all: one that is loaded or attached in between
# counts as not attached yet. Links of user probes are shown from 5.15 on.
snapshot() {
	{
		bpftool link show | grep -o 'prog [0-9]*'
		case $(uname -r) in 5.*) bpftool perf show | grep -o 'prog_id [0-9]*' ;; esac
	} 2>/dev/null | awk '{ print $2 }' | sort -u >/tmp/attached
	bpftool prog show 2>/dev/null | sed -n -E 's/^([0-9]+): ([a-z_]+)  name ([A-Za-z0-9_]+) .*/\1 \2 \3/p' >/tmp/programs
}
# An iterator runs once and is not attached any more when all others are; kernel threads have no slots.
all_attached() {
	[ -s /tmp/programs ] && [ -s /tmp/attached ] && awk -v mode=$mode '
		FILENAME == "/tmp/attached" { attached[$1] = 1; next }
		$3 == "seed_tasks" || ($3 == "on_slot" && mode == "kernel") { next }
		!($1 in attached) { left = 1 }
		END { exit left }' /tmp/attached /tmp/programs
}

# loads KIND MODE STATUS ARGUMENT...: kt trace KIND ARGUMENT... until all that it loaded is attached; then it is told to
# end, and must do so with STATUS
loads() {
	kind=$1 mode=$2 want=$3
	shift 3
	rm -f /tmp/go /tmp/record
	kt trace $kind -o /tmp/record "$@" >/tmp/out 2>/tmp/err </dev/null &
	pid=$!
	tries=0
	while kill -0 $pid 2>/dev/null && [ $tries -lt 100 ]; do
		snapshot
		all_attached && break
		tries=$((tries + 1))
		sleep 0.1
	done
	if kill -0 $pid 2>/dev/null && all_attached; then
		sed "s/^[0-9]* \(.*\) \(.*\)/program $kind $mode \2 \1/" /tmp/programs | sort
	else
		loaded=$(cut -d' ' -f3 /tmp/programs | tr '\n' ' ')
	fi
	touch /tmp/go
	kill -INT $pid 2>/dev/null
	wait $pid
	status=$?
	if [ $status -eq 2 ] && grep -q 'this kernel' /tmp/err; then
		echo "unsupported $kind $mode: $(cat /tmp/err)"
	elif [ $status -ne $want ]; then
		echo "not ok $kind $mode: $status: $(cat /tmp/err)"
	elif [ $tries -ge 100 ]; then
		echo "not ok $kind $mode: not all attached: $loaded"
	else
		echo "ok $kind $mode"
	fi
}
for kind in wakeup park work stop; do
	loads $kind kernel 0 --kthreads
	by=thread
	[ $kind != work ] || by=worker
	loads $kind user 7 --by $by -- kthread_oracle hold /tmp/go
done
