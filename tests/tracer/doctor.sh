#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kt doctor: absent, forbidden, not configured, not mounted and not shown are told apart, in namespaces made for it, and each
# comes with what helps. Ends with `N passed, N failed`; skips, with the reason, where namespaces are refused.
. "$(dirname "$0")/../cli/lib.sh"
chmod 755 "$tmp"
cp "$kt" "$tmp/kt"

# says NAME ROW PATTERN COMMAND...: the row (with the lines below it) of what COMMAND prints matches PATTERN
says() {
	local name=$1 row=$2 pattern=$3 status
	shift 3
	timeout 60 "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
	awk -v row="$row" 'index($0, row) == 1 { on = 1; print; next } /^[^ ]/ { on = 0 } on' "$tmp/out" | tr -s ' \n' ' ' >"$tmp/row"
	if [ $status -eq 0 ] && grep -qE -- "$pattern" "$tmp/row"; then
		ok
	else
		bad "$name: exit $status, '$row' is '$(cat "$tmp/row")', expected '$pattern'"
		head -n 3 "$tmp/err"
	fi
}
doctor=$tmp/kt
inside() { # inside SCRIPT: a script that runs in a mount namespace of its own and ends with the doctor
	printf '#!/bin/sh\nset -e\n%s\nexec %s doctor\n' "$1" "$doctor" >"$tmp/inside"
	chmod 755 "$tmp/inside"
}
nobody() { # the command line of nobody with the capabilities $1
	echo "setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all${1:+,$1} --ambient-caps=-all${1:+,$1}"
}

# ---- for everybody -----------------------------------------------------------------------------------------------------

check 'it exits 0' "$doctor" doctor
check 'every state is one of those it explains' sh -c "! sed -n 's/^[^ ].\{25\}//p' '$tmp/out' | grep -v '^warning' |
	grep -vE '^(ok|absent|forbidden|not (configured|mounted|shown|known))(:|\$)'"
check 'what is not ok says what it costs' awk '
	/^warning/ { next }
	/^[^ ]/ { if (bad && !said) exit 1; bad = substr($0, 27) !~ /^ok/; said = 0; next }
	/without it:/ { said = 1 }
	END { exit bad && !said }' "$tmp/out"
check '--json' sh -c "'$doctor' doctor --json >'$tmp/json'"
check 'it is JSON' strict_json "$tmp/json"
check 'with the same names and states' python3 - "$tmp/json" <<'P'
import json, subprocess, sys
d = json.load(open(sys.argv[1]))
assert d["kt"] and isinstance(d["warnings"], list)
states = {"ok", "absent", "forbidden", "not configured", "not mounted", "not shown", "not known"}
names = [c["name"] for c in d["capabilities"]]
assert len(names) == len(set(names)) > 15
for c in d["capabilities"]:
    assert c["state"] in states and set(c) <= {"name", "state", "why", "costs", "remedy"}
    assert c["state"] != "ok" or not {"costs", "remedy"} & set(c)
for w in d["warnings"]:
    assert w["text"] and w["fix"]
P
refused 'an argument' 2 'unexpected' "$doctor" doctor --json x
refused 'an unknown option' 2 'frob' "$doctor" doctor --frob

if [ "$(id -u)" != 0 ] || ! unshare --mount true 2>"$tmp/err"; then
	skip "the rest: needs root and mount namespaces: $(cat "$tmp/err")"
	finish
fi

# ---- as nobody ---------------------------------------------------------------------------------------------------------

two=+bpf,+perfmon all=$(all_caps)
says 'no capability' capabilities 'forbidden: .*CAP_BPF and CAP_PERFMON missing .*setcap cap_bpf,cap_perfmon=ep .*/kt' $(nobody '') "$doctor" doctor
says 'CAP_BPF alone' capabilities 'forbidden: .*[^D] CAP_PERFMON missing' $(nobody +bpf) "$doctor" doctor
says 'CAP_PERFMON alone' capabilities 'forbidden: .* CAP_BPF missing' $(nobody +perfmon) "$doctor" doctor
says 'nothing is said to be absent' 'task storage maps' 'forbidden: .*setcap' $(nobody '') "$doctor" doctor
if "$doctor" doctor | grep -q '^capabilities  *ok'; then
	says 'two capabilities' capabilities 'ok: CAP_BPF and CAP_PERFMON' $(nobody $two) "$doctor" doctor
	says 'two: others' 'other processes' 'forbidden: no CAP_SYS_PTRACE .*grant CAP_SYS_PTRACE' $(nobody $two) "$doctor" doctor
	says 'two: statistics' 'BPF run time statistics' 'forbidden: .*bpf_stats_enabled=1' $(nobody $two) "$doctor" doctor
	check 'two: no advice to boot differently' sh -c "! grep lockdown= '$tmp/out'"
	says 'three: others' 'other processes' 'ok: except .*CAP_DAC_READ_SEARCH' $(nobody $two,+sys_ptrace) "$doctor" doctor
	says 'all: others' 'other processes' 'ok $' $(nobody "$all") "$doctor" doctor
	says 'all' capabilities 'ok' $(nobody "$all") "$doctor" doctor
	says 'symbols are hidden' 'kernel symbols' '(not shown: .*CAP_SYSLOG|ok)' $(nobody $two) "$doctor" doctor
fi

# ---- /sys --------------------------------------------------------------------------------------------------------------

inside 'umount -R -l /sys'
if [ ! -e "/boot/vmlinux-$(uname -r)" ]; then
	says 'no /sys: BTF' BTF 'not mounted: .*mount -t sysfs sysfs /sys' unshare --mount "$tmp/inside"
	printf '#!/bin/sh\numount -R -l /sys\nexec %s trace stop --kthreads -d 1ms\n' "$doctor" >"$tmp/trace"
	chmod 755 "$tmp/trace"
	refused 'kt trace without /sys' 2 '/sys is not mounted; mount -t sysfs' unshare --mount "$tmp/trace"
fi
says 'no /sys: tracefs' tracefs 'not mounted.*mount -t sysfs sysfs /sys; mount -t tracefs' unshare --mount "$tmp/inside"
says 'no /sys: lockdown' lockdown 'not mounted' unshare --mount "$tmp/inside"
says 'no /sys: uprobes' 'uprobes by perf events' 'not mounted: .*mount -t sysfs' unshare --mount "$tmp/inside"
check 'no /sys: nothing is absent' sh -c "! grep absent '$tmp/out'"
if [ -e /sys/kernel/btf/vmlinux ] && [ ! -e "/boot/vmlinux-$(uname -r)" ]; then
	inside 'mount -t tmpfs none /sys/kernel/btf'
	says 'BTF is hidden' BTF 'not shown: ' unshare --mount "$tmp/inside"
	inside 'mount --bind /dev/null /sys/kernel/btf/vmlinux'
	says 'BTF is covered' BTF 'not shown: ' unshare --mount "$tmp/inside"
fi

# ---- tracefs -----------------------------------------------------------------------------------------------------------

if unshare --mount sh -c 'umount -l /sys/kernel/tracing 2>/dev/null; mount -t tracefs tracefs /sys/kernel/tracing' 2>"$tmp/err"; then
	inside 'umount -l /sys/kernel/tracing || :; umount -l /sys/kernel/debug || :'
	says 'tracefs is not mounted' tracefs 'not mounted .*mount -t tracefs tracefs /sys/kernel/tracing' unshare --mount "$tmp/inside"
	says 'nor known of each CPU' 'tracefs on each CPU' 'not known' unshare --mount "$tmp/inside"
	inside 'mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null || :'
	says 'tracefs is mounted' tracefs 'ok: mounted' unshare --mount "$tmp/inside"
	inside 'mount -t tmpfs none /sys/kernel/tracing'
	says 'something else lies there' tracefs 'not shown: .*umount' unshare --mount "$tmp/inside"
	if [ "$(stat -c %a /sys/kernel/tracing)" = 700 ]; then
		says 'mode 0700' tracefs 'forbidden: mounted, but .*chmod 755 /sys/kernel/tracing' $(nobody $two) "$doctor" doctor
	fi
else
	skip "tracefs: $(cat "$tmp/err")"
fi

# ---- securityfs --------------------------------------------------------------------------------------------------------

if grep -qw securityfs /proc/filesystems; then
	inside 'umount -l /sys/kernel/security 2>/dev/null || :'
	says 'securityfs is not mounted' lockdown 'not mounted: .*mount -t securityfs securityfs /sys/kernel/security' unshare --mount "$tmp/inside"
	inside 'mountpoint -q /sys/kernel/security || mount -t securityfs securityfs /sys/kernel/security'
	says 'securityfs is mounted' lockdown '(ok: |forbidden: .*confidentiality)' unshare --mount "$tmp/inside"
fi

# ---- /proc -------------------------------------------------------------------------------------------------------------

inside 'umount -R -l /proc'
says 'no /proc: others' 'other processes' 'not mounted: .*mount -t proc proc /proc' unshare --mount "$tmp/inside"
says 'no /proc: symbols' 'kernel symbols' 'not mounted: .*mount -t proc proc /proc' unshare --mount "$tmp/inside"
says 'no /proc: capabilities are known' capabilities 'ok' unshare --mount "$tmp/inside"
printf '#!/bin/sh\nmount -t proc -o hidepid=2 proc /proc && exec %s %s doctor\n' "$(nobody $two)" "$doctor" >"$tmp/inside"
says 'hidepid' 'other processes' 'not shown: .*hidepid=0' unshare --mount "$tmp/inside"

# ---- namespaces --------------------------------------------------------------------------------------------------------

says 'a pid namespace' 'other processes' 'not shown: .*pid namespace.*--pid=host' unshare --pid --fork --mount-proc "$doctor" doctor
if unshare --user --map-root-user true 2>/dev/null; then
	says 'a user namespace' capabilities 'forbidden: .*user namespace.*--userns=host' unshare --user --map-root-user "$doctor" doctor
	says 'a user namespace: programs' 'tp_btf programs' 'forbidden: .*user namespace' unshare --user --map-root-user "$doctor" doctor
	refused 'kt trace in one' 2 'inside a user namespace; run outside' unshare --user --map-root-user "$doctor" trace stop --kthreads -d 1ms
else
	skip 'user namespaces are not permitted'
fi

# ---- the CPUs ----------------------------------------------------------------------------------------------------------

says 'tracefs of each CPU is looked at' 'tracefs on each CPU' '(ok|not shown: CPU [0-9]+ \([0-9]+ of [0-9]+|not known: never idle: CPU)' "$doctor" doctor
finish
