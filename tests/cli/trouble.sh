#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What is wrong around kt is said as what it is, by kt report, diff and merge in each of their formats: a full disk, a pipe
# that nobody reads, a $TMPDIR that is not there, no gnuplot.
# Beside others: it only reads files.
. "$(dirname "$0")/lib.sh"

golden=tests/golden
mkdir "$tmp/bin" "$tmp/disk"
formats() { "$kt" "$1" -f none 2>&1 | sed -n 's/.*expected //p' | tr -d , | sed 's/ or / /'; }
# choose NAME FORMAT: into the array cmd; without gnuplot, which takes long
choose() {
	cmd=(env "PATH=$tmp/bin" "$kt" "$1" -f "$2")
	case $1-$2 in
	report-perfetto) cmd+=($golden/stream.jsonl) ;;
	report-*) cmd+=($golden/instances.jsonl) ;;
	diff-*) cmd+=($golden/runs_base.jsonl -- $golden/runs_new.jsonl) ;;
	merge-*) cmd+=($golden/small.jsonl $golden/instances.jsonl) ;;
	esac
}
# with OPTION...: cmd with further options before its files
with() { more=("${cmd[@]:0:6}" "$@" "${cmd[@]:6}"); }
# unread COMMAND...: it writes to a pipe, whose other end is closed before it begins
unread=$tmp/unread
cat >"$unread" <<'P'
#!/usr/bin/env python3
import os, subprocess, sys
r, w = os.pipe()
os.close(r)
status = subprocess.run(sys.argv[1:], stdout=w, timeout=60).returncode
sys.exit(status if status >= 0 else 128 - status)
P
chmod 755 "$unread"
mounts=
if unshare -m true 2>/dev/null; then mounts=yes; else skip 'a full disk: unshare -m was refused'; fi
# Room for a name and for nothing else.
cat >"$tmp/on-full-disk" <<T
mount -t tmpfs -o size=64k tmpfs '$tmp/disk' || exit 99
head -c 1000000 /dev/zero 2>/dev/null >'$tmp/disk/full'
"\$@"
status=\$?
[ "\$(ls -A '$tmp/disk')" = full ] || echo left
exit \$status
T

for name in report diff merge; do
	all=$(formats $name)
	check "$name: its formats are known" test "$(wc -w <<<"$all")" -ge 3
	for f in $all; do
		choose $name "$f"
		"${cmd[@]}" >"$tmp/good" 2>"$tmp/err"
		status=$?
		check "$name, $f: all is well" test $status -lt 2 -a -s "$tmp/good"
		refused "$name, $f: a full disk" 5 '^kt.*No space left on device$' sh -c 'exec "$@" >/dev/full' sh "${cmd[@]}"
		"$unread" "${cmd[@]}" 2>"$tmp/err"
		check "$name, $f: a closed pipe ends it, as any filter" test $? -eq $((128 + 13)) -a ! -s "$tmp/err"
		TMPDIR=$tmp/none "${cmd[@]}" >"$tmp/again" 2>"$tmp/err"
		check "$name, $f: \$TMPDIR is not needed" cmp "$tmp/good" "$tmp/again"
		[ $name != merge ] || continue # what it prints has no file
		with -o -
		refused "$name, $f: a closed pipe that was asked for" 5 'standard output: Broken pipe$' "$unread" "${more[@]}"
		[ -n "$mounts" ] || continue
		with -o "$tmp/disk/new"
		refused "$name, $f: a disk that becomes full" 5 'cannot write .*/new: No space left on device$' \
			unshare -m sh "$tmp/on-full-disk" "${more[@]}"
	done
done

# The record that kt merge writes.
choose merge text
for union in '' --union; do
	with $union -o /dev/full
	refused "merge $union: a full device" 5 'cannot write /dev/full: No space' "${more[@]}"
	with $union -o -
	refused "merge $union: a closed pipe" 5 'standard output: Broken pipe$' "$unread" "${more[@]}"
	for name in new new.gz; do
		[ -n "$mounts" ] || continue
		with $union -o "$tmp/disk/$name"
		what="in $tmp/disk"
		[ -z $union ] || what=/$name
		refused "merge $union: a full disk, $name" 5 "cannot write .*$what: No space left on device\$" unshare -m sh "$tmp/on-full-disk" "${more[@]}"
	done
done
with -o -
refused 'merge: no $TMPDIR for what it puts aside' 5 "cannot make a temporary file in $tmp/none: No such file" env TMPDIR="$tmp/none" "${more[@]}"
[ -z "$mounts" ] || refused 'merge: a full $TMPDIR' 5 "temporary file in $tmp/disk: No space left" unshare -m sh "$tmp/on-full-disk" env TMPDIR="$tmp/disk" "${more[@]}"

# No gnuplot: the page says so, nothing else misses it.
"$kt" report -f html $golden/instances.jsonl >"$tmp/page"
choose report html
"${cmd[@]}" >"$tmp/without" 2>"$tmp/err"
check 'no gnuplot: the page says which package brings it' grep -q 'No plots.*gnuplot, which is not installed: package' "$tmp/without"
if command -v gnuplot >/dev/null; then
	check 'with it there is nothing to say' sh -c "! grep -q 'No plots' '$tmp/page' && grep -q '<svg class=plot' '$tmp/page'"
fi
choose report text
with --svg-dir "$tmp/plots"
refused 'no gnuplot, and plots are asked for' 5 'no plots: gnuplot is not installed: package' "${more[@]}"
check 'nothing is made' test ! -e "$tmp/plots"
finish
