#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kt trace's options about single waits: --slower-than, --stacks, --flight, --on-slow, --stream.
. "$(dirname "$0")/../cli/lib.sh"
chmod 755 "$tmp"

refused 'a limit of nothing' 2 'invalid --slower-than' "$kt" trace wakeup --slower-than 0
refused 'a flight of nothing' 2 'invalid --flight' "$kt" trace wakeup --flight soon
refused 'all waits and some' 2 'exclude each other' "$kt" trace wakeup --stream --flight 1s
for option in '--slower-than 1ms' --stacks --stream '--flight 1s' '--on-slow true'; do
	# shellcheck disable=SC2086
	refused "stop $option" 2 'single waits' "$kt" trace stop $option -o "$tmp/x"
done
for option in --stacks '--flight 1s' '--on-slow true'; do
	# shellcheck disable=SC2086
	refused "park $option" 2 'single waits, which only wakeup has' "$kt" trace park $option -o "$tmp/x"
done
refused 'single works without a record' 2 'name one with -o' "$kt" trace work --stream
refused 'slow parks without a record' 2 'name one with -o' "$kt" trace park --slower-than 1ms

needs_trace wakeup

# Waits of a timer, 20 ms apart, that all are slow: anything is longer than a nanosecond.
sleeps='for i in $(seq 60); do sleep 0.02; done'
# The same until a trace of 2.5 s has ended, however fast that is.
long_sleeps='for i in $(seq 130); do sleep 0.02; done'
trace() { timeout 60 "$kt" trace wakeup "$@" >"$tmp/said" 2>"$tmp/complained" </dev/null; }
# events FILE EXPRESSION: holds of the list e of the event records
events() {
	python3 - "$@" <<'P'
import json, sys
e = [r for r in map(json.loads, open(sys.argv[1])) if r["type"] == "event"]
def why(w):
    return [r for r in e if r["why"] == w]
def key(r):
    return (r["task"]["tid"], r["time_ns"])
if not eval(sys.argv[2]):
    sys.exit("%d events; %s" % (len(e), {w: len(why(w)) for w in ("worst", "slow", "stream", "flight")}))
P
}

check 'slow waits' trace --slower-than 1ns -o "$tmp/slow" -- sh -c "$sleeps"
check 'each stands in the record' events "$tmp/slow" 'len(why("slow")) > 100'
check 'with who ran meanwhile' events "$tmp/slow" 'all(r["behind"] is not None for r in why("slow"))'
check 'the worst too' events "$tmp/slow" 'len(why("worst")) == 10 and {key(r) for r in why("worst")} <= {key(r) for r in why("slow")}'
check 'woken by timers' events "$tmp/slow" 'sum(r["waker"] is not None and r["waker"]["context"] == "interrupt" for r in why("slow")) > 40'
check 'the default is a millisecond' trace -o "$tmp/default" -- sh -c "$sleeps"
check 'nothing shorter' events "$tmp/default" 'all(r["ns"] >= 1000000 for r in why("slow")) and len(why("worst")) == 10'
check 'a stream' trace --stream -o "$tmp/stream" -- sh -c "$sleeps"
check 'has all' events "$tmp/stream" 'len(why("stream")) > 100 and not why("slow")'
check 'stacks' trace --stacks --slower-than 1ns -o "$tmp/stacks" -- sh -c "$sleeps"
check 'have names' events "$tmp/stacks" 'any("try_to_wake_up" in f for r in e if r["stack"] for f in r["stack"]["kernel"])'

# A hog makes slow waits on its CPU; what waited before stands in the record as well, also on a machine where nothing
# else waits while the hog runs. It must end by itself: whoever is
# to end it may never get the CPU.
cat >"$tmp/hog" <<'P'
import os, time
os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(5))
end = time.monotonic() + 0.3
while time.monotonic() < end:
    pass
P
hog='taskset -c 0 sh -c "$0" & sleep 0.3; taskset -c 0 python3 "$1"; wait'
check 'a flight' trace --slower-than 50ms --flight 1s -o "$tmp/flight" -- sh -c "$hog" "$sleeps" "$tmp/hog"
check 'has a slow wait' events "$tmp/flight" 'why("slow")'
check 'what came before it, within the time' events "$tmp/flight" \
	'why("flight") and all(any(0 <= s["time_ns"] - r["time_ns"] <= 1000000000 for s in why("slow")) for r in why("flight"))'
check 'none twice' events "$tmp/flight" 'len({key(r) for r in why("flight") + why("slow")}) == len(why("flight") + why("slow"))'
check 'less than all' events "$tmp/flight" 'all(r["ns"] < 50000000 for r in why("flight"))'

# Everything is slow, and the command must not be executed more than once a second, nor beside itself.
mkdir -m 1777 "$tmp/open"
export OPEN=$tmp/open
begun=$(date +%s)
# A name of any length.
export "KT_$(printf 'A%.0s' $(seq 80))=1"
check 'on-slow' trace --slower-than 1ns --on-slow 'env >$OPEN/env.$$; cat >$OPEN/stdin; id -u >$OPEN/uid; echo printed' \
	-d 2500ms -o - -- sh -c "$long_sleeps"
elapsed=$(($(date +%s) - begun + 1))
nr=$(ls "$tmp/open"/env.* | wc -l)
check "executed $nr times in $elapsed s" test "$nr" -ge 2 -a "$nr" -le $((elapsed + 1))
fact() { grep -qE "^KT_$1\$" "$tmp"/open/env.*; }
check 'its facts' fact 'NS=[0-9]+'
for f in 'KIND=wakeup' 'POPULATION=woken' 'COMM=s.*' 'PID=[0-9]+' 'TID=[0-9]+' 'CPU=[0-9]+' 'MIGRATIONS=[0-9]+' 'OTHER_NS=[0-9]+' 'TIME_NS=[0-9]+'; do
	check "$f" fact "$f"
done
check 'nobody else speaks of the wait' sh -c "! grep -qE '^KT_(BUILD|AAA)' '$tmp'/open/env.*"
check 'its input is empty' test ! -s "$tmp/open/stdin"
check 'the record is only that' strict_jsonl "$tmp/said"
check 'what it prints is an aside' grep -q '^printed$' "$tmp/complained"

check 'one that runs' trace --slower-than 1ns --on-slow 'echo x >>$OPEN/once; sleep 4' -d 2500ms -o "$tmp/once" -- sh -c "$long_sleeps"
check 'is the only one' test "$(wc -l <"$tmp/open/once")" -eq 1

if [ "$(id -u)" = 0 ]; then
	check 'under sudo' env SUDO_UID=65534 SUDO_GID=65534 SUDO_USER=nobody timeout 60 \
		"$kt" trace wakeup --slower-than 1ns --on-slow 'id -u >$OPEN/caller' -- sh -c "$sleeps"
	check 'it is the caller' await grep -qx 65534 "$tmp/open/caller"
fi

# A disk that is full ends the trace with a word, not without one.
if [ "$(id -u)" = 0 ] && mkdir "$tmp/small" && mount -t tmpfs -o size=256k none "$tmp/small" 2>/dev/null; then
	timeout 60 "$kt" trace wakeup --stream -o "$tmp/small/record" -- sh -c "$long_sleeps; $long_sleeps" >"$tmp/out" 2>"$tmp/full"
	check 'a full disk is an error' test $? -eq 5
	check 'it is said' grep -q 'No space left' "$tmp/full"
	umount "$tmp/small"
else
	skip 'a full disk: no tmpfs to be had'
fi
finish
