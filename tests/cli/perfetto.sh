#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kt report -f perfetto: decoded by protoc; each event of the record is there, slices nest, flows pair up. No package here has
# Perfetto's own trace_processor, so what it would make of the trace is checked by the rules that Perfetto documents.
. "$(dirname "$0")/lib.sh"

record=tests/golden/stream.jsonl
check 'the generator still makes the record' sh -c "python3 tests/golden/make_run.py stream | cmp - $record"
refused 'a trace without single events' 2 'no single events are recorded here; kt trace wakeup, work, workqueue and park record' \
	"$kt" report -f perfetto tests/golden/threads.jsonl
refused 'a bench run' 2 'no single events are recorded here' "$kt" report tests/golden/small.jsonl -o "$tmp/x.pftrace"
check 'and there is no file' test ! -e "$tmp/x.pftrace"
sed '1s/0022"/0023"/' $record >"$tmp/other.jsonl"
refused 'events of two runs' 2 'events of several runs that are not of one boot' "$kt" report -f perfetto $record "$tmp/other.jsonl"
sed 's/"tid":501/"tid":5010000000/' $record >"$tmp/odd.jsonl"
refused 'ids that no kernel has' 2 'times or ids that no kernel has' "$kt" report -f perfetto "$tmp/odd.jsonl"
refused 'a full disk' 5 'space' sh -c "'$kt' report -f perfetto $record >/dev/full"
check 'a reader that goes away' sh -c "test \$('$kt' report -f perfetto $record | head -c1 | wc -c) -eq 1"
python3 - "$kt" report -f perfetto $record >"$tmp/pty" <<'P'
import os, pty, sys
pid, fd = pty.fork()
if not pid:
    os.execv(sys.argv[1], sys.argv[1:])
while True:
    try:
        data = os.read(fd, 4096)
    except OSError:
        break
    sys.stdout.buffer.write(data)
print("status", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
P
check "nothing for a terminal: $(cat "$tmp/pty")" bash -c \
	"tr -d '\r' <'$tmp/pty' | cmp - <(printf '%s\n' 'kt report: perfetto is not for a terminal; name a file with -o' 'status 2')"
"$kt" report -f perfetto $record >"$tmp/stream.pftrace"
check 'the suffix is enough' "$kt" report $record -o "$tmp/by-name.perfetto-trace"
check 'and the same' cmp "$tmp/stream.pftrace" "$tmp/by-name.perfetto-trace"
LC_ALL=de_DE.UTF-8 LANG=tr_TR.UTF-8 TZ=Asia/Kathmandu "$kt" report -f perfetto $record >"$tmp/elsewhere.pftrace"
check 'the same in any locale and time zone' cmp "$tmp/stream.pftrace" "$tmp/elsewhere.pftrace"
check 'as committed' cmp "$tmp/stream.pftrace" tests/golden/stream.pftrace
works=tests/golden/episodes.jsonl
check 'the generator still makes works and parks' sh -c "python3 tests/golden/make_run.py episodes | cmp - $works"
"$kt" report -f perfetto $works >"$tmp/episodes.pftrace"
check 'works and parks as committed' cmp "$tmp/episodes.pftrace" tests/golden/episodes.pftrace
tac <(grep '"event"' $record) | cat <(grep -v '"event"' $record | head -n 3) - >"$tmp/backwards.jsonl"
"$kt" report -f perfetto "$tmp/backwards.jsonl" -o "$tmp/backwards.pftrace"

if ! command -v protoc >/dev/null; then
	skip 'protoc is not installed (package protobuf-compiler): the trace was not decoded'
	finish
fi
decode() { # decode NAME: $tmp/NAME.pftrace to $tmp/NAME.proto
	protoc --decode=Trace --proto_path=tests/cli perfetto.proto <"$tmp/$1.pftrace" >"$tmp/$1.proto" 2>"$tmp/said" && test ! -s "$tmp/said"
}
holds() { # holds NAME RECORD: what must hold of any trace, and that all of RECORD is there
	python3 - "$tmp/$1.proto" "$2" <<'P'
import collections, json, re, sys
def text_format(path):
    """protoc's output as dicts of lists."""
    root = collections.defaultdict(list)
    stack = [root]
    for line in open(path, encoding="utf-8"):
        line = line.strip()
        if line.endswith("{"):
            name = line[:-1].strip()
            assert not name.isdigit(), "a field that the schema does not have: " + line
            stack[-1][name].append(collections.defaultdict(list))
            stack.append(stack[-1][name][-1])
        elif line == "}":
            stack.pop()
        else:
            name, value = line.split(": ", 1)
            assert not name.isdigit(), "a field that the schema does not have: " + line
            if value[0] == '"':
                raw = re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), value[1:-1])
                raw = re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t", "r": "\r"}.get(m[1], m[1]), raw)
                value = raw.encode("latin-1").decode("utf-8")
            elif re.fullmatch(r"\d+", value):
                value = int(value)
            stack[-1][name].append(value)
    return root
one = lambda message, name: message[name][0] if message[name] else None
packets = text_format(sys.argv[1])["packet"]
records = [json.loads(l) for l in open(sys.argv[2], encoding="utf-8")]
first = packets[0]
assert one(first, "sequence_flags") == 1 and one(first, "first_packet_on_sequence") in ("true", True)
assert one(one(first, "trace_packet_defaults"), "timestamp_clock_id") == 3, "CLOCK_MONOTONIC"
assert all(p["trusted_packet_sequence_id"] == [1] for p in packets) and all(p["sequence_flags"] == [2] for p in packets[1:])
snapshots = [one(p, "clock_snapshot") for p in packets if p["clock_snapshot"]]
assert len(snapshots) == 1 and one(snapshots[0], "primary_trace_clock") == "MONOTONIC"
interned = one(first, "interned_data")
names, categories, annotations = ({one(e, "iid"): one(e, "name") for e in interned[k]} for k in
                                  ("event_names", "event_categories", "debug_annotation_names"))
tracks, events = {}, collections.defaultdict(list)
for p in packets:
    for t in p["track_descriptor"]:
        assert one(t, "uuid") not in tracks and (not t["parent_uuid"] or one(t, "parent_uuid") in tracks), "declared before it is named"
        tracks[one(t, "uuid")] = t
    for e in p["track_event"]:
        assert one(e, "track_uuid") in tracks
        events[one(e, "track_uuid")].append((one(p, "timestamp"), e))
def told(e):
    return {annotations[one(a, "name_iid")]: one(a, "uint_value") if a["uint_value"] else one(a, "string_value") or a["array_values"]
            for a in e["debug_annotations"]}
thread = lambda uuid: one(tracks[uuid], "thread") or (tracks[uuid]["parent_uuid"] and thread(one(tracks[uuid], "parent_uuid"))) or None
starts, ends, slices = {}, {}, []
for uuid, list_ in events.items():
    assert all(a[0] <= b[0] for a, b in zip(list_, list_[1:])), "a track is in order of time"
    open_ = []
    for at, e in list_:
        kind = one(e, "type")
        if kind == "TYPE_SLICE_END":
            begun, b, depth = open_.pop()
            assert not open_ or (open_[-1][0] <= begun and at >= begun), "within the one around it"
            slices.append((uuid, depth, begun, at, names[one(b, "name_iid")], told(b)))
            continue
        assert one(e, "category_iids") in categories
        for f in e["flow_ids"]:
            assert f not in starts
            starts[f] = at, uuid, e
        for f in e["terminating_flow_ids"]:
            assert f not in ends
            ends[f] = at, uuid, e
        if kind == "TYPE_SLICE_BEGIN":
            # Depth among the parts of an event; that may itself be within a work.
            open_.append((at, e, 0 if "recorded" in told(e) else open_[-1][2] + 1))
        else:
            assert kind == "TYPE_INSTANT"
    assert not open_, "each slice ends"
assert starts.keys() == ends.keys(), "flows pair up"
assert all(ends[f][0] - starts[f][0] == told(ends[f][2]).get("delay_ns", 0) for f in starts), \
    "a flow takes no time, as the wait begins with the call; to a work it takes the work's delay"
# Each wait and park of the record once, on the track of its thread, as long as it was, its parts within; each work for as long as it ran.
waits = {}
for r in records:
    if r["type"] == "event":
        name = r.get("function") or (r["kind"] if r["kind"] == "park" else r["population"])
        r["length"] = r["phases"]["run"] if "function" in r else r["ns"]
        waits.setdefault((r["task"]["tid"], r["time_ns"] - r["length"], r["time_ns"], name), []).append(r)
found = {(one(thread(u), "tid"), a, b, name): told_ for u, depth, a, b, name, told_ in slices if not depth}
assert found.keys() == waits.keys(), found.keys() ^ waits.keys()
assert sum(1 for s in slices if not s[1]) == len(waits)
for key, told_ in found.items():
    for r in waits[key]:
        assert r["why"] in told_["recorded"] and told_["ns"] == r["length"] and told_.get("cpu") == r["cpu"]
        assert told_.get("migrations", 0) == r["migrations"] and told_.get("waker_tid") == (r["waker"] or {}).get("tid")
        assert "function" not in r or (told_["counted_as"] == r["population"] and told_["delay_ns"] == r["ns"] - r["length"])
        assert len(told_.get("ran_meanwhile", [])) >= len(r["behind"] or [])
        assert len(told_.get("stack", [])) >= (len(r["stack"]["kernel"] + r["stack"]["user"]) if r["stack"] else 0)
parts = collections.Counter(name for _, depth, _, _, name, _ in slices if depth)
expected = collections.Counter(name for group in waits.values() if "function" not in group[0] for name in group[0]["phases"])
assert parts == expected, (parts, expected)
for u, depth, a, b, name, _ in slices:
    assert (name == "premig") == (depth == 2) if depth else True
# A call of a thread is on its track; an interrupt's on that of its CPU.
woken = [group[0] for group in waits.values() if group[0]["waker"] and
         (group[0]["waker"]["context"] == "task" and group[0]["waker"]["tid"] or group[0]["waker"]["cpu"] is not None)]
assert len(starts) <= len(ends) and len(woken) == len(starts)
for at, uuid, e in starts.values():
    assert thread(uuid) or one(tracks[uuid], "name").startswith("CPU ")
    assert one(e, "type") == "TYPE_INSTANT" and one(e, "name").startswith(("wakes ", "queues ", "parks "))
on_cpus = sum(len([1 for _, e in l if one(e, "name").startswith("runs ")]) for u, l in events.items()
              if (one(tracks[u], "name") or "").startswith("CPU "))
assert on_cpus == sum(group[0]["cpu"] is not None and "function" not in group[0] for group in waits.values())
ids = {(r["task"]["tgid"], r["task"]["tid"]): None for r in records if r["type"] == "event"}
known = {(one(one(t, "thread"), "pid"), one(one(t, "thread"), "tid")): one(one(t, "thread"), "thread_name")
         for t in tracks.values() if t["thread"]}
assert ids.keys() <= known.keys()
called = collections.defaultdict(set)
for r in records:
    if r["type"] == "event":
        for who in filter(None, (r["task"], r["waker"])):
            called[who["tgid"], who["tid"]].add(who["comm"])
for who, name in known.items():
    assert name in called[who], "names are the bytes that they were"
print(len(waits), "waits,", len(starts), "flows,", len(tracks), "tracks")
P
}
check 'protoc decodes it, and knows every field' decode stream
check 'slices nest, flows pair up, all events are there' holds stream $record
cat "$tmp/out"
check 'works and parks: protoc decodes them' decode episodes
check 'works run after each other however they were queued, flows are as long as delays' holds episodes $works
cat "$tmp/out"
check 'one within another needs no track beside it' test "$(grep -c 'name: "at the same time"' "$tmp/episodes.proto")" -eq 0
of_boot() { sed "s/\"host_id\":\"/\"boot_id\":\"$1\",&/" "tests/golden/$2.jsonl"; } # of_boot ID NAME
cat <(of_boot b1 stream) <(of_boot b1 episodes) >"$tmp/boot.jsonl"
check 'two runs of one boot are one trace' "$kt" report "$tmp/boot.jsonl" -o "$tmp/boot.pftrace"
check 'protoc decodes it' decode boot
check 'all of both is there' holds boot "$tmp/boot.jsonl"
cat "$tmp/out"
cat <(of_boot b1 stream) <(of_boot b2 episodes) >"$tmp/boots.jsonl"
refused 'of two boots not' 2 'not of one boot' "$kt" report -f perfetto "$tmp/boots.jsonl"
check 'two that overlap have two tracks' test "$(grep -c 'name: "at the same time"' "$tmp/stream.proto")" -eq 2
check 'in whatever order the record has them' decode backwards
check 'all of it' holds backwards "$tmp/backwards.jsonl"

needs_trace wakeup --stream
# Of a command, whose waits there are, also where nothing else runs: each sleep ends with a timer, and its end wakes the shell.
sleeps='for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.01; done'
"$kt" trace wakeup --stream --stacks -o "$tmp/live.jsonl" -- sh -c "$sleeps" >/dev/null 2>&1
check 'a stream of this machine' "$kt" report "$tmp/live.jsonl" -o "$tmp/live.pftrace"
check 'protoc decodes it' decode live
check 'and all of it is there' holds live "$tmp/live.jsonl"
check 'each sleep has waited' grep -cE '"why":"stream".*"comm":"sleep"' "$tmp/live.jsonl"
cat "$tmp/out"
"$kt" trace wakeup --slower-than 1us --flight 100ms -o "$tmp/flight.jsonl" -- sh -c "$sleeps" >/dev/null 2>&1
check 'what the flight recorder kept' "$kt" report "$tmp/flight.jsonl" -o "$tmp/flight.pftrace"
check 'protoc decodes it' decode flight
check 'and all of it is there' holds flight "$tmp/flight.jsonl"
cat "$tmp/out"

# Works and parks of a program that does a known number of them, each asked for by its main thread.
drawn() { # drawn KIND NUMBER ARGUMENT...: of kthread_oracle ARGUMENT...
	local kind=$1 number=$2
	shift 2
	timeout 120 "$kt" trace "$kind" --stream -o "$tmp/$kind.jsonl" -- "$KT_BUILD/tests/tracer/kthread_oracle" "$@" \
		>"$tmp/$kind.txt" 2>/dev/null </dev/null
	check "$kind: each stands in the record" test "$(grep -c '"type":"event"' "$tmp/$kind.jsonl")" -eq "$number"
	check "$kind: the text report says that nothing is lost" grep -qx 'lost: nothing' "$tmp/$kind.txt"
	for format in json csv html md; do
		check "$kind: as $format" "$kt" report -f $format -o "$tmp/$kind.$format" "$tmp/$kind.jsonl"
	done
	check "$kind: a trace of them" "$kt" report "$tmp/$kind.jsonl" -o "$tmp/$kind.pftrace"
	check "$kind: protoc decodes it" decode "$kind"
	check "$kind: and all of it is there" holds "$kind" "$tmp/$kind.jsonl"
	cat "$tmp/out"
	check "$kind: a flow to each" test "$(grep -c 'terminating_flow_ids' "$tmp/$kind.proto")" -eq "$number"
}
drawn work 61 work 20 40 3 2
check 'works are called by their functions' test "$(grep -c '"queues oracle_step"' "$tmp/work.proto")" -eq 60
drawn park 25 park 25
check 'parks have their parts' grep -q 'name: "park_react"' "$tmp/park.proto"

# Waits and works of one program at the same time are one trace.
timeout 120 "$kt" trace wakeup --stream -o "$tmp/waits.jsonl" -- "$kt" trace work --stream -o "$tmp/works.jsonl" -- \
	"$KT_BUILD/tests/tracer/kthread_oracle" work 30 10 0 0 >/dev/null 2>&1 </dev/null
check 'waits and works' "$kt" report "$tmp/waits.jsonl" "$tmp/works.jsonl" -o "$tmp/both.pftrace"
check 'protoc decodes both' decode both
cat "$tmp/waits.jsonl" "$tmp/works.jsonl" >"$tmp/both.jsonl"
check 'and all of both is there' holds both "$tmp/both.jsonl"
cat "$tmp/out"
finish
