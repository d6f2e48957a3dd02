#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A row for each of ten thousand threads, and what becomes of those that find no room (many_threads.c); then the same
# of kt trace as a whole, with its report: maps and process together stay within 64 MB.
set -u
build=${KT_BUILD:-build}
"$build/tests/tracer/many_threads" || exit 1
tmp=$(mktemp -d)
trap 'kill $pid 2>/dev/null; rm -rf "$tmp"' EXIT
pid=
"$build/tests/tracer/many_threads" sleepers >"$tmp/ready" &
pid=$!
for ((i = 0; i < 300; i++)); do
	grep -q ready "$tmp/ready" && break
	sleep 0.1
done
python3 - "$build/kt" "$pid" "$tmp/trace" <<'P'
import os, re, subprocess, sys, time

kt, pid, record = sys.argv[1:]
args = [kt, "trace", "wakeup", "--by", "thread", "-p", pid, "-d", "4s", "-o", record]
trace = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
maps, peak, late = 0, 0, time.monotonic() + 60
while trace.poll() is None and time.monotonic() < late:
    seen = {}
    try:
        for fd in os.listdir(f"/proc/{trace.pid}/fdinfo"):
            text = open(f"/proc/{trace.pid}/fdinfo/{fd}").read()
            at = re.search(r"map_id:\s*(\d+)", text)
            if at:
                seen[at[1]] = int(re.search(r"memlock:\s*(\d+)", text)[1]) // 1024
        peak = max(peak, int(re.search(r"VmHWM:\s*(\d+)", open(f"/proc/{trace.pid}/status").read())[1]))
    except (OSError, TypeError):
        pass
    maps = max(maps, sum(seen.values()))
    time.sleep(0.02)
out, err = trace.communicate(timeout=60)
if trace.returncode == 2 and not peak:
    print("SKIP:", err.strip())
    print("0 passed, 0 failed")
    sys.exit()
print(f"    kt trace --by thread: maps {maps / 1024:.1f} MB, process {peak / 1024:.1f} MB")
more = re.search(r"^([\d ]+) more", out, re.M)
ok = trace.returncode == 0 and maps > 0 and maps + peak <= 64 << 10 and more
if not ok:
    print(out, err)
print(f"{'ok  ' if ok else 'FAIL'} the command as a whole, in 64 MB")
print(f"{int(bool(ok))} passed, {int(not ok)} failed")
sys.exit(not ok)
P
