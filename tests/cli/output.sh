#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Output files: nothing but a regular file is ever replaced, and that as a whole or not at all. A program of ours in the
# place of gnuplot, which `kt report` runs in the middle of a page, does what others may do meanwhile.
. "$(dirname "$0")/lib.sh"

record=tests/golden/small.jsonl
umask 022
chmod 755 "$tmp"
work=$tmp/work
mkdir "$work"
report() { timeout 60 "$kt" report "$record" "$@" </dev/null; }
mode_of() { stat -c %a "$1"; }
left_over() { find "$work" -name '.*' -type f; }
is_report() { grep -q '^kt bench' "$1"; }
untouched() { [ "$(cat "$1")" = precious ]; }
precious() { echo precious >"$1"; }

# Somebody for whom permissions count, who can reach what they need.
user=
if [ "$(id -u)" = 0 ]; then
	user='setpriv --reuid=65534 --regid=65534 --clear-groups'
	cp "$kt" "$tmp/kt"
	cp $record "$tmp/record"
	chmod 755 "$tmp/kt"
	kt=$tmp/kt record=$tmp/record
fi

# ---- regular files
check 'a new file' report -o "$work/new"
check 'it is the report' is_report "$work/new"
check 'its mode is what the umask leaves' test "$(mode_of "$work/new")" = 644
check 'with another umask' sh -c "umask 027; '$kt' report $record -o '$work/new2'; umask 0; '$kt' report $record -o '$work/new3'"
check 'less is left' test "$(mode_of "$work/new2")" = 640
check 'or all of it' test "$(mode_of "$work/new3")" = 666

precious "$work/there"
refused 'a file that exists' 2 'exists already.*--force' "$kt" report $record -o "$work/there"
check 'is not touched' untouched "$work/there"
chmod 604 "$work/there"
check 'with --force' sh -c "umask 077; '$kt' report $record -F -o '$work/there'"
check 'it is replaced' is_report "$work/there"
check 'and keeps its mode' test "$(mode_of "$work/there")" = 604
chmod 444 "$work/there"
check 'also one that nobody may write' report -F -o "$work/there"
check 'which stays so' test "$(mode_of "$work/there")" = 444
check '--force of a file that is not there' report -F -o "$work/not-there"
check 'makes it' is_report "$work/not-there"

precious "$work/one"
ln "$work/one" "$work/other"
check 'a file with two names' report -F -o "$work/one"
check 'is replaced under the one' is_report "$work/one"
check 'and kept under the other' untouched "$work/other"

long=$(printf 'n%.0s' $(seq 250)).html
check 'the longest of names' report -o "$work/$long"
check 'is a page' grep -q '</html>' "$work/$long"
cp $record "$work/record"
refused 'the record itself' 2 'record itself' "$kt" report "$work/record" -F -o "$work/record"
check 'is kept' cmp "$record" "$work/record"

# ---- links
mkdir "$work/dir" "$work/far"
precious "$work/far/target"
ln -s ../far/target "$work/dir/link"
ln -s dir/link "$work/link"
refused 'a link to a file' 2 'exists already' "$kt" report $record -o "$work/link"
check 'a link to a link to a file' report -F -o "$work/link"
check 'stays a link' test "$(readlink "$work/link") $(readlink "$work/dir/link")" = 'dir/link ../far/target'
check 'and leads to the report' is_report "$work/far/target"
ln -s nowhere "$work/dangling"
refused 'a link to nothing' 2 'link to nowhere, which does not exist' "$kt" report $record -o "$work/dangling"
refused 'the same with --force' 2 'does not exist' "$kt" report $record -F -o "$work/dangling"
check 'makes nothing' test ! -e "$work/nowhere"
ln -s circle "$work/circle"
check 'the record itself, as standard input' sh -c "! '$kt' report - -F -o '$work/record' <'$work/record' && cmp '$record' '$work/record'"
refused 'a link to itself' 2 'circle: Too many' "$kt" report $record -F -o "$work/circle"

# ---- what is no file
refused 'a directory' 2 'is a directory' "$kt" report $record -o "$work/dir"
refused 'a directory, --force' 2 'is a directory' "$kt" report $record -F -o "$work/dir"
check 'is still there' test -d "$work/dir"
refused 'in no directory' 2 'no-such-dir' "$kt" report $record -o "$work/no-such-dir/x"
refused 'in a file' 2 'there/x: Not a directory' "$kt" report $record -o "$work/there/x"
refused 'without a name' 2 'the name of the output is empty' "$kt" report $record -o ''

if mknod "$work/null" c 1 3 2>/dev/null && mknod "$work/full" c 1 7 && : 2>/dev/null >"$work/null"; then
	for force in '' -F; do
		check "a device $force" report $force -o "$work/null"
		check "is still a device $force" test -c "$work/null"
	done
	ln -s null "$work/null-link"
	check 'a link to a device' report -F -o "$work/null-link"
	check 'both stay' test -c "$work/null" -a -L "$work/null-link"
	refused 'a full device' 5 'full: No space' "$kt" report $record -F -o "$work/full"
	check 'is still a device too' test -c "$work/full"
else
	skip 'mknod: refused, or devices do not work here'
	check 'a device' report -F -o /dev/null
	check 'is still a device' test -c /dev/null
fi
refused 'a full device of all' 5 '/dev/full: No space' "$kt" report $record -o /dev/full

mkfifo "$work/fifo"
for force in '' -F; do
	timeout 60 cat "$work/fifo" >"$tmp/read" &
	check "a FIFO $force" report $force -o "$work/fifo"
	wait $!
	check "passes on the report $force" is_report "$tmp/read"
	check "and is still a FIFO $force" test -p "$work/fifo"
done

listen() { # listen PATH: what comes to a socket there, to $tmp/heard
	timeout 60 python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
print(flush=True)
c, _ = s.accept()
with open(sys.argv[2], "wb") as f:
    while data := c.recv(4096):
        f.write(data)' "$1" "$tmp/heard"
}
exec 7< <(listen "$work/socket")
listener=$!
read -r -t 60 _ <&7
check 'a socket' report -F -o "$work/socket"
wait $listener
check 'hears the report' is_report "$tmp/heard"
check 'and is still a socket' test -S "$work/socket"
refused 'a socket that nobody listens to' 2 'socket: Connection refused' "$kt" report $record -o "$work/socket"
exec 7<&-

# ---- descriptors
for name in - /dev/stdout /dev/fd/1 /proc/self/fd/1; do
	{ echo before; report -F -o $name; echo after; } >"$tmp/seq"
	check "$name: in its place" sh -c "head -n 1 '$tmp/seq' | grep -qx before && grep -q '^kt bench' '$tmp/seq' &&
		tail -n 1 '$tmp/seq' | grep -qx after"
	check "$name: a pipe" sh -c "'$kt' report $record -o $name | grep -q '^kt bench'"
done
(report -o /dev/fd/9) 9>"$tmp/ninth"
check '/dev/fd/9' is_report "$tmp/ninth"
(report -o /dev/stderr) 2>"$tmp/second"
check '/dev/stderr' is_report "$tmp/second"
refused 'a descriptor that is closed' 2 'not open for writing' "$kt" report $record -o /dev/fd/99
refused 'one that can only be read' 2 'not open for writing' "$kt" report $record -o /dev/fd/0
refused 'standard output closed' 2 'standard output is not open' sh -c "exec >&-; exec '$kt' report $record"
check 'standard output is a socket' python3 - "$kt" $record <<'P'
import socket, subprocess, sys
ours, theirs = socket.socketpair()
p = subprocess.Popen([sys.argv[1], "report", sys.argv[2], "-o", "/dev/stdout"], stdout=theirs)
theirs.close()
text = b""
while data := ours.recv(4096):
    text += data
assert p.wait() == 0 and b"\nkt bench" in text, (p.returncode, text[:100])
P

# ---- what happens in the middle
mkdir "$tmp/bin"
cat >"$tmp/bin/gnuplot" <<T
#!/bin/sh
. '$tmp/hook'
T
chmod 755 "$tmp/bin/gnuplot"
hook() { printf '%s\n' "$1" >"$tmp/hook"; }
page=$tmp/bin/page
cat >"$page" <<T
#!/bin/sh
PATH='$tmp/bin:$PATH' exec timeout 60 '$kt' report '$record' -f html "\$@" </dev/null
T
chmod 755 "$page"

hook "echo precious >'$work/race'"
refused 'a file that comes meanwhile' 2 'exists already' "$page" -o "$work/race"
check 'is not lost' untouched "$work/race"
precious "$work/swap"
hook "rm '$work/swap'; mkfifo '$work/swap'"
refused 'a FIFO that comes meanwhile' 5 'swap has changed' "$page" -F -o "$work/swap"
check 'is not lost either' test -p "$work/swap"

precious "$work/secret"
chmod 600 "$work/secret"
hook "stat -c %a '$work'/.secret.* >'$tmp/mode'"
check 'a file that few may read' "$page" -F -o "$work/secret"
check 'is not shown to others meanwhile' grep -qx 600 "$tmp/mode"

precious "$work/kept"
for signal in INT TERM HUP; do
	hook "test -n \"\$(find '$work' -name '.kept.*')\" && touch '$tmp/seen'; kill -$signal \$PPID"
	rm -f "$tmp/seen"
	("$page" -F -o "$work/kept"; exit $?) 2>/dev/null
	check "SIG$signal ends it" test $? -gt 128
	check "SIG$signal: there was a temporary file" test -e "$tmp/seen"
	check "SIG$signal: there is none" test -z "$(left_over)"
	check "SIG$signal: the file is kept" untouched "$work/kept"
done
hook "kill -HUP \$PPID"
check 'an ignored SIGHUP stays ignored' sh -c "trap '' HUP; PATH='$tmp/bin:$PATH' '$kt' report $record -f html -o '$work/nohup'"

# A reader that goes away: gnuplot comes to an end when it is gone.
hook "for i in \$(seq 600); do [ -e '$tmp/gone' ] && break; sleep 0.1; done"
rm -f "$tmp/gone"
timeout 60 sh -c ": <'$work/fifo'; touch '$tmp/gone'" &
refused 'the reader of a FIFO goes away' 5 'fifo: Broken pipe' "$page" -o "$work/fifo"
wait $!
for name in - /dev/stdout; do
	rm -f "$tmp/gone"
	{ "$page" -o $name 2>"$tmp/said"; echo $? >"$tmp/status"; } | { exec <&-; touch "$tmp/gone"; }
	check "the reader of $name: status" grep -qx 5 "$tmp/status"
	check "the reader of $name: one line" sh -c "[ \$(wc -l <'$tmp/said') = 1 ] && grep -q 'Broken pipe' '$tmp/said'"
done
rm -f "$tmp/gone"
{ "$page" 2>"$tmp/said"; echo $? >"$tmp/status"; } | { exec <&-; touch "$tmp/gone"; }
check 'without -o it ends like any filter' grep -qx $((128 + 13)) "$tmp/status"
check 'and silently' test ! -s "$tmp/said"

# ---- no room
hook exit
precious "$work/small"
refused 'a limit of the size' 5 'limited: File too large' bash -c "ulimit -f 1; '$kt' report $record -f json -o '$work/limited'"
check 'leaves nothing' test ! -e "$work/limited"
refused 'a limit of the size, --force' 5 'small: File too large' bash -c "ulimit -f 1; '$kt' report $record -f json -F -o '$work/small'"
check 'leaves what was there' untouched "$work/small"
if unshare -m true 2>/dev/null; then
	cat >"$tmp/small-disk" <<T
mount -t tmpfs -o size=8k tmpfs '$work/dir' && echo precious >'$work/dir/old' || exit 99
'$kt' report $record -f json \$1 -o '$work/dir/'\$2
status=\$?
grep -qx precious '$work/dir/old' || echo lost
[ "\$(ls -A '$work/dir')" = old ] || echo left
exit \$status
T
	refused 'a full disk' 5 'new: No space' unshare -m sh "$tmp/small-disk" '' new
	refused 'a full disk, --force' 5 'old: No space' unshare -m sh "$tmp/small-disk" -F old
	refused 'a disk that cannot be written' 2 'x: Read-only' unshare -m sh -c \
		"mount -t tmpfs -o ro tmpfs '$work/dir' && '$kt' report $record -o '$work/dir/x'"
	cat >"$tmp/mounted" <<T
mount --bind '$tmp/hook' '$work/small' || exit 99
'$kt' report $record -F -o '$work/small'
T
	refused 'a file that is mounted there' 5 'small: Device or resource busy' unshare -m sh "$tmp/mounted"
else
	skip 'a full disk: unshare -m was refused'
fi

# ---- records: kt bench and kt trace write them as they go
bench=("$kt" bench --no-trace --time 20ms --filter '^create_stop$' -o)
trace=("$kt" trace stop --kthreads -d 10ms -o)
[ "$(id -u)" != 0 ] || cp "$KT_BUILD/kt-suite" "$tmp/"
writers=bench
if "${trace[@]}" "$work/tried" >"$tmp/said" 2>&1; then writers='bench trace'; else skip "kt trace -o: $(head -n 1 "$tmp/said")"; fi
umask 002
for w in $writers; do
	declare -n write=$w
	check "$w: a new record" timeout 60 "${write[@]}" "$work/$w.jsonl"
	check "$w: its mode" test "$(mode_of "$work/$w.jsonl")" = 664
	precious "$work/$w.there"
	refused "$w: a record that exists" 2 'exists already' "${write[@]}" "$work/$w.there"
	check "$w: is kept" untouched "$work/$w.there"
	refused "$w: a link to nothing" 2 'link to nowhere' "${write[@]}" "$work/dangling"
	refused "$w: a directory" 2 'Is a directory' "${write[@]}" "$work/far"
	for name in - /dev/fd/1; do
		timeout 60 "${write[@]}" $name 2>/dev/null </dev/null >"$tmp/piped"
		check "$w -o $name: nothing but the record" strict_jsonl "$tmp/piped"
		check "$w -o $name | kt report -" sh -c "'$kt' report - <'$tmp/piped' | grep -q '^kt $w'"
	done
	timeout 60 cat "$work/fifo" >"$tmp/read" &
	check "$w: a FIFO" sh -c '[ -z "$("$@")" ]' sh timeout 60 "${write[@]}" "$work/fifo"
	wait $!
	check "$w: passes on the record" strict_jsonl "$tmp/read"
	check "$w: all of it" grep -q '"type":"end"' "$tmp/read"
	check "$w: and is still a FIFO" test -p "$work/fifo"
	full=/dev/full
	[ ! -c "$work/full" ] || full=$work/full # a copy that may get lost
	timeout 60 "${write[@]}" "$full" >"$tmp/printed" 2>"$tmp/said" </dev/null
	check "$w: a full device" test $? -eq 2
	check "$w: says so" grep -q 'No space' "$tmp/said"
	check "$w: is still a device" test -c "$full"
done
umask 022

# ---- permissions
mkdir "$work/theirs" "$work/sticky" "$work/closed"
for d in theirs sticky closed; do precious "$work/$d/file"; done
chmod 640 "$work/theirs/file"
chmod 1777 "$work/sticky"
if [ "$(id -u)" = 0 ]; then
	chown 65534:65533 "$work/theirs" "$work/theirs/file"
	check 'root replaces the file of somebody' report -F -o "$work/theirs/file"
	check 'whose it stays' test "$(stat -c '%u:%g %a' "$work/theirs/file")" = '65534:65533 640'
	refused 'what is not theirs where all may write' 5 'sticky/file: Operation not permitted' $user "$kt" report $record -F -o "$work/sticky/file"
	check 'is kept' untouched "$work/sticky/file"
	chown 65534:65534 "$work/closed" "$work/closed/file"
else
	skip 'files of others: needs root'
fi
check 'they replace what is their own' $user "$kt" report $record -F -o "$work/theirs/file"
[ "$(id -u)" != 0 ] ||
	check 'a group that they are not in gets no rights by it' test "$(stat -c '%u:%g %a' "$work/theirs/file")" = '65534:65534 600'
chmod 555 "$work/closed"
refused 'a directory that they may not write' 2 'closed/x: Permission denied' $user "$kt" report $record -o "$work/closed/x"
refused 'not even with --force' 2 'beside .*closed/file: Permission denied' $user "$kt" report $record -F -o "$work/closed/file"
check 'which is kept' untouched "$work/closed/file"
chmod 755 "$work/closed"

check 'nothing is left' test -z "$(left_over)"
finish
