#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kt bench on a suite whose arms write garbage into the shared page (tests/unit/controller_hostile.c): what stderr
# says, the exit status, and that the record is one that kt report reads.
# Beside others: the values that its arms report are made up.
. "$(dirname "$0")/lib.sh"
suite=$KT_BUILD/tests/unit/controller_hostile

# measured NAME STATUS PATTERN QUESTION: exits with STATUS, stderr has a line that matches PATTERN, the report has "good"
measured() {
	local name=$1 want=$2 pattern=$3 question=$4 status record=$tmp/$4.jsonl
	timeout 100 "$kt" bench "$suite" --no-trace --time 40ms --filter "^$question\$" -o "$record" >"$tmp/ran" 2>"$tmp/said" </dev/null
	status=$?
	if [ "$status" -ne "$want" ]; then
		bad "$name: exit $status, expected $want"
		head -n 5 "$tmp/said"
	elif ! grep -qE -- "$pattern" "$tmp/said"; then
		bad "$name: nothing matches '$pattern'"
		head -n 5 "$tmp/said"
	else
		ok
	fi
	check "$name: strict JSON" strict_jsonl "$record"
	check "$name: the other arm is reported" sh -c "'$kt' report '$record' --format json | python3 -c '
import json, sys
good = [r for r in json.load(sys.stdin)[\"results\"] if r[\"arm\"] == \"good\"]
assert len(good) == 1 and good[0][\"count\"] > 0, good'"
}

measured 'an arm is given up' 5 '^kt bench: a_histogram: bad: given up: 4 of 4 .*does not add up$' a_histogram
measured 'and later' 5 '^kt bench: c_later: bad: given up: .*before it began$' c_later
measured 'an epoch is left out' 0 '^kt bench: c_once: bad: 1 of [0-9]+ epochs left out, .*before it began$' c_once
measured 'values are left out' 0 '^kt bench: c_some_impossible: bad: [0-9]+ impossible values left out' c_some_impossible
measured 'a counter is left out' 0 '^kt bench: c_infinite: bad: [0-9]+ values of counters left out' c_infinite

timeout 100 "$kt" bench "$suite" --no-trace --time 40ms --filter '^(b_first_words|z_fine)$' -o "$tmp/page.jsonl" >"$tmp/ran" 2>"$tmp/said" </dev/null
check 'a page overwritten costs its question' test $? -eq 5
check 'which is named' grep -q '^kt bench: b_first_words: bad: the shared page was overwritten' "$tmp/said"
check 'the next one is measured' sh -c "grep '\"instance\"' '$tmp/page.jsonl' | grep -q '\"z_fine\"'"

# On one side of a comparison of two builds, the other being harmless: each costs itself, on its side.
cp "$suite" "$tmp/harmless"
one_side() { # one_side SIDE OLD NEW
	local side=$1 q record=$tmp/$1.jsonl
	timeout 200 "$kt" bench --against "$2" "$3" --time 40ms --patience 1s --filter '^(a_[^a]|b_|c_i|c_s|z_)' \
		-o "$record" >"$tmp/ran" 2>"$tmp/said" </dev/null
	check "$side: exit status" test $? -eq 5
	check "$side: strict JSON" strict_jsonl "$record"
	for q in end_negative end_before_start start_zero histogram iterations names counters status; do
		check "$side: a_$q" grep -q "^kt bench: a_$q: bad ($side): given up: " "$tmp/said"
		check "$side: a_$q: the others are measured" sh -c "grep '\"instance\",\"question\":\"a_$q\"' '$record' | grep -q '\"arm\":\"good (old)\".*\"arm\":\"good (new)\"\|\"arm\":\"good (new)\".*\"arm\":\"good (old)\"'"
	done
	check "$side: a_setup_status" grep -q "^kt bench: a_setup_status: bad ($side): its status is 77" "$tmp/said"
	for q in first_words turn_back turn_garbage; do
		check "$side: b_$q" grep -q "^kt bench: b_$q: bad ($side): the shared page was .* in the body\$" "$tmp/said"
	done
	check "$side: values" grep -q "^kt bench: c_some_impossible: bad ($side): .* impossible values left out" "$tmp/said"
	check "$side: counters" grep -q "^kt bench: c_infinite: bad ($side): .* values of counters left out" "$tmp/said"
	check "$side: the last one is measured" sh -c "grep '\"instance\"' '$record' | grep -q '\"z_fine\"'"
	check "$side: and nothing is said of it" sh -c "! grep -q 'z_fine: ' '$tmp/said'"
	check "$side: nor of the other side" sh -c "! grep -E '(good|bad) \(' '$tmp/said' | grep -v '($side)'"
}
one_side old "$suite" "$tmp/harmless"
one_side new "$tmp/harmless" "$suite"

# By hand, without a controller.
timeout 60 "$suite" --bench-filter='^c_(some_)?impossible$' >"$tmp/ran" 2>"$tmp/said" </dev/null
check 'by hand: a failure' test $? -eq 5
check 'values left out are counted' grep -qE '^ +left out: [0-9]+ impossible values' "$tmp/ran"
check 'no value is no result' grep -qE '^  bad +failed: all 15 values were impossible' "$tmp/ran"
finish
