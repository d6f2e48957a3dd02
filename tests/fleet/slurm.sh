#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# scripts/fleet/slurm: slurmctld with five slurmd on this machine, on loopback. Nodes that are down, busy, of another
# machine or too slow cost themselves alone.
. "$(dirname "$0")/lib.sh"
need_program slurmctld slurmctld
need_program slurmd slurmd
need_program sbatch slurm-client
need_static
echo "$(slurmctld -V)"

at=$tmp/slurm
mkdir -p "$at/state" "$at/spool" "$at/log" "$at/tmp"
read -r -a port <<<"$(free_ports 6)"
host=$(hostname -s) user=$(id -un)
cat >"$at/slurm.conf" <<C
ClusterName=kt
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=${port[5]}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/none
CredType=cred/none
SlurmUser=$user
SlurmdUser=$user
StateSaveLocation=$at/state
SlurmdSpoolDir=$at/spool/%n
SlurmctldPidFile=$at/slurmctld.pid
SlurmdPidFile=$at/%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=1
ReturnToService=2
SlurmdTimeout=20
KillWait=5
MailProg=/bin/true
C
for i in 0 1 2 3 4; do
	echo "NodeName=n$i NodeHostname=$host NodeAddr=127.0.0.1 Port=${port[i]} CPUs=1 State=UNKNOWN"
done >>"$at/slurm.conf"
echo 'PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP' >>"$at/slurm.conf"
export SLURM_CONF=$at/slurm.conf TMPDIR=$at/tmp

# Jobs outlive their slurmd: they are cancelled first, and what is left of them is ended by its id.
clean_up() {
	local environ
	for environ in $(grep -lsz "^SLURM_CONF=$SLURM_CONF\$" /proc/[0-9]*/environ); do
		environ=${environ#/proc/}
		[ "${environ%/environ}" = $$ ] || kill -KILL "${environ%/environ}" 2>/dev/null
	done
}
end_jobs() {
	local id
	id=$(timeout 10 squeue -h -o %i 2>/dev/null) && [ -n "$id" ] && timeout 10 scancel $id
	for _ in $(seq 100); do [ -n "$(timeout 10 squeue -h 2>/dev/null)" ] || break; sleep 0.1; done
}
trap 'end_jobs; end_all' EXIT

slurmctld -D -c -f "$SLURM_CONF" >"$at/log/slurmctld" 2>&1 &
started+=($!)
node() { # node NAME [COMMAND...]: its slurmd
	local name=$1
	shift
	"$@" "$(command -v slurmd)" -D -N "$name" -f "$SLURM_CONF" >"$at/log/$name" 2>&1 &
	started+=($!)
}
for name in n0 n1 n2; do node $name; done
node n3 setarch i686
is() { # is NODE STATE
	[ "$(timeout 10 sinfo -h -N -n "$1" -o %t 2>/dev/null)" = "$2" ]
}
for name in n0 n1 n2 n3; do
	await is $name idle || {
		bad "node $name does not come up" && tail -n 5 "$at/log/$name" "$at/log/slurmctld"
		finish
	}
done

# Where the jobs make their directories; a node has none of its own here.
nothing_left() { [ -z "$(ls -A "$at/tmp")" ]; }
night=$tmp/the\ records/2026-01-02
drive() { # drive ARGUMENT...
	timeout 300 "$fleet/slurm" -s "$static" -n 2026-01-02 "$@" "$tmp/the records" -- --filter '^park/cpu=same' --time 100ms --no-trace
}
reason() { # reason HOST PATTERN
	h=$1 awk -F'\t' '$1 == ENVIRON["h"] { print $2 }' "$night/missing" >"$tmp/reason"
	check "$1: $2" grep -qE -- "$2" "$tmp/reason"
	grep -qE -- "$2" "$tmp/reason" || cat "$tmp/reason" "$tmp/log"
}

drive >"$tmp/said" 2>"$tmp/log"
check "nodes are missing: exit $?" test "$(cat "$tmp/said")" = "$night: 3 of 5 hosts"
for name in n0 n1 n2; do
	check "$name is here" "$kt" report "$night/$name.jsonl.gz"
	check "$name: its job ran there" grep -q . <(scontrol show jobs | grep "NodeList=$name\$")
done
check 'nothing else is' test "$(cd "$night" && echo *.jsonl.gz*)" = 'n0.jsonl.gz n1.jsonl.gz n2.jsonl.gz'
reason n3 'this host is i686, and kt is built for x86_64'
reason n4 'Slurm says that it is (unk|down)'
check 'what cannot be is tried once' test "$(grep -c 'n3: try' "$tmp/log")" = 1
check 'nothing is left on the nodes' await nothing_left
cat "$tmp/said" "$night/missing"

# ---- again: a node that came up, and one that has something else to do ------------------------------------------------
node n4
await is n4 idle || bad 'node n4 does not come up'
rm "$night/n2.jsonl.gz"
sbatch -w n2 --exclusive -o /dev/null --wrap 'sleep 300' >/dev/null
await is n2 alloc || bad 'the other job does not run'
before=$(stat -c '%i %Y' "$night/n0.jsonl.gz")
drive -N 'n[0-2],n4' -T 20s >"$tmp/said" 2>"$tmp/log"
check "the one that came up is here: exit $?" test "$(cat "$tmp/said")" = "$night: 3 of 4 hosts"
reason n2 'the time in all was over; its job was PENDING'
check 'only what was missing was done' test "$before" = "$(stat -c '%i %Y' "$night/n0.jsonl.gz")"
ours() { squeue -h -n kt-fleet-2026-01-02 -t PENDING,RUNNING,COMPLETING -o '%i %T'; }
none_of_ours() { [ -z "$(ours)" ]; }
check 'its job waits no longer' await none_of_ours
scancel -n wrap
await is n2 idle || bad 'n2 is not free again'

# ---- too slow --------------------------------------------------------------------------------------------------------
timeout 300 "$fleet/slurm" -s "$static" -n 2026-01-03 -N n0 -t 3s -r 2 "$tmp/the records" -- --time 60s --no-trace >"$tmp/said" 2>"$tmp/log"
night=$tmp/the\ records/2026-01-03
reason n0 'the suite did not end within 3 s'
check 'it was tried twice' test "$(grep -c 'n0: try' "$tmp/log")" = 2

# ---- an end before the end -------------------------------------------------------------------------------------------
runs_there() { ls "$at"/tmp/kt-fleet.*/run.jsonl >/dev/null 2>&1; }
# One question may be decided long before its time is over; all of them are not.
long() { # long NIGHT ARGUMENT...
	"$fleet/slurm" -s "$static" -n "$1" -N n0 -T 300s "$tmp/the records" -- "${@:2}" --no-trace >"$tmp/said" 2>"$tmp/log" &
	driver=$!
	await runs_there
}

night=$tmp/the\ records/2026-01-04
check 'a job runs' long 2026-01-04 --time 100s
kill $driver
wait $driver
check "interrupted: exit $?" grep -q interrupted "$tmp/log"
none_of_ours() { [ -z "$(squeue -h -n kt-fleet-2026-01-04)" ]; }
check 'its job is cancelled' await none_of_ours
check 'and leaves nothing' await nothing_left
check 'a driver that is killed' long 2026-01-05 --filter '^park/' --time 4s
kill -KILL $driver
wait $driver 2>/dev/null
night=$tmp/the\ records/2026-01-05
timeout 300 "$fleet/slurm" -s "$static" -n 2026-01-05 -N n0 "$tmp/the records" -- --filter '^park/' --time 4s --no-trace >"$tmp/said" 2>"$tmp/log"
check "its job is found again: exit $?" test "$(cat "$tmp/said")" = "$night: 1 of 1 hosts"
check 'and there was one' test "$(scontrol show jobs | grep -c 'JobName=kt-fleet-2026-01-05')" = 1

# ---- what is refused -------------------------------------------------------------------------------------------------
check 'the usage' sh -c "'$fleet/slurm' --help | grep -q '^usage: scripts/fleet/slurm'"
refused 'no arguments' 2 'expected RECORDS' "$fleet/slurm"
refused 'a node that is none' 1 'missing' sh -c "'$fleet/slurm' -s '$static' -n 2026-01-06 -N n9 -r 1 '$tmp/the records' 2>&1 >/dev/null | grep missing: >&2; exit 1"
refused 'a time' 2 'invalid --total' "$fleet/slurm" -T never "$tmp/r"
finish
