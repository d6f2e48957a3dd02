#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `make static`: kt and its suite measure, trace and report where there is nothing beside them: in an empty root directory
# that shows /proc and /sys.
. "$(dirname "$0")/lib.sh"

check 'make static' make -s B="${KT_BUILD#"$PWD/"}" static
at=$KT_BUILD/static
for program in kt kt-suite; do
	check "$program needs no shared library" sh -c "! readelf -d '$at/$program' | grep NEEDED && ! readelf -l '$at/$program' | grep INTERP"
done
[ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null || {
	skip 'not permitted: root, and a mount namespace, to try it in an empty root directory'
	finish
}

root=$tmp/root
mkdir -p "$root/proc" "$root/sys" "$root/out"
cp "$at/kt" "$at/kt-suite" "$root/"
# in_there COMMAND...: with what is mounted gone when it ends
in_there() {
	timeout 120 unshare -m sh -c 'mount --rbind /proc "$0/proc" && mount --rbind /sys "$0/sys" && exec chroot "$0" "$@"' "$root" "$@"
}
check 'it says its version' in_there /kt --version
check 'bench' in_there /kt bench --filter '^park/cpu=same' --time 100ms -o /out/run.jsonl
check 'report, as text' sh -c "$(declare -f in_there); root='$root'; in_there /kt report /out/run.jsonl | grep park"
check 'report, as a page' in_there /kt report /out/run.jsonl -o /out/run.html
check 'which says that it has no plots, and what brings them' grep -q 'No plots\..*gnuplot-nox' "$root/out/run.html"
needs_trace wakeup
check 'trace' in_there /kt trace wakeup -d 200ms -o /out/trace.jsonl
check 'with figures' grep -q '"type":"trace"' "$root/out/trace.jsonl"
finish
