# SPDX-License-Identifier: GPL-2.0-only
# The built-in suite in this kernel, for function: every question is answered by every arm, and the record renders.
# Figures from an emulated machine say nothing and are not looked at; questions that spin take its CPUs' time from each
# other and are left out, as are those of several producers that run only when asked for. A few runs of two questions go to the host, for kt diff.
cd /tmp
if ! kt bench --filter '^(wakeup/.*wait=sleep|park/|work_queue/.*cpu=)' --time 1ms --no-trace -o /tmp/run.jsonl /bin/kt-suite >/tmp/out 2>&1; then
	echo "not ok kt bench: $?"
	tail -n 20 /tmp/out
fi
for format in text json; do
	if kt report /tmp/run.jsonl --format $format -o /tmp/report.$format 2>/tmp/err && [ -s /tmp/report.$format ]; then
		echo "ok report $format"
	else
		echo "not ok report $format: $(cat /tmp/err)"
	fi
done
sed -n -E 's/^\{"type":"(question|failed|end)",/&/p' /tmp/run.jsonl | cut -c 1-400

if kt bench --repeat 4 --filter '^(wakeup/trip=oneway/cpu=same/wait=sleep|park/cpu=same)$' --time 1ms --no-trace -o /tmp/runs.jsonl \
	/bin/kt-suite >/tmp/out 2>&1; then
	echo 'ok kt bench --repeat'
else
	echo "not ok kt bench --repeat: $?"
	tail -n 20 /tmp/out
fi
gzip -c /tmp/runs.jsonl | base64 | sed 's/^/RUNS /'
