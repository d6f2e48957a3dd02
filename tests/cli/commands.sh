#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The front door, and what every command has: help, version, and one line for what it does not understand.
# Beside others: it only asks for help.
. "$(dirname "$0")/lib.sh"

version=$("$kt" --version)
check 'the version' grep -qxE 'kt [0-9]+\.[0-9]+\.[0-9]+.*' <<<"$version"
check 'kt -V' test "$("$kt" -V)" = "$version"
commands=$("$kt" help | sed -n 's/^  \([a-z]*\)  *.*/\1/p')
check 'commands are listed' test "$(wc -w <<<"$commands")" -ge 5
for c in -h -? --help 'help help' '--help help'; do
	# shellcheck disable=SC2086 # words
	check "kt $c" test "$("$kt" $c)" = "$("$kt" help)"
done
"$kt" >"$tmp/printed" 2>"$tmp/said"
check 'kt alone: a usage error' test $? -eq 2
check 'with the list of commands' sh -c "'$kt' help | cmp - '$tmp/said'"
check 'on standard error only' test ! -s "$tmp/printed"

for c in $commands; do
	[ "$c" != help ] || continue
	check "$c --help" sh -c "'$kt' $c --help | head -n 1 | grep -q '^Usage: kt $c '"
	for h in "$c -h" "$c -?" "help $c" "-h $c"; do
		# shellcheck disable=SC2086 # words
		check "kt $h" test "$("$kt" $h)" = "$("$kt" "$c" --help)"
	done
	check "$c --help has no hole" sh -c "! '$kt' $c --help | grep -F '(null)'"
	check "$c --help lists what all have" sh -c "'$kt' $c --help | grep -q -- '-h, -?, --help' && '$kt' $c --help | grep -q -- '-V, --version'"
	check "$c --usage" sh -c "'$kt' $c --usage | grep -q '^Usage: kt $c '"
	check "$c -V" test "$("$kt" "$c" -V)" = "$version"
	check "$c --version" test "$("$kt" "$c" --version)" = "$version"
	check "$c --help on a full disk" sh -c "'$kt' $c --help 2>'$tmp/said' >/dev/full; test \$? -eq 5 && test \$(wc -l <'$tmp/said') = 1"
	refused "$c: an unknown option" 2 "^kt $c: unrecognized option '--nope'$" "$kt" "$c" --nope
	refused "$c: an unknown letter" 2 "^kt $c: invalid option -- 'z'$" "$kt" "$c" -z
done

refused 'an unknown command' 2 "unknown command 'frobnicate'.*kt help" "$kt" frobnicate
refused 'an unknown option' 2 "unknown option '--frob'" "$kt" --frob
refused 'help of an unknown command' 2 "unknown command 'frobnicate'" "$kt" help frobnicate
refused 'help of two' 2 "unexpected argument 'trace'" "$kt" help bench trace
refused 'doctor with an argument' 2 "unexpected argument 'who'" "$kt" doctor who
refused 'a name of two lines, in colour' 2 "no\?\?\[31msuch" "$kt" report $'no\n\e[31msuch'
check 'the version on a full disk' sh -c "'$kt' -V >/dev/full 2>&1; test \$? -eq 5"

# Whole lines, whoever else writes: one write each.
if command -v strace >/dev/null; then
	one_write() {
		strace -f -o "$tmp/trace" -e trace=write -e write=none "$@" >/dev/null 2>&1 </dev/null
		[ "$(grep -c 'write(2,' "$tmp/trace")" = 1 ]
	}
	check 'one write: a refusal' one_write "$kt" report /no/such/file
	check 'one write: an ambiguous option' one_write "$kt" report --f
else
	skip 'strace is not installed: writes were not counted'
fi

# Words to people: one style of terminal for all commands.
on_pty() { # on_pty COLUMNS COMMAND...: what it prints to a terminal
	python3 - "$@" <<'P'
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
    os.execvp(sys.argv[2], sys.argv[2:])
try:
    while data := os.read(fd, 4096):
        sys.stdout.buffer.write(data)
except OSError:
    pass
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
P
}
report=("$kt" report tests/golden/small.jsonl)
escape=$(printf '\033')
TERM=xterm on_pty 100 env -u NO_COLOR "${report[@]}" >"$tmp/colours"
check 'colours on a terminal' grep -q "$escape" "$tmp/colours"
for e in NO_COLOR=1 TERM=dumb TERM=; do
	TERM=xterm on_pty 100 env -u NO_COLOR $e "${report[@]}" >"$tmp/plain"
	check "none with $e" sh -c "[ -s '$tmp/plain' ] && ! grep -q '$escape' '$tmp/plain'"
done
TERM=dumb on_pty 200 "${report[@]}" | tr -d '\r' >"$tmp/wide"
check 'the width of the terminal' sh -c "! COLUMNS=80 '$kt' report tests/golden/small.jsonl | cmp -s - '$tmp/wide'"
check 'COLUMNS is the same width' sh -c "COLUMNS=200 '$kt' report tests/golden/small.jsonl | cmp - '$tmp/wide'"
check 'nobody else has a rule' test "$(grep -rlE 'isatty|NO_COLOR|TIOCGWINSZ|"COLUMNS"' --include='*.[ch]' kt.c lib bpf bench |
	grep -v '^lib/cli/terminal\.[ch]$')" = ''
check 'kt trace --help lists the kinds' sh -c "'$kt' trace --help | grep -q '^  wakeup: '"
finish
