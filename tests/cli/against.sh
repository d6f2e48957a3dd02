#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kt bench --against and --toggle: two builds and two settings (tests/unit/controller_sides.c is the binary, and is
# another build under another name), exit statuses, what goes wrong on one side, and what a killed run leaves.
# Beside others: the values that its arms report are made up.
. "$(dirname "$0")/lib.sh"
for name in plain changed bad; do cp "$KT_BUILD/tests/unit/controller_sides" "$tmp/side-$name"; done
plain=$tmp/side-plain changed=$tmp/side-changed bad=$tmp/side-bad
# Its code is that of plain, so a change would only have moved; without symbols that is not known, and the change counts.
cp "$changed" "$tmp/side-changed-alike"
strip "$changed"

# bench NAME STATUS RECORD OPTION...: exits with STATUS; the record and what was said are kept
bench() {
	local name=$1 want=$2 record=$tmp/$3.jsonl status
	shift 3
	COLUMNS=200 timeout 120 "$kt" bench "$@" --time 2s -o "$record" >"$tmp/ran" 2>"$tmp/said" </dev/null
	status=$?
	if [ "$status" -eq "$want" ]; then ok; else
		bad "$name: exit $status, expected $want"
		head -n 5 "$tmp/said"
	fi
	check "$name: strict JSON" strict_jsonl "$record"
}
said() { check "$1: says $2" grep -qE -- "$2" "$tmp/said"; }
silent() { check "$1: does not say $2" sh -c "! grep -qE -- '$2' '$tmp/said'"; }
recorded() { check "$1: has $3" sh -c "grep -E '$2' '$tmp/$4.jsonl' | grep -qE -- '$3'"; }

# changed NAME VERDICT QUESTION RECORD: that is what p50 of arm two is said to be in the record
changed() {
	check "$1: $2" sh -c "'$kt' report '$tmp/$4.jsonl' --format json | python3 -c '
import json, sys
said = [(c[\"verdict\"]) for c in json.load(sys.stdin)[\"comparisons\"]
        if (c[\"benchmark\"], c[\"arm\"], c[\"metric\"]) == (\"$3\", \"two\", \"p50\")]
assert said == [\"$2\"], said'"
}

# ---- two builds
bench 'equal builds' 0 equal --against "$plain" "$plain" --filter '^[abz]_'
silent 'equal builds' 'changed'
recorded 'equal builds' '"header"' '"kind":"builds","against":\{"name":"[^"]*side-plain","suite_name":"side-plain"' equal
recorded 'equal builds' '"question"' '"two \(new\)":\{"of":"two","side":"new","against":"two \(old\)"\}' equal
bench 'a slower build' 1 slower --against "$plain" "$changed" --filter '^[ab]_'
said 'a slower build' '^kt bench: 1 question seems to have changed: measured again$'
recorded 'a slower build' '"recheck"' '"question":"b_changed","arms":\["two \(new\)"\],"first":[0-9]+,"confidence":0[.]9[89]' slower
check 'its first line is what was found' sh -c "head -n 1 '$tmp/ran' | grep -qE '^1 of 4 regressed: b_changed two 1[.][0-9]+ \[1[.]'"
check 'then what was compared' grep -q '^sides      old: .*side-plain, side-plain ' "$tmp/ran"
said 'a slower build' '^kt bench: 1 regressed$'
check 'kt report agrees' sh -c "'$kt' report '$tmp/slower.jsonl' --fail-on regressed >/dev/null 2>&1; test \$? -eq 1"
check 'its JSON counts it' sh -c "'$kt' report '$tmp/slower.jsonl' -f json | python3 -c 'import json, sys; c = json.load(sys.stdin)[\"changes\"]; assert c[\"regressed\"] == 1 and c[\"compared\"] == 4, c'"
bench 'a wide zone' 0 wide --against "$plain" "$changed" --zone 50% --filter '^b_'
recorded 'a wide zone' '"question"' '"zone":0.5' wide
bench 'the same code' 0 alike --against "$plain" "$tmp/side-changed-alike" --filter '^b_'
check 'the same code: it moved' grep -q '^0 of 2 regressed.* 1 moved' "$tmp/ran"
bench 'a faster build' 0 faster --against "$changed" "$plain" --filter '^b_'
said 'a faster build' '1 question seems'
changed 'a slower build' regressed b_changed slower
changed 'what did not change' unchanged a_same slower
changed 'a faster build' improved b_changed faster
check 'the report reads it' "$kt" report "$tmp/slower.jsonl"
check 'in the order of the words' sh -c "'$kt' bench '$plain' --against '$plain' --list | grep -q 'one (old) one (new) two (old) two (new)'"

# What only one side has: a build that knows less.
sed "s|SUITE|$plain|" >"$tmp/side-less" <<'S'
#!/bin/sh
[ "$1" = --bench-list ] || exec SUITE "$@"
SUITE --bench-list | sed -e '/^d_/d' -e '/^b_/s/one,two/one/' -e '/^a_/s/latency/time/'
S
chmod +x "$tmp/side-less"
bench 'less in OLD' 0 less --against "$tmp/side-less" "$plain" --filter '^[abcd]_'
said 'a question' '^kt bench: d_setting: left out: only new has it$'
said 'an arm' '^kt bench: b_changed: two: left out: only new has it$'
said 'a mode' '^kt bench: a_same: left out: its mode is time in old and latency in new$'
refused 'nothing in common' 4 'no question of both suites' "$kt" bench --against "$tmp/side-less" "$plain" --filter '^nothing'

# A record that is not read again has an exit status as well.
timeout 120 "$kt" bench --against "$plain" "$changed" --filter '^b_' --time 2s -o - >"$tmp/streamed.jsonl" 2>"$tmp/said" </dev/null
check 'a streamed record: a regression' test $? -eq 1
changed 'a streamed record' regressed b_changed streamed

refused 'no such build' 2 'no-such-build' "$kt" bench --against "$tmp/no-such-build" "$plain"
refused 'both at once' 2 'exclude each other' "$kt" bench --against "$plain" --toggle true true "$plain"
refused 'traced' 2 'does not go with --against' "$kt" bench --trace --against "$plain" "$plain"
refused 'a baseline' 2 'each arm is compared with itself' "$kt" bench --baseline one --against "$plain" "$plain"
refused 'slower' 2 'with --against name regressed' "$kt" bench --fail-on slower --against "$plain" "$plain"
refused 'regressed arms' 2 'needs --against or --toggle' "$kt" bench --fail-on regressed "$plain"
refused 'a baseline' 2 'does not go with --toggle' "$kt" bench --baseline one --toggle true true "$plain"
refused 'one command' 2 'takes two commands' "$kt" bench "$plain" --toggle true
refused 'no execution' 2 'repeat-exec' "$kt" bench --repeat-exec 0 "$plain"

# What goes wrong on one side costs its question, or its arm; the others are measured.
for side in old new; do
	if [ $side = old ]; then pair="$bad $plain"; else pair="$plain $bad"; fi
	# shellcheck disable=SC2086
	bench "$side goes wrong" 5 "bad-$side" --against $pair --patience 300ms --filter '^[efghz]_'
	said "$side goes wrong" "^kt bench: g_crash: two \($side\): killed by signal 6 .* in the body"
	said "$side goes wrong" "^kt bench: g_exit: two \($side\): exited with status 7 in the body"
	said "$side goes wrong" "^kt bench: g_hang: two \($side\): no answer within"
	said "$side goes wrong" "^kt bench: g_stop: two \($side\): no answer within"
	said "$side goes wrong" "^kt bench: g_page: two \($side\): the shared page was overwritten"
	said "$side goes wrong" "^kt bench: f_histogram: two \($side\): given up: "
	said "$side goes wrong" "^kt bench: f_body_fails: two \($side\): checksum differs"
	silent "$side goes wrong" ' (z_fine|h_flood|h_closed): '
	for q in z_fine h_flood h_closed; do
		recorded "$side goes wrong" '"instance"' "\"question\":\"$q\",\"instance\":7" "bad-$side"
	done
	for q in f_histogram f_body_fails e_skip; do
		recorded "$side: the other arm" '"instance"' "\"question\":\"$q\",\"instance\":7,.*\"arm\":\"one \(new\)\"" "bad-$side"
	done
done

# ---- two settings
setting=$tmp/setting
export KT_TEST_SETTING=$setting
set_a="echo 1000 >$setting; printf A >>$tmp/order" set_b="echo 1500 >$setting; printf B >>$tmp/order"
bench 'a setting that slows' 1 setting "$plain" --toggle "$set_a" "$set_b" --filter '^[ad]_'
recorded 'a setting' '"header"' '"kind":"settings","toggle":\["echo 1000' setting
recorded 'a setting' '"recheck"' '"question":"d_setting","arms":\["two \(B\)"\]' setting
changed 'a setting that slows' regressed d_setting setting
check 'it is undone' grep -qx 1000 "$setting"
check 'once' grep -qE '[AB]*A$' "$tmp/order"
bench 'a setting that does nothing' 0 nothing --toggle true true "$plain" --filter '^a_'
bench 'a command that fails' 5 fails "$plain" --toggle "$set_a" 'echo t""old; exit 3' --filter '^[az]_'
said 'a command that fails' "^kt bench: the command 'echo t..old; exit 3' of --toggle exited with status 3\$"
said 'what it prints' '^told$'
check 'and what it prints is not in the results' sh -c "! grep -q told '$tmp/ran'"
check 'no question after it' test "$(grep -c '"type":"question"' "$tmp/fails.jsonl")" -le 1
bench 'an undo that fails' 5 undo "$plain" --toggle "[ ! -e $setting.no ]" "touch $setting.no" --filter '^a_'
said 'an undo that fails' "^kt bench: the machine was not left as .* makes it: .* exited with status 1\$"

# Interrupted in the middle: the machine is left in setting A, nobody is left, also by kill -9.
for how in INT TERM KILL GROUP; do
	rm -f "$tmp/order" "$setting"
	setsid "$kt" bench "$plain" --toggle "$set_a" "$set_b" --repeat-exec 100 --time 100s --filter '^z_' \
		-o "$tmp/$how.jsonl" >"$tmp/ran" 2>"$tmp/said" </dev/null &
	pid=$!
	for _ in $(seq 600); do
		[ -e "$tmp/order" ] && [ "$(tr -cd B <"$tmp/order" | wc -c)" -ge 3 ] && break
		sleep 0.05
	done
	children=$(pgrep -P $pid)
	check "$how: it was under way" test -n "$children"
	if [ $how = GROUP ]; then kill -INT -- -$pid; else kill -$how $pid; fi
	wait $pid 2>/dev/null
	status=$?
	# shellcheck disable=SC2086 # words
	alive=$(survivors $children)
	check "$how: nobody is left" test -z "$alive"
	check "$how: setting A" grep -qx 1000 "$setting"
	check "$how: it came last" grep -qE 'A$' "$tmp/order"
	if [ $how = KILL ]; then want=137; else want=130; fi
	check "$how: exit status" test $status -eq $want
	check "$how: the record is read" "$kt" report "$tmp/$how.jsonl"
done

# Without standard descriptors, as some daemons start what they start: the record is a record all the same.
for closed in '2>&-' '<&- >&- 2>&-'; do
	rm -f "$tmp/closed.jsonl" "$setting"
	timeout 60 sh -c "exec '$kt' bench '$plain' --filter '^z_' --time 1s -o '$tmp/closed.jsonl' \
		--toggle 'echo A; echo A >$setting' 'echo B; echo B >$setting' $closed"
	check "$closed: strict JSON" strict_jsonl "$tmp/closed.jsonl"
	check "$closed: it is measured" grep -q '"instance"' "$tmp/closed.jsonl"
	check "$closed: the setting is undone" grep -qx A "$setting"
done

# ---- executions
bench 'executed anew' 0 exec "$plain" --no-trace --repeat-exec 4 --filter '^c_'
check 'four processes at least' python3 - "$tmp/exec.jsonl" <<'P'
import json, sys
pids = set()
for line in open(sys.argv[1]):
    r = json.loads(line)
    for part in r["parts"] if r["type"] == "instance" else ():
        pids.add(part["counters"]["pid"] / len(part["passes"]))
assert len(pids) >= 4, pids
P
finish
