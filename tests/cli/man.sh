#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The manual pages: mandoc finds nothing to complain about, no link leads nowhere, and libkthread's pages name exactly what
# its headers, its symbols and its list of probes have.
# Beside others: it only reads pages.
. "$(dirname "$0")/lib.sh"

pages=$(find lib bpf bench -path '*/man/*.[1-8]')
kthread_pages=$(ls lib/kthread/man/*.[1-8])
headers=$(sed -n '/^kthread_headers/,/[^\\]$/p' lib/kthread/room.mk | grep -o '[a-z_/]*\.h' | sed 's|^|lib/kthread/|')

# Whether other packages' pages are installed is not ours to judge; our own links are looked up below.
lint() { ! mandoc -T lint "$1" 2>/dev/null | grep -v 'referenced manual not found'; }

# One per line: NAME SECTION of every link to a page of this project.
links() {
	sed -n -e 's/^\(\.It \)\?\.\?Xr \(k[^ ]*\) \([1-8]\).*/\2.\3/p' \
		-e 's/^\.BR \(kt[^ ]*\) (\([1-8]\)).*/\1.\2/p' "$1" | sed 's/\\-/-/g'
}
links_lead_somewhere() {
	local link
	for link in $(links "$1"); do
		grep -qE "/man/$link$" <<<"$pages" || { echo "$1: no page $link" >&2; return 1; }
	done
}

documented() { # names of functions and macros
	sed -n -e 's/.*\.\(Fo\) \([A-Za-z_0-9]*\).*/\2/p' $kthread_pages
	grep -oE '\bFn [A-Za-z_0-9]+' $kthread_pages | sed 's/.*Fn //'
	sed -n 's/^\.Nm \([A-Za-z_0-9]*\)\( ,\)\?$/\1/p' $kthread_pages | grep -vxE 'kthread|kthread_probes|bpftrace|cc|kt'
}
declared() { # what a program that includes the headers may call; not the typedefs, not the kt_ inside
	grep -hvE '^typedef|^#pragma|^[ 	]*(/?\*|extern)' $headers |
		grep -oE '^[a-z#][^(=]*[ *][A-Za-z_0-9]+\(' | grep -oE '[A-Za-z_0-9]+\($' | tr -d '('
}
exported() { nm -D --defined-only "$KT_BUILD/lib/libkthread.so.0" | awk '$2 == "T" { sub(/@.*/, "", $3); print $3 }'; }

# subset NAME A B: every line of A is in B
subset() {
	comm -23 <(sort -u "$2") <(sort -u "$3") >"$tmp/alone"
	check "$1: $(tr '\n' ' ' <"$tmp/alone")" test ! -s "$tmp/alone"
}

if command -v mandoc >/dev/null; then
	for page in $pages; do
		check "$page: mandoc -T lint" lint "$page"
	done
else
	skip 'mandoc is not installed (package mandoc): the pages were not linted'
fi
for page in $pages; do
	check "$page: links" links_lead_somewhere "$page"
done

documented | sort -u >"$tmp/documented"
declared | sort -u >"$tmp/declared"
exported >"$tmp/exported"
check 'the headers declare something' test "$(wc -l <"$tmp/declared")" -gt 80
check 'the library exports something' test "$(wc -l <"$tmp/exported")" -gt 40
subset 'documented, but in no header' "$tmp/documented" "$tmp/declared"
subset 'in a header, but not documented' "$tmp/declared" "$tmp/documented"
subset 'exported, but not documented' "$tmp/exported" "$tmp/documented"

# What the contract leaves out is not there, and the README says why.
absent='kthread_use_mm kthread_unuse_mm kthread_associate_blkcg kthread_blkcg kthreadd kthreadd_task tsk_fork_get_node
set_kthread_struct free_kthread_struct kthread_do_exit __kthread_should_park kthread_delayed_work_timer_fn'
for name in $absent; do
	check "$name is left out" eval "! grep -qx $name $tmp/declared && ! grep -qx $name $tmp/exported"
	check "$name: the README says why" grep -q "^|.*\`$name\(()\)\?\`" lib/kthread/README.md
done

# man kthread_stop: each function has a page, or a link to the one that documents it, where make install puts it.
lib/kthread/man/aliases >"$tmp/aliases"
{ ls lib/kthread/man | sed -n 's/\.3$//p'; sed 's/\.3 .*//' "$tmp/aliases"; } >"$tmp/pages"
subset 'documented, but `man` does not find it' "$tmp/documented" "$tmp/pages"
check 'no function has two pages' test -z "$(sort "$tmp/pages" | uniq -d)"
lib/kthread/man/aliases "$tmp/man"
mkdir -p "$tmp/man/man7"
cp lib/kthread/man/*.3 "$tmp/man/man3" && cp lib/kthread/man/*.7 "$tmp/man/man7"
alias_leads_there() { # its page names the function, and is where the link leads
	local target
	target=$(sed -n 's/^\.so //p' "$tmp/man/man3/$1") && [ -f "$tmp/man/$target" ] && grep -qw -- "${1%.3}" "$tmp/man/$target"
}
while read -r alias page; do
	alias_leads_there "$alias" || echo "$alias $page"
done <"$tmp/aliases" >"$tmp/lost"
check "links of the manual: $(head -3 "$tmp/lost" | tr '\n' ' ')" test ! -s "$tmp/lost"
check 'kthread_stop is found' grep -qx '\.so man3/kthread_create\.3' "$tmp/man/man3/kthread_stop.3"
check 'make install makes them, make uninstall takes them away' \
	test "$(make -n install uninstall B="$KT_BUILD" 2>/dev/null | grep -c man/aliases)" -eq 2

# The options of each command: those of --help, each with its letter and its argument, are those of the page.
commands=$("$kt" help | sed -n 's/^  \([a-z]*\)  *.*/\1/p' | grep -vx help)
page_of() { grep "/kt-$1\.1$" <<<"$pages"; }
options_of_help() {
	"$kt" "$1" --help | sed -nE 's/^ +((-.,? )?(-., )?--[a-z-]+(=[A-Z_,.]+( [A-Z_]+)?)?)( .*)?$/\1/p' | tr -d ' ' | sort
}
options_of_page() { # .TP, then a line of options: their names in bold or roman, arguments in \fI...\fR
	sed -n '/^\.SH OPTIONS/,/^\.SH/p' "$1" | grep -A1 '^\.TP' | grep -- '\\-' |
		sed -E 's/^\.BR? //; s/\\f[IR]//g; s/\[,PID\.\.\.\]|\[,TID\.\.\.\]|\[,GLOB\.\.\.\]/,.../; s/(toggle) "/\1=/; s/[" \\]//g' | sort
}
# formats_of COMMAND: what it says it can print
formats_of() { "$kt" "$1" -f none x -- x 2>&1 | sed -n 's/.*expected //p' | sed 's/,//g; s/ or / /'; }
for command in $commands; do
	page=$(page_of "$command")
	check "kt $command has a page" test -f "$page"
	options_of_help "$command" >"$tmp/help" && options_of_page "$page" >"$tmp/page"
	check "kt $command --help has options" test "$(wc -l <"$tmp/help")" -ge 4
	check "kt-$command(1) has the options of --help" diff "$tmp/help" "$tmp/page"
	check "kt(1) has kt $command" grep -q "^\.BR $command \", see \" kt\\\\-$command (1)$" lib/cli/man/kt.1
	check "kt(1) leads to kt-$command(1)" grep -q "^\.BR kt\\\\-$command (1)" lib/cli/man/kt.1
done
check 'kt(1) has no other command' test "$(grep -c '^\.BR [a-z]* ", see "' lib/cli/man/kt.1)" -eq "$(wc -w <<<"$commands")"
for page in $(grep '/kt-[a-z]*\.1$' <<<"$pages"); do
	check "$page is of a command" grep -qx "$(sed 's|.*/kt-||; s|\.1$||' <<<"$page")" <<<"$commands"
	# 0 and 2 every command has; the others as far as its own help says so.
	command=$(sed 's|.*/kt-||; s|\.1$||' <<<"$page")
	"$kt" "$command" --help | tr '\n' ' ' | grep -oE 'Exit status: .*' | grep -oE '(^Exit status: |, )[0-9]+ ' | grep -oE '[0-9]+' | sort -u >"$tmp/help"
	sed -n '/^\.SH EXIT STATUS/,/^\.SH [^E]/p' "$page" | sed 's/\\-//g' | grep -oE '(^|[;] |^\.B )(0|1|2|3|4|5|130)( |,|$)' | grep -oE '[0-9]+' | sort -u >"$tmp/page"
	check "$page: the exit status of --help" diff "$tmp/help" "$tmp/page"
done
for command in report diff merge; do
	check "kt $command names its formats" test "$(formats_of $command | wc -w)" -ge 3
	for format in $(formats_of $command); do
		check "kt-$command(1): $format" grep -qE "^\.B[RI]? (.* \" )?$format\b|^\.BR .*\b$format\b" "$(page_of $command)"
	done
done

sed -n 's/^\([A-Z]*_\)\?PROBE(\([a-z]*\), \([a-z_]*\), [0-9], \(".*"\))$/.It Cm \2:\3 Pq \4/p' lib/probe/probes.def >"$tmp/probes"
grep '^\.It Cm [a-z]*:' lib/kthread/man/kthread_probes.7 >"$tmp/probes_documented"
check 'the list of probes was read' test "$(wc -l <"$tmp/probes")" -eq "$(grep -c '^\([A-Z]*_\)\?PROBE(' lib/probe/probes.def)"
check 'the probes, their arguments and their order' diff "$tmp/probes" "$tmp/probes_documented"
finish
