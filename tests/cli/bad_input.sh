#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Bad input: one clear line, the right status, nothing overwritten.
. "$(dirname "$0")/lib.sh"

# kt bench
refused 'an unknown option' 2 "'--nope'" "$kt" bench --nope
refused 'bad regex' 2 'regular expression|filter' "$kt" bench --filter '(['
refused 'stacks without traced blocks' 2 'does not go with --no-trace' "$kt" bench --no-trace --stacks -o "$tmp/none.jsonl"
refused 'stacks of two sides' 2 'does not go with --against' "$kt" bench --against x --stacks -o "$tmp/none.jsonl"
refused 'filter without a match' 4 'match' "$kt" bench --no-trace --filter '^no-such-question$' -o "$tmp/none.jsonl"
check 'nothing left behind by it' test ! -s "$tmp/none.jsonl"
refused 'bad time' 2 'time' "$kt" bench --time 3parsecs
refused 'time of zero' 2 'time' "$kt" bench --time 0s
refused 'bad patience' 2 'patience' "$kt" bench --patience soon
refused 'a zone of nothing' 2 "zone '0'.*0.01% to 50%" "$kt" bench --zone 0
refused 'a zone that is no share' 2 "zone '2 %'" "$kt" bench --zone '2 %'
refused 'an unknown reason to fail' 2 "fail-on 'slower,slow'.*regressed, slower or unstable" "$kt" bench --fail-on slower,slow
refused 'a baseline that is no arm' 2 "no question has an arm 'futx'; there are .*futex" "$kt" bench --baseline futx -o "$tmp/none.jsonl"
refused 'one that the questions chosen do not have' 2 "'glib'; there are libkthread, futex" "$kt" bench --filter '^park/' --baseline glib -o "$tmp/none.jsonl"
check 'nothing was recorded' test ! -e "$tmp/none.jsonl"
refused 'to fail on a record that is gone' 2 'fail-on reads the record again.*name a file' "$kt" bench --filter '^park/' --no-trace --fail-on slower -o -
refused 'missing suite' 2 'no-such-suite' "$kt" bench "$tmp/no-such-suite"
refused 'suite that is no benchmark' 2 'benchmark|suite' "$kt" bench /bin/true
refused 'unwritable output' 2 'no-such-dir' "$kt" bench --filter create_stop -o "$tmp/no-such-dir/x.jsonl"
echo precious >"$tmp/there.jsonl"
refused 'output that exists' 2 'exist' "$kt" bench --filter create_stop -o "$tmp/there.jsonl"
check 'it was not overwritten' grep -qx precious "$tmp/there.jsonl"

check 'nowhere to print the list' sh -c "'$kt' bench --list >/dev/full; test \$? -eq 5"
if unshare -m true 2>/dev/null; then
	# The disk is full before the run begins.
	refused 'full disk' 2 'space' unshare -m sh -c "mkdir '$tmp/full' && mount -t tmpfs -o size=4k tmpfs '$tmp/full' &&
		head -c 4096 /dev/zero >'$tmp/full/x' && '$kt' bench --filter create_stop -o '$tmp/full/run.jsonl'
		status=\$?; [ ! -e '$tmp/full/run.jsonl' ] || echo left; exit \$status"
else
	skip 'a full disk: unshare -m was refused'
fi

# kt report
refused 'missing file' 2 'no-such-file' "$kt" report "$tmp/no-such-file.jsonl"
refused 'no record' 2 'there.jsonl' "$kt" report "$tmp/there.jsonl"
: >"$tmp/empty.jsonl"
refused 'empty file' 2 'empty' "$kt" report "$tmp/empty.jsonl"
head -c 100000 /dev/urandom >"$tmp/noise.jsonl"
refused 'noise' 2 'noise.jsonl' "$kt" report "$tmp/noise.jsonl"
printf '{"type":"header","schema":99,"tool":"bench"}\n{"type":"end"}\n' >"$tmp/future.jsonl"
refused 'unknown schema' 2 'schema' "$kt" report "$tmp/future.jsonl"
printf '{"type":"header","schema":1,"tool":"bench"}\n[1,2]\n{"type":"end","status":"complete"}\n' >"$tmp/array.jsonl"
check 'a record that is not an object costs itself' "$kt" report "$tmp/array.jsonl"
check 'and is named' sh -c "'$kt' report '$tmp/array.jsonl' | grep -q '1 line: not a JSON object (line 2)'"
python3 -c 'print("["*200000)' >"$tmp/deep.jsonl"
refused 'deep nesting' 2 'deep.jsonl' "$kt" report "$tmp/deep.jsonl"
refused 'directory' 2 'directory' "$kt" report "$tmp"
refused 'unknown format' 2 'format' "$kt" report --format interpretive-dance "$tmp/there.jsonl"

refused 'report: an unknown reason to fail' 2 "fail-on ''" "$kt" report --fail-on '' tests/golden/small.jsonl
refused 'report: arms do not regress' 2 'no builds or settings' "$kt" report --fail-on regressed tests/golden/small.jsonl
refused 'report: builds are not slower' 2 'no arms' "$kt" report --fail-on slower tests/golden/builds.jsonl

# kt trace
refused 'unknown kind' 2 'wakeup' "$kt" trace dance
refused 'no kind' 2 'wakeup' "$kt" trace
refused 'bad duration' 2 'time|duration' "$kt" trace wakeup -d 3parsecs
refused 'bad pid' 2 'pid|process' "$kt" trace wakeup -p abc -d 1s
refused 'bad interval' 2 "invalid -i 'often'.*500ms" "$kt" trace wakeup -i often
refused 'an interval that is none' 2 'invalid -i' "$kt" trace wakeup -i 0s
refused 'an interval too short' 2 'at least 1ms' "$kt" trace wakeup -i 999us
refused 'no number of lines' 2 "invalid --top '0'.*1 to 1000000" "$kt" trace wakeup --by thread --top 0
refused 'a number with a unit' 2 "invalid --top '20 lines'" "$kt" trace wakeup --by thread --top '20 lines'
refused 'lines of what?' 2 '--top goes with --by' "$kt" trace wakeup --top 5
refused 'a breakdown that is none' 2 "invalid --by 'colour'.*thread" "$kt" trace wakeup --by colour
refused 'a flag with a value' 2 "stats" "$kt" trace wakeup --stats=yes
refused 'a bad limit' 2 "slower-than" "$kt" trace wakeup --slower-than soon
refused 'no name' 2 "'' is not a pattern" "$kt" trace wakeup -c ''
refused 'no command for the shell' 2 "--on-slow needs a command" "$kt" trace wakeup --on-slow ''
refused 'a stream into nothing' 2 '--stream writes into a record.*-o' "$kt" trace wakeup --stream
refused 'a flight into nothing' 2 '--flight writes into a record.*-o' "$kt" trace wakeup --flight 1s
refused 'an empty name for a record' 2 'the name of the output is empty' "$kt" trace wakeup -o ''
refused 'report: no number of lines' 2 "invalid --top 'all'" "$kt" report --top all tests/golden/trace.jsonl
sleep 0 & gone=$!
wait $gone
refused 'pid that is gone' 2 "$gone" "$kt" trace wakeup -p $gone -d 1s
if [ "$(id -u)" = 0 ]; then
	sleep 60 & other=$!
	refused 'process without the probes' 2 'probe' "$kt" trace work -p $other -d 1s
	kill $other
	refused 'existing output' 2 'exist' "$kt" trace wakeup -d 1s -o "$tmp/there.jsonl"
	check 'it was not overwritten either' grep -qx precious "$tmp/there.jsonl"
	refused 'unwritable output' 2 'no-such-dir' "$kt" trace wakeup -d 1s -o "$tmp/no-such-dir/x"
	refused 'command that is not there' 2 'no-such-command' "$kt" trace wakeup -- "$tmp/no-such-command"
	cp "$kt" "$tmp/kt"
	chmod 755 "$tmp" "$tmp/kt"
	refused 'no privilege' 2 'root|CAP_BPF' setpriv --reuid=65534 --regid=65534 --clear-groups "$tmp/kt" trace wakeup -d 1s
else
	skip 'kt trace needs root: its input was tested no further'
fi
finish
