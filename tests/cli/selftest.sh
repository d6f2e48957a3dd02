#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kt selftest: what it prints, where it is kept, what it leaves alone. How often it finds what is nobody's business here: the
# machine may be as busy as it likes.
. "$(dirname "$0")/lib.sh"

selftest() { timeout 120 "$kt" selftest "$@"; }
state=$XDG_STATE_HOME/kt
short=(--time 1s --each 200ms --filter 'op=loop')

check 'kt selftest --help' sh -c "'$kt' selftest --help | grep -q -- --no-store"
refused 'no time' 2 "invalid --time 'soon'" "$kt" selftest --time soon
refused 'no time at all' 2 "invalid --time '0'" "$kt" selftest --time 0
refused 'no time for a question' 2 "invalid --each ''" "$kt" selftest --each ''
refused 'no seed' 2 "invalid --seed '-1'" "$kt" selftest --seed=-1
refused 'two paths' 2 "unexpected argument 'two'; one PATH" "$kt" selftest one two
refused 'no such benchmark' 2 'none/such' "$kt" selftest none/such
refused 'pairs of another benchmark' 2 'pairs is for the self-test' "$kt" selftest --pairs "$KT_BUILD/kt-suite"
refused 'no such question of it' 4 "matches 'nobody'" "$kt" selftest --filter nobody "$KT_BUILD/kt-suite"
refused 'a bad expression' 2 'bad regular expression' "$kt" selftest --filter '('
refused 'no such question' 4 "no question matches 'nobody'" "$kt" selftest --filter nobody
refused 'nor one of others' 4 "no question matches 'wakeup/'" "$kt" selftest --filter wakeup/
echo mine >"$tmp/mine"
refused 'a file that exists' 2 'exists already' "$kt" selftest -o "$tmp/mine"
refused 'a directory that does not' 2 'cannot create' "$kt" selftest -o "$tmp/none/file"
check 'it is left alone' grep -qx mine "$tmp/mine"

# ---- a short one ----

selftest "${short[@]}" -o "$tmp/one.jsonl" >"$tmp/text" 2>"$tmp/said"
check 'a short self-test' test $? -eq 0
check 'it has its tables' grep -q '^  loop  .*/.* \[' "$tmp/text"
check 'and shifts' grep -q '+10 %' "$tmp/text"
check 'one of some questions is not kept' grep -q 'not kept for later reports: ' "$tmp/said"
check 'nothing was kept' test ! -e "$state"
check 'the record is strict JSON' strict_jsonl "$tmp/one.jsonl"
check 'of four records' sh -c "grep -o '^{\"type\":\"[a-z]*\"' '$tmp/one.jsonl' | cut -d'\"' -f4 | paste -sd ' ' |
	grep -qx 'header environment selftest end'"
check 'kt report prints the same' sh -c "'$kt' report '$tmp/one.jsonl' | grep -F '$(grep -m1 '^  loop' "$tmp/text")'"
for format in html json; do
	check "as $format" sh -c "'$kt' report -f $format '$tmp/one.jsonl' >'$tmp/one.$format'"
done
check 'JSON has the rates' python3 - "$tmp/one.json" <<'P'
import json, sys
t = json.load(open(sys.argv[1]))["runs"][0]["selftest"]
assert t["complete"] and not t["load"] and t["questions"] >= 2, t
same = [r for r in t["rates"] if r["shift"] == 0 and r["metric"] == "p50"]
assert same and all(r["compared"] >= 4 and r["operation"] == "loop" for r in same), same
assert {r["shift"] for r in t["rates"]} == {0, 0.01, 0.02, 0.03, 0.05, 0.1}, t["rates"]
P

selftest "${short[@]}" -o - >"$tmp/stream" 2>/dev/null
check 'to standard output' test $? -eq 0
check 'goes the record alone' strict_jsonl "$tmp/stream"
selftest "${short[@]}" >/dev/full 2>"$tmp/said"
check 'nowhere to print' test $? -eq 5
check 'is said' grep -q 'No space left' "$tmp/said"

selftest "$KT_BUILD/kt-suite" --filter 'park/cpu=same' --time 1s --each 500ms -o "$tmp/own.jsonl" >"$tmp/text" 2>"$tmp/said"
check 'a benchmark of one'"'"'s own' test $? -eq 0
check 'has its arms compared with themselves' grep -qE '^  park  .*[0-9]/[1-9]' "$tmp/text"
check 'and no shifts' sh -c "! grep -q 'known shifts' '$tmp/text'"
check 'nor is it kept' grep -q 'not kept for later reports: it is of a benchmark of your own' "$tmp/said"

# ---- what later reports say of it ----

host=$(grep -o '"host_id":"[^"]*"' "$tmp/one.jsonl" | head -n 1 | cut -d'"' -f4)
bench() {
	rm -f "$tmp/run.jsonl"
	timeout 60 "$kt" bench --full --no-trace --time 50ms --filter 'selftest/op=loop/arms=pair$' -o "$tmp/run.jsonl" \
		>"$tmp/text" 2>"$tmp/said"
}
bench
check 'without one nothing is said' sh -c "! grep -q 'self-test' '$tmp/text'"
mkdir -p "$state"
kept=$state/selftest-$host-0.jsonl
cp "$tmp/one.jsonl" "$kept"
bench
check 'a later run says it' grep -q '^self-test of the machine: 20.*false alarms' "$tmp/text"
check 'its record carries it' grep -q '^{"type":"selftest"' "$tmp/run.jsonl"
rm "$kept"
check 'and says it anywhere' sh -c "'$kt' report --full '$tmp/run.jsonl' | grep -q '^self-test of the machine: 20'"
sed 's/"kernel":"[^"]*"/"kernel":"2.6.8"/' "$tmp/one.jsonl" >"$kept"
bench
check 'one of another kernel' grep -q "Linux 2.6.8, another kernel than this run's" "$tmp/text"
sed 's/"host_id":"[^"]*"/"host_id":"0"/' "$tmp/one.jsonl" >"$kept"
bench
check 'not one of another machine' sh -c "! grep -q 'self-test' '$tmp/text'"
head -c 100000 /dev/urandom >"$kept"
bench
check 'damage costs itself' test $? -eq 0
check 'and nothing is said' sh -c "! grep -q 'self-test' '$tmp/text' '$tmp/said'"
chmod 000 "$state"
bench
check 'a directory that cannot be read costs itself' test $? -eq 0
chmod 700 "$state"

# ---- others ----

if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups env -i)
	if "${nobody[@]}" test -x "$kt"; then
		check 'nobody, without HOME' timeout 120 "${nobody[@]}" "$kt" selftest "${short[@]}"
		check 'may measure as well' sh -c "cd / && timeout 60 ${nobody[*]} '$kt' bench --no-trace --time 50ms \
			--filter 'selftest/op=loop/arms=pair$' -o - | grep -q instance"
	else
		skip 'nobody may not run this build'
	fi
else
	skip 'not root, or no setpriv: not run as nobody'
fi

# gone PID: within a bounded time there is no such process
gone() {
	for _ in $(seq 200); do
		[ -e "/proc/$1" ] || return 0
		sleep 0.05
	done
	return 1
}
# hog_of PID: the process of its load
hog_of() {
	for _ in $(seq 200); do
		pgrep -P "$1" -x kt-hog && return 0
		sleep 0.05
	done
	return 1
}

"$kt" selftest --time 60s --load --filter op=loop >"$tmp/text" 2>"$tmp/said" &
pid=$!
hog=$(hog_of $pid)
check 'a load of its own' test -n "$hog"
{ kill -9 $pid && wait $pid; } 2>/dev/null
check 'dies with it' gone "${hog:-0}"

# Until a question is whole when the signal comes: how long that takes is not asked.
for wait in 2 4 8 16 32; do
	"$kt" selftest --time 100s --load --each 100ms --filter op=loop >"$tmp/text" 2>"$tmp/said" &
	pid=$!
	hog=$(hog_of $pid)
	sleep $wait
	kill -INT $pid
	wait $pid
	status=$?
	[ -s "$tmp/text" ] && break
done
check 'interrupted' test $status -eq 130
check 'its load has ended' gone "${hog:-0}"
check 'what was counted is printed' grep -q '^  loop' "$tmp/text"
check 'as a part' grep -q 'interrupted, so this is a part' "$tmp/text"
check 'beside its load' grep -q 'beside a load that came and went' "$tmp/text"
finish
