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
two=+bpf,+perfmon three=+bpf,+perfmon,+sys_ptrace all=$(all_caps)

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
needs_trace stop --kthreads

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
# kernel_phases NAME PATTERN COMMAND...: it traces (the program, where there is one) without stamps, and says once why
kernel_phases() {
	local name=$1 pattern=$2
	shift 2
	n=$((n + 1))
	rm -f "$tmp/nobody/$n"
	if [ -n "$program" ]; then
		check "$name: goes on" traced "$tmp/nobody/$n" "$@"
	else
		check "$name: goes on" "$@" -o "$tmp/nobody/$n"
	fi
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
	kinds 'all capabilities' $nobody "$all" "$tmp/kt" trace
else
	skip 'probes with few capabilities: this kernel has no uprobe_multi links'
fi
if grep -q '^uprobes by perf events  *forbidden' <<<"$($nobody $three "$tmp/kt" doctor)"; then
	for caps in $two $three; do
		args='park 40'
		kernel_phases "wakeup without uprobe_multi, $caps" CAP_SYS_ADMIN $nobody $caps "$old" wakeup
	done
	refused 'park without uprobe_multi' 2 'CAP_SYS_ADMIN' $nobody $three "$old" park -- "$oracle" park 1
fi
# Killed, it leaves no probe switched on, by either way.
for way in "$tmp/kt trace" "$old"; do
	"$oracle" hold "$tmp/go" &
	pid=$!
	$way park -p $pid >/dev/null 2>"$tmp/said" </dev/null &
	kt_pid=$!
	counting "$tmp/said"
	check "${way##*/}: its probes are on" test "$(tests/tracer/semaphores $pid)" -gt 0
	kill -9 $kt_pid
	wait $kt_pid 2>/dev/null
	for _ in $(seq 100); do
		on=$(tests/tracer/semaphores $pid)
		[ "$on" -ne 0 ] || break
		sleep 0.05
	done
	check "${way##*/}: killed, they are off" test "$on" -eq 0
	touch "$tmp/go"
	wait $pid
	rm "$tmp/go"
done
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
program=
"$tmp/private" -c "while [ ! -e '$tmp/go' ]; do sleep 0.01; done" &
pid=$!
kernel_phases "another user's private program, two capabilities" CAP_SYS_PTRACE \
	$nobody $two "$tmp/kt" trace wakeup -p $pid -d 1s
kernel_phases "another user's private program, three capabilities" CAP_DAC_READ_SEARCH \
	$nobody $three "$tmp/kt" trace wakeup -p $pid -d 1s
refused "park of another user's private program" 2 CAP_SYS_PTRACE $nobody $two "$tmp/kt" trace park -p $pid -d 100ms
release $pid

# ---- what is kept while it traces --------------------------------------------------------------------------------------

status_of() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; }
# keeps NAME CAPABILITIES KT-TRACE-ARGUMENT...: once it traces, these are all it has (hexadecimal), and no exec brings more
keeps() {
	local name=$1 want=$2 kt_pid have=
	shift 2
	"$kt" trace "$@" -d 20s -o "$tmp/kept" >/dev/null 2>"$tmp/err" </dev/null &
	kt_pid=$!
	for _ in $(seq 200); do
		have=$(status_of $kt_pid CapPrm)
		[ "$have" != "$want" ] || break
		sleep 0.05
	done
	check "$name: keeps $have of capabilities, expected $want" [ "$have" = "$want" ]
	check "$name: uses no others" [ "$(status_of $kt_pid CapEff)" = "$want" ]
	check "$name: passes none on" [ "$(status_of $kt_pid CapInh)$(status_of $kt_pid CapAmb)" = "$none$none" ]
	check "$name: no exec brings more" [ "$(status_of $kt_pid NoNewPrivs)" = 1 ]
	kill -INT $kt_pid
	wait $kt_pid
	[ $? -eq 130 ] && ok || bad "$name: a trace without privilege ends like any other"
	check "$name: the record is complete" grep -q '"type":"end","status":"interrupted"' "$tmp/kept"
	rm -f "$tmp/kept"
}
# bits CAPABILITY...: by number, those that root has here
bits() {
	local sum=0 c
	for c; do sum=$((sum | 1 << c)); done
	printf '%016x' $((sum & 0x$(status_of self CapPrm)))
}
# dac_read_search, sys_ptrace, syslog, perfmon, bpf, checkpoint_restore
none=$(bits) to_look=$(bits 2 19 38 39 40) to_name=$(bits 34)
sleep 100 &
sleeper=$!
keeps 'wakeup -p' "$none" wakeup -p $sleeper
keeps 'wakeup -t' "$none" wakeup -t $sleeper
keeps 'wakeup --kthreads' "$none" wakeup --kthreads
keeps 'work --kthreads --by func' "$to_name" work --kthreads --by func
[ -z "$multi" ] || keeps 'wakeup -c' "$to_look" wakeup -c 'no-such-*'
[ -z "$multi" ] || keeps 'wakeup' "$to_look" wakeup
kill $sleeper

# Without privilege nothing more is looked at: no complaint while there is nothing to see, one line when an exec might have
# brought something; and a process that has just been started is seen before.
sh -c "while [ ! -e '$tmp/go' ]; do sleep 0.02; done; exec sh -c 'for i in \$(seq 100); do sleep 0.02; done'" &
pid=$!
"$kt" trace wakeup -p $pid -d 1500ms -o "$tmp/calm" >/dev/null 2>"$tmp/said" </dev/null
check 'a process without stamps: no complaint' sh -c "! grep 'no phases' '$tmp/said'"
"$kt" trace wakeup -p $pid -o "$tmp/exec" >/dev/null 2>"$tmp/said" </dev/null &
kt_pid=$!
for _ in $(seq 200); do
	[ "$(status_of $kt_pid CapPrm)" != "$none" ] || break
	sleep 0.05
done
touch "$tmp/go"
wait $pid $kt_pid
rm "$tmp/go"
check "an exec: one line says what was given up" sh -c "[ \$(grep -c 'after an exec: the privilege' '$tmp/said') -eq 1 ]"
check 'an exec: kernel phases go on' some "$tmp/exec" wake runq
"$oracle" hold "$tmp/go" &
pid=$!
"$kt" trace park -p $pid -d 300ms -o "$tmp/young" >/dev/null 2>"$tmp/said" </dev/null
check 'a process that has just been started is seen' sh -c "! grep 'no probe' '$tmp/said'"
release $pid

# A process that comes later is still looked at, by a file that no process had before: it is found after a while.
cp "$oracle" "$tmp/newcomer"
"$oracle" hold "$tmp/go" &
pid=$!
"$tmp/kt" trace work -i 100ms -d 60s -o "$tmp/later" >/dev/null 2>"$tmp/said" </dev/null &
kt_pid=$!
counting "$tmp/said"
"$tmp/newcomer" hold "$tmp/go" &
newcomer=$!
for _ in $(seq 100); do
	"$tmp/newcomer" work 5 2 1 2
	! grep -q '"delay_idle":{[^}]*"count":[1-9]' "$tmp/later" || break
done
kill -INT $kt_pid
wait $kt_pid
check 'a process after the attach is counted' some "$tmp/later" delay_idle run
touch "$tmp/go"
wait $pid $newcomer
rm "$tmp/go"

# ---- under sudo --------------------------------------------------------------------------------------------------------

sudo="env SUDO_UID=65534 SUDO_GID=65533"
says() { # says TEXT COMMAND...: the command's output has a line that is TEXT
	"${@:2}" </dev/null >"$tmp/says" 2>&1
	grep -qxF -- "$1" "$tmp/says" || { cat "$tmp/says"; return 1; }
}
check 'a command is of the user who called sudo' says '65534 65533 65533' $sudo "$kt" trace stop -- sh -c 'echo $(id -u) $(id -g) $(id -G)'
check 'kt itself, too' says 'kt: 65534 65534 65534 65534' \
	$sudo "$kt" trace stop -- sh -c 'echo kt: $(sed -n "s/^Uid://p" /proc/$PPID/status)'
check '--as-root' says '0 0' $sudo "$kt" trace stop --as-root -- sh -c 'echo $(id -u) $(id -g)'
check '--as-root: kt itself' says 'kt: 0 0 0 0' \
	$sudo "$kt" trace stop --as-root -- sh -c 'echo kt: $(sed -n "s/^Uid://p" /proc/$PPID/status)'
check 'sudo by root' says '0 0' env SUDO_UID=0 SUDO_GID=0 "$kt" trace stop -- sh -c 'echo $(id -u) $(id -g)'
check 'without sudo' says '0 0' env -u SUDO_UID "$kt" trace stop -- sh -c 'echo $(id -u) $(id -g)'
check 'its status' says 'status 3' sh -c "$sudo '$kt' trace stop -- sh -c 'exit 3'; echo status \$?"
# The loader that is asked what the command maps is executed as well, before the command is.
if [ "$(uname -m)" = x86_64 ]; then
	mkdir -m 777 "$tmp/asked"
	printf '%s\n' 'static long call(long n, long a, long b)' \
		'{ __asm__ volatile("syscall" : "+a"(n) : "D"(a), "S"(b) : "rcx", "r11", "memory"); return n; }' \
		'void _start(void); void _start(void) { call(85, (long)DIR "/ran", 0600); call(231, 0, 0); }' >"$tmp/loader.c"
	cc -static -nostdlib -fno-stack-protector -DDIR="\"$tmp/asked\"" -o "$tmp/asked/ld-linux-of-test" "$tmp/loader.c"
	echo 'int main(void) { return 0; }' >"$tmp/main.c"
	cc -o "$tmp/asked/program" "$tmp/main.c" -Wl,--dynamic-linker="$tmp/asked/ld-linux-of-test"
	for kind in stop wakeup; do
		rm -f "$tmp/asked/ran"
		$sudo "$kt" trace $kind -- "$tmp/asked/program" >"$tmp/out" 2>&1
		check "the loader of a command, too ($kind)" sh -c "stat -c %u:%g '$tmp/asked/ran' | grep -qx 65534:65533"
	done
fi
refused 'no id' 2 'SUDO_UID.*--as-root' env SUDO_UID=me SUDO_GID=1 "$kt" trace stop -- true
refused 'no group' 2 'SUDO_UID.*--as-root' env -u SUDO_GID SUDO_UID=1 "$kt" trace stop -- true
refused "what the user may not execute" 2 "cannot execute.*Permission denied" $sudo "$kt" trace stop -- "$tmp/private" -c true
program=$oracle
kinds 'under sudo' $sudo "$kt" trace
# The shell that calls sudo, with the right to become root instead of a setuid program.
cat >"$tmp/user" <<S
HOME=/of/the/user LOGNAME=user SHELL=/bin/of-the-user exec setpriv --reuid=65534 --regid=65533 --groups=65533,4242,4343 \
	--inh-caps=+setuid,+setgid --ambient-caps=+setuid,+setgid sh -c '
	setpriv --reuid=0 --regid=0 --clear-groups env HOME=/root LOGNAME=root SUDO_UID=65534 SUDO_GID=65533 \
		"$kt" trace stop -- sh -c "echo \\\$HOME \\\$LOGNAME \\\$(id -G)"; exit \$?'
S
check "the caller's groups and home" says '/of/the/user user 65533 4242 4343' sh "$tmp/user"
finish
