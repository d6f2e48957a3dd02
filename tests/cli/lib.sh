# SPDX-License-Identifier: GPL-2.0-only
# Shared by tests/cli/*.sh: run a command, hold its status and its one error line against what is expected.
# Needs KT_BUILD; everything is written below $tmp, which is removed at the end.
set -u
cd "$(dirname "$0")/../.." || exit 1
KT_BUILD=$(realpath "${KT_BUILD:-build}")
kt=$KT_BUILD/kt
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
# The self-test that is kept of this machine is not the tests' affair.
export XDG_STATE_HOME=$tmp/state
passed=0 failed=0

ok() { passed=$((passed + 1)); }
bad() {
	failed=$((failed + 1))
	printf 'FAIL: %s\n' "$*"
}
check() { # check NAME COMMAND...: passes when COMMAND succeeds
	local name=$1
	shift
	if "$@" >"$tmp/out" 2>"$tmp/err"; then ok; else bad "$name"; head -n 5 "$tmp/out" "$tmp/err"; fi
}
skip() { printf 'SKIP: %s\n' "$*"; }

# needs_trace ARGUMENT...: `kt trace ARGUMENT...` works here. Where it is refused (status 2) the test ends, with the reason;
# whatever else goes wrong is a failure.
needs_trace() {
	local status
	timeout 60 "$kt" trace "$@" -d 1ms -o "$tmp/try" >/dev/null 2>"$tmp/err" </dev/null
	status=$?
	if [ $status -eq 2 ]; then
		skip "what traces: $(cat "$tmp/err")"
		finish
	elif [ $status -eq 0 ]; then
		ok
	else
		bad "kt trace $*: exit $status"
		cat "$tmp/err"
	fi
}

# refused NAME STATUS PATTERN COMMAND...: exits with STATUS, says one line that matches PATTERN, prints no result
refused() {
	local name=$1 want=$2 pattern=$3 status lines
	shift 3
	timeout 60 "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
	lines=$(wc -l <"$tmp/err")
	if [ "$status" -ne "$want" ]; then
		bad "$name: exit $status, expected $want"
		head -n 5 "$tmp/err"
	elif [ "$lines" -ne 1 ]; then
		bad "$name: $lines lines on stderr, expected 1"
		head -n 5 "$tmp/err"
	elif ! grep -qiE -- "$pattern" "$tmp/err"; then
		bad "$name: '$(cat "$tmp/err")' does not match '$pattern'"
	elif [ -s "$tmp/out" ]; then
		bad "$name: printed something on stdout"
	else
		ok
	fi
}

all_caps() { # all_caps: every capability that this process has, as setpriv takes them
	local have=$((0x$(sed -n 's/^CapPrm:[[:space:]]*//p' /proc/self/status))) i
	for i in $(seq 0 40); do
		[ $((have >> i & 1)) -eq 0 ] || printf ',+cap_%d' "$i"
	done | cut -c2-
}

strict_json() { # strict_json FILE [lines]: valid JSON (or one value per line), no NaN, no duplicate keys
	python3 - "$@" <<'P'
import json, sys
def pairs(p):
    d = dict(p)
    assert len(d) == len(p), "duplicate key"
    return d
def no(c):
    raise ValueError(c)
text = open(sys.argv[1], encoding="utf-8").read()
for part in text.splitlines() if len(sys.argv) > 2 else [text]:
    json.loads(part, object_pairs_hook=pairs, parse_constant=no)
P
}
strict_jsonl() { strict_json "$1" lines; }

# await COMMAND...: until it succeeds, half a minute at most
await() {
	for _ in $(seq 600); do
		"$@" && return 0
		sleep 0.05
	done
	return 1
}
# counting FILE: until `kt trace`, whose stderr FILE is, says that it counts, or why it does not
counting() { await grep -qs '^kt trace: ' "$1"; }

# survivors PID...: those that still live after half a minute
survivors() {
	local alive pid
	for _ in $(seq 300); do
		alive=
		for pid; do [ ! -d "/proc/$pid" ] || alive="$alive $pid"; done
		[ -n "$alive" ] || break
		sleep 0.1
	done
	echo "$alive"
}

finish() {
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
	exit
}
