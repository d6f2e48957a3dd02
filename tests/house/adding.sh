#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# CONTRIBUTING.md's examples: each is put into a copy of the tree and builds there without a warning; kt then knows it; and
# nothing else was edited but what the page says: no file for a driver or an arm, one row for a format or a tracer kind.
# Beside others: it builds in a copy of the tree, and what it traces and measures there is not looked at.
. "$(dirname "$0")/../cli/lib.sh"

page=$PWD/CONTRIBUTING.md
tree=$tmp/tree
mkdir "$tree"
tar -c --exclude=./build* --exclude=./.git --exclude=./results . | tar -x -C "$tree"
cp -a --reflink=auto "$KT_BUILD" "$tree/build"
cd "$tree" || exit 1

examples() { sed -n 's/^```c \(.*\/.*\)$/\1/p' "$page"; }
add() { # add FILE...: out of the page
	local file
	for file in "$@"; do
		awk -v open="\`\`\`c $file" '$0 == open { on = 1; next } /^```$/ { on = 0 } on' "$page" >"$file"
		check "the page has $file" test -s "$file"
		check "$file: laid out" sh -c "! command -v clang-format >/dev/null || clang-format --dry-run -Werror '$file'"
		check "$file: first line" grep -q 'SPDX-License-Identifier: GPL-2.0-only' <(head -n 1 "$file")
	done
}
rows() { # rows PATTERN: the page's blocks of C that begin with such a line: rows to put into a table
	awk -v want="$1" '/^```c$/ { getline; if ($0 ~ want) print }' "$page"
}
sums() { find . -path ./build -prune -o -type f -exec sha1sum {} + | sort; }
sums >"$tmp/sums"
edited() { # files that were there before and are no longer the same
	sums | join -v 1 <(sort "$tmp/sums") - | awk '{ print $2 }'
}
edits() { # edits WHAT FILE...: since the last call only FILE... was edited
	local what=$1
	shift
	check "$what: edited beside the new files: ${*:-nothing}" diff <(edited) <(printf '%s' "${*:+./$*
}")
	sums >"$tmp/sums"
}
# With the flags of the build that was copied, which names its own directory: else all of it would be made anew.
no_paths=$(grep -oE -- '-ffile-prefix-map=[^ ]+' build/flags)
build() { # build TARGET...
	timeout 300 make -s -j2 B=build WERROR=1 BOOTSTRAP=no no_paths="$no_paths" "$@"
}
new=()

# ---- a driver and an arm ---------------------------------------------------------------------------------------------
check 'the tree: builds' build build/kt build/kt-suite
build/kt bench --list >"$tmp/before"
driver=$(examples | grep '^bench/drivers/') arm=$(examples | grep '^bench/arms/')
new+=("$driver" "$arm")
question=$(basename "$driver" .c) name=$(basename "$arm" .c)
add "$driver" "$arm"
edits 'a driver and an arm'
check 'a driver and an arm: build' build build/kt build/kt-suite build/tests/unit/arms
build/kt bench --list >"$tmp/after"
check 'the questions of before, with the arms of before' \
	diff "$tmp/before" <(grep -v "^$question/" "$tmp/after" | sed "s/ $name\>//")
check 'the new question has all that sleep, the new arm among them' test \
	"$(awk -v q="^$question/cpu=" '$0 ~ q { $1 = ""; print }' "$tmp/after" | sort -u)" = \
	" libkthread futex condvar eventfd $name libuv glib"
check 'the new arm is where a thread is woken, and nowhere else' test \
	"$(grep " $name\>" "$tmp/after" | sed 's/[ /].*//' | sort -u | tr '\n' ' ')" = "$question wakeup "
check 'but not where it cannot answer' sh -c "! grep 'roundtrip.* $name\>' '$tmp/after'"
check 'they are measured' timeout 60 build/kt bench --filter "^($question/cpu=same|wakeup/trip=oneway)" --time 20ms \
	--no-trace -o "$tmp/run.jsonl"
check 'and reported' sh -c "build/kt report --full '$tmp/run.jsonl' | grep -c '^  $name .*s\$' | grep -x 4"
check "the arms' tests take the new one" sh -c "timeout 120 build/tests/unit/arms --verbose=1 2>&1 | grep 'Failing: 0 | Crashing: 0'"

# ---- an output format ------------------------------------------------------------------------------------------------
if [ -e lib/report/formats.c ]; then
	format=$(examples | grep '^lib/report/')
	new+=("$format")
	name=$(basename "$format" .c)
	add "$format"
	check 'the page has its row' test "$(rows '^row[(]')" = "row($name)"
	# After the last row of the table: the first line that does not go on.
	awk -v row="row($name)" '/^#define FORMATS\(/ { on = 1 } on && !/\\$/ { print $0 " \\"; print "\t" row; on = 0; next } 1' \
		lib/report/formats.c >"$tmp/formats"
	cat "$tmp/formats" >lib/report/formats.c
	edits 'a format' lib/report/formats.c
	check 'a format: builds' build build/kt
	check 'it renders' sh -c "build/kt report -f $name '$tmp/run.jsonl' | grep '$question'"
	check 'the suffix of a file is enough' sh -c "build/kt report -o '$tmp/run.$name' '$tmp/run.jsonl' &&
		build/kt report -f $name '$tmp/run.jsonl' | cmp - '$tmp/run.$name'"
	check 'hostile names stay names' sh -c "! build/kt report -f $name tests/golden/hostile.jsonl | grep -P '\\x1b'"
	check 'the help lists it' sh -c "build/kt report --help | grep -w '$name'"
fi

# ---- a tracer kind ---------------------------------------------------------------------------------------------------
if [ -e bpf/kinds.c ]; then
	mapfile -t kind < <(examples | grep '^bpf/')
	new+=("${kind[@]}")
	name=$(basename "${kind[0]}" | sed 's/[._].*//')
	add "${kind[@]}"
	row=$(rows '^KIND[(]')
	check 'the page has its row' test "$row" = "KIND(${name^^}, $name)"
	table=$(grep -l '^#define TRACER_KINDS(' bpf/*.[ch])
	# After the last row of the table: the first line that does not go on.
	awk -v row="$row" '/^#define TRACER_KINDS\(/ { on = 1 } on && !/\\$/ { print $0 " \\"; print "\t" row; on = 0; next } 1' \
		"$table" >"$tmp/table"
	cat "$tmp/table" >"$table"
	edits 'a tracer kind' "$table"
	check 'a tracer kind: builds' build build/kt
	check 'the help lists it' sh -c "build/kt trace --help | grep -w '$name'"
	if build/kt trace wakeup -d 1ms >/dev/null 2>&1; then
		check 'it traces' sh -c "timeout 60 build/kt trace $name -d 300ms -o '$tmp/trace.jsonl' && grep '\"$name\"' '$tmp/trace.jsonl'"
	else
		skip "kt trace $name: $(build/kt trace wakeup -d 1ms 2>&1 | head -n 1)"
	fi
fi

# ---- all of it -------------------------------------------------------------------------------------------------------
check 'nothing on the page was left out' diff <(examples | grep -vE "$([ -e bpf/kinds.c ] || echo '^bpf/|')$(
	[ -e lib/report/formats.c ] || echo '^lib/report/|')^\$" | sort) <(printf '%s\n' "${new[@]}" | sort)
check 'the includes run downward' sh -c "! tests/house/arrows | grep -E '$(printf '%s:|' "${new[@]}")^\$'"

# An arm whose library is missing is named in the same questions, as skipped, with the package. All of the suite is made anew,
# which takes half the time when nothing is optimised.
check 'without libuv and GLib: builds' build PKG_CONFIG=false CFLAGS=-O0 build/kt-suite
check 'the same questions and arms' sh -c "build/kt bench --list | cmp - '$tmp/after'"
build/kt-suite --bench-filter='^wakeup/trip=oneway/cpu=cross' >"$tmp/quick"
check 'libuv is skipped, and why' grep -q '^  libuv  *skipped: built without libuv (install libuv1-dev)$' "$tmp/quick"
check 'GLib, too' grep -q '^  glib  *skipped: built without GLib (install libglib2.0-dev)$' "$tmp/quick"
finish
