#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kt env: the machine in lines and as JSON, what is not shown, and what --check, --strict and --ignore make of it.
# What each check says of which machine is tests/unit/record_quiet.c.
. "$(dirname "$0")/lib.sh"

host=$(uname -n)
"$kt" env >"$tmp/lines"
check 'kt env' test -s "$tmp/lines"
check 'the kernel stands there' grep -q "^kernel  *Linux $(uname -r) " "$tmp/lines"
check 'the host is a hash' grep -qE '^host +[0-9a-f]{16},' "$tmp/lines"
check 'its name is not printed' sh -c "! grep -E '^host .*$host' '$tmp/lines'"
check '--public prints it' sh -c "'$kt' env --public | grep -qE '^host +$host\$'"
check 'no line is wider than the terminal' test -z "$(COLUMNS=60 "$kt" env | grep -E '.{61}')"
check 'lines are broken between words' test "$(COLUMNS=60 "$kt" env | tr -s ' \n' ' ' | wc -w)" -eq "$(wc -w <"$tmp/lines")"

"$kt" env --json >"$tmp/json"
check 'valid JSON' strict_json "$tmp/json"
check 'without the name of the host' sh -c "! grep -F '\"host\":' '$tmp/json'"
check 'with it' sh -c "'$kt' env --json --public | grep -F '\"host\": \"$host\"'"
check 'a record' timeout 60 "$kt" bench --filter 'park/cpu=same' --no-trace --time 1ms -o "$tmp/run.jsonl"
same_fields() { # those of the record's environment, in this boot of this host
	python3 - "$tmp/json" "$tmp/run.jsonl" <<'P'
import json, sys
env = json.load(open(sys.argv[1]))
record = next(json.loads(l) for l in open(sys.argv[2]) if '"environment"' in l)
assert list(env) == [k for k in record if k != "type"], (list(env), list(record))
# Of what others do just then: the checks of lib/record/quiet_others.c.
others = ("load", "BPF", "other programs", "threads waited", "other guests", "tracer is on", "trace event", "perf events")
passing = lambda w: any(text in w["text"] for text in others)
for key in "host_id", "boot_id", "kernel", "cpu", "settings", "distribution":
    assert env[key] == record[key], key
assert {w["text"] for w in env["warnings"] if not passing(w)} \
    == {w["text"] for w in record["warnings"] if not passing(w)}
P
}
check 'what a record has' same_fields

"$kt" env --check >"$tmp/check"
check 'exit 0 without --strict' test $? -eq 0
names=$("$kt" env --help | sed -n '/^Checks: /,/^$/p' | sed 's/^Checks: //' | tr -d '.\n' | tr ',' ' ')
check 'the checks are listed' test "$(wc -w <<<"$names")" -gt 20
counts_add_up() {
	[ $(($(tail -n 1 "$tmp/check" | grep -oE '[0-9]+' | paste -sd+))) -eq "$(wc -w <<<"$names")" ]
}
check 'each of them is counted' counts_add_up
check 'and no other is named' test -z "$(sed -nE 's/^(warning|hint|not shown): ([a-z-]+): .*/\2/p' "$tmp/check" |
	grep -vxF "$(xargs -n 1 <<<"$names")")"
"$kt" env --check --json >"$tmp/check.json"
check 'the checks as JSON' strict_json "$tmp/check.json"
check 'all of them' test "$(grep -c '"name":' "$tmp/check.json")" -eq "$(wc -w <<<"$names")"
sed -n '/^\.SH CHECKS/,/^\.SH EXIT/s/^\.B //p' lib/report/man/kt-env.1 | tr -d '\\' >"$tmp/page"
check 'kt-env(1) has the same checks' diff "$tmp/page" <(xargs -n 1 <<<"$names")

# A nice of its own is a warning on every machine; all others are left out.
others=$(xargs -n 1 <<<"$names" | grep -vx priority | paste -sd,)
strict() { nice -n 3 "$kt" env --strict --ignore "$others" >"$tmp/strict"; }
strict
check '--strict with a warning: 3' test $? -eq 3
check 'which is printed, with its commands' sh -c "grep -q '^warning: priority: kt runs with nice ' '$tmp/strict' &&
	grep -q '^  change it: renice -n 0 ' '$tmp/strict' && grep -q '^  and back:  renice -n ' '$tmp/strict'"
check 'one warning' grep -qx '1 warning, 0 hints, 0 not shown, 0 fine' "$tmp/strict"
check '--strict without any: 0' "$kt" env --strict --ignore "$others" --ignore priority
check '--strict as JSON: the same exit' sh -c "nice -n 3 '$kt' env --strict --json --ignore '$others' >'$tmp/out'; test \$? -eq 3"
check 'not to a full disk' sh -c "'$kt' env --check >/dev/full 2>&1; test \$? -eq 5"

# What is shown to root alone.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	chmod 755 "$tmp" && cp "$kt" "$tmp/kt"
	setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all --inh-caps=-all "$tmp/kt" env --check >"$tmp/nobody"
	check 'BPF programs are not shown to nobody' grep -q '^not shown: bpf: ' "$tmp/nobody"
	check 'nor descriptors of others' grep -qE '^(not shown|warning): profiler: ' "$tmp/nobody"
else
	skip 'not root: what others are not shown was not looked at'
fi
if [ "$(id -u)" -eq 0 ] && command -v perf >/dev/null && perf stat -e task-clock true >/dev/null 2>&1; then
	perf stat -e task-clock sleep 30 >/dev/null 2>&1 &
	profiler=$!
	opened() { ls -l /proc/$profiler/fd 2>/dev/null | grep -q perf_event; }
	check 'a profiler runs' await opened
	"$kt" env --check >"$tmp/profiled"
	check 'and is a warning' grep -qE '^warning: profiler: .* has perf events open' "$tmp/profiled"
	kill $profiler
	wait $profiler 2>/dev/null
else
	skip 'perf is not installed, or may not be used: no profiler was looked for'
fi

refused 'an argument' 2 "unexpected argument 'x'" "$kt" env x
refused 'a check that is none' 2 "unknown check 'noise'" "$kt" env --check --ignore quota,noise
refused '--ignore alone' 2 'give --check as well' "$kt" env --ignore quota
refused '--public with --check' 2 'does not print the host name' "$kt" env --check --public

finish
