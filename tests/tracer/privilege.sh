#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Which privilege kt trace needs, and what it does without: uid nobody with two, three and all capabilities, with probes by
# uprobe_multi links and by perf events. Ends with `N passed, N failed`; skips, with the reason, where it is not root.
. "$(dirname "$0")/../cli/lib.sh"
chmod 755 "$tmp"
oracle=$tmp/oracle old=$tmp/without_multi
cp "$kt" "$tmp/kt"
cp "$KT_BUILD/tests/tracer/kthread_oracle" "$oracle"
cp "$KT_BUILD/tests/tracer/without_multi" "$old"
cp "$(command -v bash)" "$tmp/private" && chmod 700 "$tmp/private"
mkdir -m 777 "$tmp/nobody"

# nobody CAPABILITIES COMMAND...: CAPABILITIES as setpriv names them, "" is none
nobody=$tmp/as_nobody
cat >"$nobody" <<S
#!/bin/sh
cd '$tmp/nobody' || exit
caps="-all\${1:+,\$1}"
shift
exec setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps="\$caps" --ambient-caps="\$caps" timeout 60 "\$@"
S
chmod 755 "$nobody"
two=+bpf,+perfmon three=+bpf,+perfmon,+sys_ptrace

# count FILE METRIC: values in all trace records of FILE
count() {
	python3 - "$@" <<'P'
import json, sys
print(sum(r["metrics"].get(sys.argv[2], {}).get("count", 0)
          for r in map(json.loads, open(sys.argv[1], encoding="utf-8")) if r["type"] == "trace"))
P
}
counts() { # counts FILE METRIC=N...
	local e n
	for e in "${@:2}"; do
		n=$(count "$1" "${e%=*}")
		[ "$n" -eq "${e#*=}" ] || { echo "${e%=*}: $n, expected ${e#*=}"; return 1; }
	done
}
some() { # some FILE METRIC...: at least one value each
	local m
	for m in "${@:2}"; do
		[ "$(count "$1" "$m")" -gt 0 ] || { echo "no $m"; return 1; }
	done
}
# release PID: a process that waits for it
release() {
	touch "$tmp/go"
	wait "$1"
	rm "$tmp/go"
}

if [ "$(id -u)" != 0 ] || ! setpriv --reuid=65534 --clear-groups --inh-caps=$two true 2>"$tmp/err"; then
	skip "all: needs root: $(cat "$tmp/err")"
	finish
fi
if ! "$kt" trace stop --kthreads -d 1ms -o "$tmp/try" >/dev/null 2>"$tmp/err"; then
	skip "all: $(cat "$tmp/err")"
	finish
fi

"$kt" doctor >"$tmp/doctor"
multi=
! grep -q '^uprobe_multi links  *ok' "$tmp/doctor" || multi=yes

# The oracle ends with status 7, and so does a trace of it.
traced() { # traced FILE COMMAND...
	local status
	"${@:2}" -o "$1" -- $program $args </dev/null
	status=$?
	[ $status -eq 7 ] && [ -s "$1" ] || { echo "exit $status, expected 7"; return 1; }
}
# kinds NAME COMMAND...: all kinds count what the oracle did when `COMMAND KIND` traces it
kinds() {
	local name=$1 kind
	shift
	for kind in park work stop wakeup; do
		n=$((n + 1))
		case $kind in
		park | wakeup) args='park 7' expected='park=7 unpark=7' ;;
		work) args='work 5 2 1 2' expected='delay_idle=6 delay_busy=2 run=8' ;;
		stop) args='stop 6' expected='stop=6' ;;
		esac
		check "$name: $kind" traced "$tmp/nobody/$n" "$@" $kind
		if [ $kind = wakeup ]; then
			check "$name: all phases" some "$tmp/nobody/$n" call wake runq resume
			check "$name: nothing is missing" sh -c "! grep 'no phases' '$tmp/err'"
		else
			check "$name: $kind, counts" counts "$tmp/nobody/$n" $expected
		fi
	done
}
# kernel_phases NAME PATTERN COMMAND...: it traces without stamps, and says once why
kernel_phases() {
	local name=$1 pattern=$2
	shift 2
	n=$((n + 1))
	rm -f "$tmp/nobody/$n"
	check "$name: exits 0" "$@" -o "$tmp/nobody/$n"
	cp "$tmp/err" "$tmp/said"
	check "$name: kernel phases" some "$tmp/nobody/$n" wake runq
	check "$name: no stamps" counts "$tmp/nobody/$n" call=0 resume=0
	check "$name: one line says why" sh -c "[ \$(grep -c 'no phases call and resume' '$tmp/said') -eq 1 ]"
	check "$name: $pattern: $(cat "$tmp/said")" grep -q "$pattern" "$tmp/said"
}

n=0 program=$oracle
kinds 'root' "$tmp/kt" trace
kinds 'root, without uprobe_multi' "$old"
if [ -n "$multi" ]; then
	kinds 'two capabilities' $nobody $two "$tmp/kt" trace
	kinds 'three capabilities' $nobody $three "$tmp/kt" trace
	kinds 'all capabilities' $nobody +all "$tmp/kt" trace
else
	skip 'probes with few capabilities: this kernel has no uprobe_multi links'
fi
if grep -q '^uprobes by perf events  *forbidden' <<<"$($nobody $three "$tmp/kt" doctor)"; then
	for caps in $two $three; do
		kernel_phases "wakeup without uprobe_multi, $caps" CAP_SYS_ADMIN \
			$nobody $caps "$old" wakeup -- sh -c 'for i in 1 2 3 4 5; do sleep 0.01; done'
	done
	refused 'park without uprobe_multi' 2 'CAP_SYS_ADMIN' $nobody $three "$old" park -- "$oracle" park 1
fi
for kind in park work stop wakeup; do
	refused "$kind without privilege" 2 'root.*CAP_BPF' $nobody '' "$tmp/kt" trace $kind -- true
	refused "$kind with CAP_BPF alone" 2 'CAP_PERFMON' $nobody +bpf "$tmp/kt" trace $kind -- true
	refused "$kind with CAP_PERFMON alone" 2 'CAP_BPF' $nobody +perfmon "$tmp/kt" trace $kind -- true
done

# Root's process, whose program others may read, and one whose program they may not.
if [ -n "$multi" ]; then
	"$oracle" hold "$tmp/go" &
	pid=$!
	check "two capabilities: another user's process" $nobody $two "$tmp/kt" trace park -p $pid -d 100ms
	release $pid
fi
"$tmp/private" -c "while [ ! -e '$tmp/go' ]; do sleep 0.01; done" &
pid=$!
kernel_phases "another user's private program, two capabilities" CAP_SYS_PTRACE \
	$nobody $two "$tmp/kt" trace wakeup -p $pid -d 200ms
kernel_phases "another user's private program, three capabilities" CAP_DAC_READ_SEARCH \
	$nobody $three "$tmp/kt" trace wakeup -p $pid -d 200ms
refused "park of another user's private program" 2 CAP_SYS_PTRACE $nobody $two "$tmp/kt" trace park -p $pid -d 100ms
release $pid
finish
