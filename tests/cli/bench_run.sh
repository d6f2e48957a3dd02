#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kt bench from end to end: a short run, an ordinary user, kill -9 in the middle, hostile names.
. "$(dirname "$0")/lib.sh"

# A short run of everything; with tracing where it is permitted.
mkdir "$tmp/run" && chmod 777 "$tmp" "$tmp/run"
if (cd "$tmp/run" && timeout 240 "$kt" bench --time 200ms >out 2>err </dev/null); then ok; else
	bad "kt bench: exit $?"
	tail -n 5 "$tmp/run/err"
fi
run=$tmp/run/results/latest
check 'run.jsonl' test -s "$run/run.jsonl"
check 'report.html' test -s "$run/report.html"
check 'every record is strict JSON' strict_jsonl "$run/run.jsonl"
check 'it says how kt and the suite were built' python3 - "$run/run.jsonl" "$kt" "$KT_BUILD/kt-suite" <<'P'
import json, re, subprocess, sys
def said(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
def build_id(path):
    return re.search("Build ID: ([0-9a-f]+)", said("readelf", "-n", path))[1]
path, kt, suite = sys.argv[1:]
h = json.loads(open(path).readline())
assert said(kt, "--version") == f"kt {h['version']}\n", h
assert h["build_id"] == build_id(kt) and h["compiler"] and h["flags"], h
s = h["suite"]
assert s["name"] == "kt-suite" and s["build_id"] == build_id(suite), h
assert s["version"] == h["version"] and s["compiler"] and "-fno-omit-frame-pointer" in s["flags"], h
P
"$kt" report "$run/run.jsonl" --format json >"$tmp/run.json"
check 'the JSON report is strict JSON' strict_json "$tmp/run.json"
check 'it is complete and has all topics' python3 - "$tmp/run.json" <<'P'
import json, sys
r = json.load(open(sys.argv[1]))
assert r["schema"] == 6 and r["complete"] is True
topics = {x["benchmark"].split("/")[0] for x in r["results"]}
assert topics == {"wakeup", "park", "create_stop", "work_queue"}, topics
for x in r["results"]:
    if x["source"] == "bench":
        assert x["count"] > 0 and x["unit"] == "ns", x
        shown = [x[q] for q in ("p50", "p90", "p99", "p999", "max") if x[q] is not None]
        assert len(shown) > 1 and shown == sorted(shown), x
for c in r["comparisons"]:
    assert c["verdict"] in ("slower", "faster", "equivalent", "inconclusive") and c["kind"] == "arms", c
    assert c["lo"] is None or c["lo"] <= c["ratio"] <= c["hi"], c
P
check 'no plots or scripts from outside' sh -c "! grep -qE '<script [^>]|(src|href)=.?https?:' '$run/report.html'"

# An earlier run is kept.
first=$(readlink -f "$run")
(cd "$tmp/run" && timeout 60 "$kt" bench --time 50ms --no-trace --filter '^create_stop$' >out2 2>err2 </dev/null)
check 'a second run has its own place' test "$(readlink -f "$run")" != "$first"
check 'and the first one is kept' test -s "$first/run.jsonl"

# What is compared with what, and what counts as nothing, stand in the record; the report says whether it failed.
(cd "$tmp/run" && timeout 60 "$kt" bench --time 50ms --no-trace --filter '^(park|create_stop)' --baseline keventd --zone 3% --fail-on slower \
	-o "$tmp/run/asked.jsonl" >out4 2>err4 </dev/null)
status=$?
check 'the baseline and the zone that were asked for' python3 - "$tmp/run/asked.jsonl" <<'P'
import json, sys
asked = [r for r in map(json.loads, open(sys.argv[1])) if r["type"] == "question"]
assert asked and all(r["zone"] == 0.03 for r in asked), asked
has = ["keventd" in r["arms"] + list(r["skipped"]) for r in asked]
assert any(has) and all((r["baseline"] == "keventd") == h for r, h in zip(asked, has)), asked
P
"$kt" report "$tmp/run/asked.jsonl" --fail-on slower >/dev/null 2>"$tmp/said"
check 'it fails by what its report says' test $status -eq $?
check 'which both say alike' test "$(grep -c ' slower$' "$tmp/run/err4")" = "$(grep -c ' slower$' "$tmp/said")"
# Several runs in one record: each has a header, an id and a seed of its own, and an end; the table pools them.
(cd "$tmp/run" && timeout 120 "$kt" bench --repeat 3 --seed 7 --time 50ms --no-trace --filter '^create_stop$' -o "$tmp/run/three.jsonl" \
	>out4 2>err4 </dev/null)
check 'three runs' python3 - "$tmp/run/three.jsonl" <<'P'
import json, sys
records = [json.loads(line) for line in open(sys.argv[1])]
heads = [r for r in records if r["type"] == "header"]
assert [h["seed"] for h in heads] == [7, 8, 9], heads
assert len({h["id"] for h in heads}) == 3
assert len([r for r in records if r["type"] == "environment"]) == 3
assert [r["status"] for r in records if r["type"] == "end"] == ["complete"] * 3
P
check 'which run it is' sh -c "grep -q 'run 3 of 3: 1 question' '$tmp/run/err4'"
check 'the summary is of all' grep -q '^kt bench, 3 runs, 1 machine: 1 question, ' "$tmp/run/out4"

# Interrupted in the second of many: that run says so, the first is whole, and none follows.
(cd "$tmp/run" && exec timeout -s INT 60 "$kt" bench --repeat 500 --time 50ms --no-trace --filter '^create_stop$' -o "$tmp/run/many.jsonl" \
	>out5 2>err5 </dev/null) &
pid=$!
for _ in $(seq 300); do
	[ "$(grep -c '"type":"header"' "$tmp/run/many.jsonl" 2>/dev/null)" = 2 ] && break
	sleep 0.1
done
kill -INT $pid
wait $pid
check 'interrupted amid runs' test $? -eq 130
check 'what it leaves' python3 - "$tmp/run/many.jsonl" <<'P'
import json, sys
records = [json.loads(line) for line in open(sys.argv[1])]
ends = [r["status"] for r in records if r["type"] == "end"]
heads = len([r for r in records if r["type"] == "header"])
assert heads == len(ends) < 10 and set(ends[:-1]) == {"complete"}, ends
P

# Questions with a load of their own run only where a filter selects them, and leave nothing running.
check 'wakeup/load=* are not in a run of everything' sh -c "! grep -q 'load=' '$first/run.jsonl'"
check 'wakeup/load=* are listed as such' sh -c "'$kt' bench --list | grep -q '^wakeup/load=hog/cpu=cross .*only with --filter'"
if [ "$(nproc)" -gt 1 ]; then
	(cd "$tmp/run" && timeout 120 "$kt" bench --time 50ms --no-trace --filter '^wakeup/load=' -o load.jsonl >out5 2>err5 </dev/null)
	check 'wakeup/load=*: they end well' test $? -eq 0
	check 'wakeup/load=*: each arm has been measured' python3 - "$tmp/run/load.jsonl" <<'P'
import json, sys
seen = {}
for r in map(json.loads, open(sys.argv[1])):
    if r["type"] == "question":
        seen[r["question"]] = set(r["arms"]) if isinstance(r["arms"], list) else set(r["arms"].keys())
    if r["type"] == "instance":
        seen[r["question"]] -= {p["arm"] for p in r["parts"] if p["passes"]}
assert set(seen) == {"wakeup/load=hog/cpu=cross", "wakeup/load=crowd/cpu=cross"} and not any(seen.values()), seen
P
else
	skip 'wakeup/load=* needs two CPUs'
fi

# Other programs on every CPU: the run says so, and under --strict its exit status too. They end by themselves.
hogs=
for _ in $(seq "$(nproc)"); do
	timeout 60 sh -c 'while :; do :; done' &
	hogs="$hogs $!"
done
(cd "$tmp/run" && COLUMNS=200 timeout 60 "$kt" bench --strict --time 700ms --no-trace --filter '^park/cpu=same$' -o strict.jsonl >out5 2>err5 </dev/null)
check '--strict: status 3 on a machine that others keep busy' test $? -eq 3
kill $hogs
wait $hogs 2>/dev/null
check '--strict: the line names the question and why' grep -q 'park/cpu=same: the machine was unsteady: .* of other programs' "$tmp/run/err5"
check '--strict: what was measured is reported' grep -q 'UNSTEADY in 1 of 1 question: ' "$tmp/run/out5"
check 'a record without the other programs'"'"' share is read' sh -c "sed 's/\"foreign\":[^,]*,//g; s/,\"wall_ns\":[0-9]*}}/}}/' '$tmp/run/strict.jsonl' >'$tmp/old.jsonl' && ! grep -q foreign '$tmp/old.jsonl' && '$kt' report '$tmp/old.jsonl'"
check '--strict and a record that cannot be read again' sh -c "'$kt' bench --strict -o - --filter '^park/cpu=same$' 2>'$tmp/strict.err' >/dev/null; test \$? -eq 2 && grep -q 'name a file' '$tmp/strict.err'"

# Ordinary user: measures, says in one line what tracing would need, and the report says so too.
if [ "$(id -u)" = 0 ]; then
	cp "$kt" "$KT_BUILD/kt-suite" "$tmp/"
	chmod 755 "$tmp/kt" "$tmp/kt-suite"
	if (cd "$tmp/run" && timeout 60 setpriv --reuid=65534 --regid=65534 --clear-groups "$tmp/kt" bench \
		--time 100ms --filter '^wakeup/trip=oneway/cpu=same/wait=sleep$' -o "$tmp/run/user.jsonl" >out3 2>err3 </dev/null); then
		ok
	else
		bad "ordinary user: exit $?"
		cat "$tmp/run/err3"
	fi
	check 'one line says what tracing would need' test "$(grep -ciE 'CAP_BPF|root' "$tmp/run/err3")" = 1
	check 'the report says that phases were not taken' sh -c "'$kt' report --full '$tmp/run/user.jsonl' | grep -qi 'phases.*not taken' && '$kt' report '$tmp/run/user.jsonl' | grep -q '^tracing    no phases: '"
	check 'tracing asked for but refused' sh -c "cd '$tmp/run'; setpriv --reuid=65534 --regid=65534 --clear-groups '$tmp/kt' bench --trace --time 50ms --filter oneway -o '$tmp/run/u2.jsonl'; test \$? -eq 2"
else
	skip 'not root: the run above was that of an ordinary user'
fi

# kill -9 in the middle: the file is readable and marked, nothing is left running.
(cd "$tmp/run" && exec "$kt" bench --no-trace --time 30s --filter '^wakeup/trip=oneway/cpu=same/wait=sleep$' -o "$tmp/run/killed.jsonl") >/dev/null 2>&1 </dev/null &
pid=$!
for _ in $(seq 200); do
	[ "$(cat "$tmp/run/killed.jsonl" 2>/dev/null | grep -c '"instance"')" -gt 2 ] && break
	sleep 0.1
done
children=$(pgrep -P $pid)
check 'it had a worker' test -n "$children"
kill -9 $pid
wait $pid 2>/dev/null
# shellcheck disable=SC2086 # words
alive=$(survivors $children)
check 'no orphan' test -z "$alive"
"$kt" report "$tmp/run/killed.jsonl" >"$tmp/killed.txt" 2>&1 || bad 'report of a killed run'
check 'marked as interrupted' grep -qi interrupted "$tmp/killed.txt"
"$kt" report "$tmp/run/killed.jsonl" --format json >"$tmp/killed.json"
check 'in JSON too' python3 -c 'import json,sys; r=json.load(open(sys.argv[1])); assert r["complete"] is False and r["results"]' "$tmp/killed.json"
check 'and as a page' sh -c "'$kt' report '$tmp/run/killed.jsonl' --format html | grep -qi interrupted"

# Cut the file in the middle of its last line: still readable.
head -c $(($(stat -c %s "$tmp/run/killed.jsonl") - 40)) "$tmp/run/killed.jsonl" >"$tmp/torn.jsonl"
check 'a torn last line' "$kt" report "$tmp/torn.jsonl"

# Hostile names, everywhere a record can carry one.
python3 - "$run/run.jsonl" "$tmp/hostile.jsonl" <<'P'
import json, sys
evil = "<script>alert(1)</script>\x1b[31m"
arms = {}
def walk(v):
    if isinstance(v, dict):
        return {(evil if k == "libkthread" else k): walk(x) for k, x in v.items()}
    if isinstance(v, list):
        return [walk(x) for x in v]
    return evil if v == "libkthread" else v
with open(sys.argv[2], "w") as out:
    for line in open(sys.argv[1]):
        out.write(json.dumps(walk(json.loads(line))) + "\n")
P
for f in text html json; do "$kt" report "$tmp/hostile.jsonl" --format $f >"$tmp/hostile.$f" || bad "hostile $f"; done
check 'no script in the page but its own' test "$(grep -o '<script' "$tmp/hostile.html" | wc -l)" -eq 1
check 'the name is there, escaped' grep -q '&lt;script&gt;' "$tmp/hostile.html"
check 'no escape byte in any format' sh -c "! grep -q \$'\\x1b' '$tmp/hostile.html' '$tmp/hostile.json' '$tmp/hostile.text'"
check 'strict JSON' strict_json "$tmp/hostile.json"

# What the record's output has kt ignore is no business of a worker: SIGPIPE, and SIGXFSZ as a write beyond a limit.
cat >"$tmp/signals" <<'P'
#!/bin/sh
case $1 in
--bench-list) printf 'q\ttime\t0\t0\t-\ta\n' ;;
*) grep SigIgn /proc/self/status >"$0.mask" ;;
esac
P
chmod +x "$tmp/signals"
timeout 60 "$kt" bench --time 40ms -o "$tmp/signals.jsonl" "$tmp/signals" >"$tmp/ran" 2>"$tmp/said" </dev/null
check 'a worker under -o is run' test -s "$tmp/signals.mask"
check 'and ignores neither SIGPIPE nor SIGXFSZ' test $((0x$(awk '{ print $2 }' "$tmp/signals.mask") & (1 << 12 | 1 << 24))) -eq 0
finish
