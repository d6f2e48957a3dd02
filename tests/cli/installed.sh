#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What `make install` puts in place is enough to write, build and measure a benchmark; `make uninstall` takes all of it away.
# Beside others: what it measures is not looked at.
. "$(dirname "$0")/lib.sh"

into() { # into DESTDIR PREFIX TARGET
	# As make was called for this build, else all of it is made anew.
	make -s B="${KT_BUILD#"$PWD/"}" DESTDIR="$1" PREFIX="$2" "$3"
}
left() { find "$1" ! -type d; } # what is there

root=$tmp/root prefix=/opt/kt
at=$root$prefix
check 'make install, with DESTDIR and PREFIX' into "$root" $prefix install
left "$root" >"$tmp/installed"

# The example of the README, by the README's own command, and nothing of this tree.
awk '/^## / { on = /^## Writing a benchmark/ } on && /^```/ { c = !c && $0 == "```c"; next } on && c' README.md \
	>"$tmp/my-suite.c"
command=$(grep '^cc .*pkg-config.* ktbench' README.md)
check 'the README has an example and a command' test -s "$tmp/my-suite.c" -a -n "$command"
export PKG_CONFIG_PATH=$at/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root
build() { # build COMPILER [FLAG...]: in $tmp
	(cd "$tmp" && eval "${command/#cc/"$*"}")
}
for cc in gcc clang; do
	check "the README's command, by $cc" build $cc -Wall -Wextra -Werror
	rm -f "$tmp/my-suite"
done
check 'no header of this tree' sh -c "cd '$tmp' && ! cc -M \$(pkg-config --cflags ktbench) my-suite.c | grep -F '$PWD/'"
check 'the older dialect of C' build gcc -std=gnu11 -Wall -Wextra -Werror

check 'a quick look' "$tmp/my-suite"
check 'shows its question and its arms' sh -c "'$tmp/my-suite' | grep -A 2 -x lock | grep trylock"
check 'the installed kt lists it' sh -c "'$at/bin/kt' bench --list '$tmp/my-suite' | grep -x 'lock  *mutex trylock'"
check 'the installed kt measures it' timeout 60 "$at/bin/kt" bench "$tmp/my-suite" --time 50ms --no-trace -o "$tmp/run.jsonl"
check 'and compares its arms' sh -c "'$at/bin/kt' report --full '$tmp/run.jsonl' | grep -A 1 -E '^ *mutex .*baseline' | grep '^ *trylock '"
check 'the installed kt has its own suite' sh -c "'$at/bin/kt' bench --list | grep '^wakeup/'"
check 'and the targets of this project' cmp "$at/share/kt/targets.txt" bench/targets.txt
check 'and the schemas of its JSON' cmp "$at/share/kt/report.schema.json" lib/report/report.schema.json
check 'that of comparisons as well' cmp "$at/share/kt/diff.schema.json" lib/report/diff.schema.json
check 'it reads the targets' timeout 60 "$at/bin/kt" report "$tmp/run.jsonl" --targets "$at/share/kt/targets.txt"

# Without installing: the README's other command, here.
in_tree=$(grep '^cc .*libktbench\.a' README.md)
in_tree=${in_tree//build\//"$KT_BUILD/"}
in_tree=${in_tree//my-suite/"$tmp/my-suite"}
check 'in the tree' sh -c "rm '$tmp/my-suite' && $in_tree && '$tmp/my-suite' --bench-list"

# A program may have names of its own that the archive uses inside, and link libkthread beside it.
nm -g --defined-only "$at/lib/libktbench.a" | awk 'NF == 3 { print $3 }' >"$tmp/names"
check 'it exports something' grep -qx bench_main "$tmp/names"
check 'but only names that say whose they are' sh -c "! grep -vE '^(bench_|kthread_slot_|_\.stapsdt\.base\$)' '$tmp/names'"
{
	for name in hist_add hist_init slot_register slot_observe slot_self defs grow look init_once; do
		echo "int $name(void); int $name(void) { return 1; }"
	done
	echo '#include <kthread/kthread.h>'
	sed 's/bool try = /bool try = hist_add() \&\& kthread_should_stop() + /' "$tmp/my-suite.c"
} >"$tmp/names.c"
check 'names of its own, and both libraries' sh -c "cd '$tmp' && gcc -Wall -Werror -o names names.c \
	\$(pkg-config --cflags --libs kthread ktbench) -Wl,-rpath,'$at/lib' && ./names --bench-list | grep '^lock'"

echo mine >"$at/include/ktbench/mine.h"
check 'make uninstall' into "$root" $prefix uninstall
check 'takes its own away, and nothing else' test "$(left "$root")" = "$at/include/ktbench/mine.h"
rm "$at/include/ktbench/mine.h"
check 'a second time it does no harm' into "$root" $prefix uninstall
check 'no directory of its own stays' sh -c "! find '$root' -mindepth 3 -name '*kt*' | grep ."

# Without DESTDIR; kthread.pc and ktbench.pc follow PREFIX.
unset PKG_CONFIG_SYSROOT_DIR
export PKG_CONFIG_PATH=$tmp/other/lib/pkgconfig
check 'make install, with PREFIX alone' into '' "$tmp/other" install
check 'the same files' diff <(sed "s|^$at||" "$tmp/installed" | sort) <(left "$tmp/other" | sed "s|^$tmp/other||" | sort)
check 'the same command' build gcc
check 'make uninstall, with PREFIX alone' into '' "$tmp/other" uninstall
check 'leaves nothing' test -z "$(left "$tmp/other")"
finish
