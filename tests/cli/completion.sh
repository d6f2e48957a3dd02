#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What shells complete: every option of --help and no other, their values, questions, files, and what comes after --.
# Beside others: it only completes.
. "$(dirname "$0")/lib.sh"

"$kt" --completion bash >"$tmp/kt.bash"
check 'a script for bash' bash -n "$tmp/kt.bash"
check 'make has the same' cmp "$tmp/kt.bash" "$KT_BUILD/completion/kt.bash"
mkdir "$tmp/here" "$tmp/here/folder" && touch "$tmp/here/run 1.jsonl" "$tmp/here/run2.jsonl"

# completed LINE: what bash offers at the end of LINE, one per line. As bash calls it, which breaks words at = as well.
completed() {
	(
		cd "$tmp/here" || exit
		# shellcheck disable=SC2016
		LINE="${1/#kt/$kt}" bash --norc -c '
			. "$0" || exit
			COMP_LINE=$LINE COMP_POINT=${#LINE} COMP_WORDBREAKS=$'"' \\t\\n\"\\'><=;|&(:'"'
			_kt "${LINE%% *}" "${LINE##* }" ""
			printf "%s\n" "${COMPREPLY[@]}"' "$tmp/kt.bash"
	)
}
# offers LINE WORD...: exactly these, in any order
offers() {
	local line=$1
	shift
	check "'$line' offers $*" diff <(completed "$line" | sort) <(printf '%s\n' "$@" | sort)
}

commands=$("$kt" help | sed -n 's/^  \([a-z]*\)  *.*/\1/p')
# shellcheck disable=SC2086 # words
offers 'kt ' $commands --help --version
offers 'kt re' report
for c in $commands; do
	[ "$c" != help ] || continue
	"$kt" "$c" --help | sed -nE 's/^ +((-., )*(--[a-z-]+)(=[^ ]*)?|-.)( .*)?$/\1/p' | tr -d ' ' | tr ',' '\n' >"$tmp/words"
	# The argument of a long option stands for its letter as well.
	grep -oE -- '--[a-z-]+=?' "$tmp/words" | sort -u >"$tmp/want"
	completed "kt $c --" | sort -u >"$tmp/have"
	check "kt $c: the options of --help" diff "$tmp/want" "$tmp/have"
	check "kt $c: there are some" test "$(wc -l <"$tmp/want")" -ge 4
	"$kt" "$c" --help | grep -oE '^ +(-[a-zA-Z?], )+' | grep -oE -- '-[a-zA-Z]' | sort -u >"$tmp/letters"
	completed "kt $c -" | grep -E '^-[a-zA-Z]$' | sort -u >"$tmp/have"
	check "kt $c: the letters of --help" diff "$tmp/letters" "$tmp/have"
done
offers 'kt report --vali' --validate
offers 'kt trace --fail' --fail-on-loss

# Values: those that the command itself knows.
formats=$("$kt" report -f none x 2>&1 | sed 's/.*expected //; s/,//g; s/ or / /')
# shellcheck disable=SC2086
offers 'kt report --format ' $formats
# shellcheck disable=SC2086
offers 'kt report -f ' $formats
# shellcheck disable=SC2086
offers 'kt report --format=' $formats
offers 'kt report --format=htm' html
offers 'kt merge -f c' csv
offers 'kt diff -f j' json
offers 'kt report --table=buck' buckets
offers 'kt bench --fail-on ' regressed slower unstable
offers 'kt bench --fail-on slower,un' slower,unstable
offers 'kt report --fail-on=slower,reg' slower,regressed
offers 'kt env --check --ignore hypervisor,loa' hypervisor,load
offers 'kt trace ' wakeup park work workqueue stop
offers 'kt trace wakeup --by wa' waker
offers 'kt trace --cgroup fol' folder
offers 'kt help de'
offers 'kt help se' selftest
offers 'kt bench --time '

# Questions hold = and /, and are known to the suite.
"$kt" bench --list | cut -d ' ' -f 1 >"$tmp/questions"
check 'all questions' diff <(completed 'kt bench --filter ' | sort) <(sort "$tmp/questions")
one=$(grep -m 1 '=cross' "$tmp/questions")
offers "kt bench --filter ${one%=*}=cros" "$(grep "^${one%=*}=cros" "$tmp/questions" | sed "s|^${one%=*}=||")"
offers "kt bench --filter=${one%%=*}" "$(grep "^${one%%=*}" "$tmp/questions" | sort)"

# Files, also with blanks; COMMAND after --.
offers 'kt report run' 'run 1.jsonl' run2.jsonl
offers 'kt report --output=fol' folder
offers 'kt diff run2.jsonl -- run2' run2.jsonl
check 'a command after --' sh -c "[ '$(completed 'kt trace wakeup -- slee' | grep -cx sleep)' -ge 1 ]"
offers 'kt trace wakeup -- sleep fold' folder
offers 'kt doctor '
offers 'kt nonsense '

# In a shell at work. typed SHELL SETUP TEXT: what stands in the line after TEXT and Tab, and then "END".
mkdir "$tmp/bin" && ln -s "$kt" "$tmp/bin/kt"
typed() {
	(cd "$tmp/here" && PATH=$tmp/bin:$PATH python3 - "$@") <<'P'
import os, pty, re, select, sys, time
shell, setup, text = sys.argv[1:4]
pid, fd = pty.fork()
if pid == 0:
    os.environ.update(TERM="dumb", PS1="$ ", COLUMNS="400", LC_ALL="C.UTF-8")
    os.execvp(shell.split()[0], shell.split())
def until(pattern):
    seen, end = "", time.monotonic() + 60
    while not re.search(pattern, seen) and time.monotonic() < end and select.select([fd], [], [], 1)[0] is not None:
        if select.select([fd], [], [], 0.1)[0]:
            try:
                seen += os.read(fd, 65536).decode(errors="replace")
            except OSError:
                break
    return re.search(pattern, seen)
os.write(fd, f"stty columns 400; {setup}; echo rea''dy\n".encode())
until(r"[\r\n]ready")
# Ctrl-A: the line becomes an argument of echo.
os.write(fd, text.encode() + b"\tEND\x01echo RESULT: \n")
found = until(r"[\r\n]RESULT: (.*)END")
print(found.group(1) if found else "nothing")
os.close(fd)
P
}
completes() { check "$1: '$2' becomes '$4'" test "$(typed "$1" "$3" "$2")" = "$4"; }
in_bash() { completes 'bash --norc --noprofile -i' "$1" ". '$tmp/kt.bash'" "$2"; }
in_bash 'kt rep' 'kt report '
in_bash 'kt report --form' 'kt report --format='
in_bash 'kt report --format=htm' 'kt report --format=html '
in_bash 'kt report -o folder/../run2' 'kt report -o folder/../run2.jsonl '
in_bash 'kt bench --fail-on slower,reg' 'kt bench --fail-on slower,regressed '
in_bash 'kt bench --filter park/cpu=cr' 'kt bench --filter park/cpu=cross '

"$kt" --completion zsh >"$tmp/_kt"
check 'make has the script for zsh' cmp "$tmp/_kt" "$KT_BUILD/completion/_kt"
if command -v zsh >/dev/null; then
	check 'a script for zsh' zsh -n "$tmp/_kt"
	in_zsh() { completes 'zsh -f -i' "$1" "autoload -U compinit; compinit -u -D; . '$tmp/_kt'" "$2"; }
	in_zsh 'kt rep' 'kt report '
	in_zsh 'kt report --form' 'kt report --format='
	in_zsh 'kt report --format=htm' 'kt report --format=html '
	in_zsh 'kt report -f js' 'kt report -f json '
	in_zsh 'kt bench --fail-on slower,reg' 'kt bench --fail-on slower,regressed,'
	in_zsh 'kt bench --filter park/cpu=cr' 'kt bench --filter park/cpu=cross '
	in_zsh 'kt trace wakeup --by wak' 'kt trace wakeup --by waker '
	in_zsh 'kt trace wakeu' 'kt trace wakeup '
	in_zsh 'kt report run2' 'kt report run2.jsonl '
	in_zsh 'kt help dif' 'kt help diff '
	in_zsh 'kt env --check --ignore loa' 'kt env --check --ignore load,'
else
	skip 'zsh is not installed: its completion was not tried'
fi

refused 'a shell that is not known' 2 "unknown shell 'fish'; expected bash or zsh" "$kt" --completion fish
refused 'no shell' 2 'takes one SHELL' "$kt" --completion
check 'a full disk' sh -c "'$kt' --completion bash >/dev/full 2>/dev/null; test \$? -eq 5"
finish
