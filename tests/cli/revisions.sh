#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kt bench --against REVISION: a small repository whose suite is built from its revisions, one of which is slower; what
# changed in the code stands in the record; suites of other versions of the protocol say so.
. "$(dirname "$0")/lib.sh"
mkdir "$tmp/repository"
cd "$tmp/repository" || exit 1
export GIT_AUTHOR_NAME=test GIT_AUTHOR_EMAIL=test@localhost GIT_COMMITTER_NAME=test GIT_COMMITTER_EMAIL=test@localhost
unset CC CFLAGS CPPFLAGS LDFLAGS MAKEFLAGS
git init -q .
cat >Makefile <<M
build/kt-suite: build/suite.o
	\$(CC) \$(LDFLAGS) -pthread -o \$@ build/suite.o $KT_BUILD/lib/libktbench.a -lm
build/suite.o: suite.c build/flags
	\$(CC) -O2 -I$KT_BUILD/include -c -o \$@ suite.c
build/flags: FORCE
	mkdir -p build; touch \$@
FORCE:
M
commit() { # commit STEPS COMMENT: a revision whose arm "b" does so many steps
	cat >suite.c <<C
#include <ktbench/bench.h>
/* $2 */
__attribute__((noipa)) static unsigned long steps(unsigned long v, int nr)
{
	for (int i = 0; i < nr; i++)
		v = v * 3 + 1;
	return v;
}
__attribute__((noipa)) static unsigned long steps_of_b(unsigned long v) { return steps(v, $1); }
BENCHMARK(walk, .arms = BENCH_ARMS("a", "b"))
{
	unsigned long v = 1;
	int is_b = bench_arm(st)[0] == 'b';
	while (bench_keep_running(st)) {
		v = is_b ? steps_of_b(v) : steps(v, 100);
		bench_keep(v);
	}
}
BENCH_MAIN()
C
	git add . && git commit -qm "$2"
}
commit 100 'the first'
commit 100 'a comment'
commit 300 'slower'

# bench NAME STATUS OPTION...
bench() {
	local name=$1 want=$2 status
	shift 2
	rm -f "$tmp/run.jsonl"
	timeout 300 "$kt" bench "$@" --time 1s -o "$tmp/run.jsonl" >"$tmp/ran" 2>"$tmp/said" </dev/null
	status=$?
	if [ "$status" -eq "$want" ]; then ok; else
		bad "$name: exit $status, expected $want"
		head -n 20 "$tmp/said"
	fi
	check "$name: strict JSON" strict_jsonl "$tmp/run.jsonl"
}
header() { check "$1: $2" sh -c "head -n 1 '$tmp/run.jsonl' | grep -qF -- '$2'"; }

bench 'a slower revision' 1 --against HEAD~1 HEAD
check 'both are built' test "$(grep -c '^kt bench: building ' "$tmp/said")" -eq 2
header 'a slower revision' '"code":{"status":"changed","reason":null'
header 'a slower revision' '"changed":1,"names":["steps_of_b"]}'
header 'a slower revision' '"against":{"name":"HEAD~1","suite_name":"kt-suite-0"'
check 'that arm alone is measured again' grep -q '"recheck","question":"walk","arms":\["b (new)"\]' "$tmp/run.jsonl"
bench 'again' 1 --against HEAD~1 HEAD
check 'nothing is built' sh -c "! grep -q building '$tmp/said'"
bench 'a comment' 0 --against HEAD~2 HEAD~1
check 'one more is built' test "$(grep -c '^kt bench: building ' "$tmp/said")" -eq 1
header 'a comment' '"code":{"status":"same","reason":null'
header 'a comment' '"changed":0,"names":[]}'
check 'the repository shows nothing of it' test -z "$(git status --porcelain)"

strip -o stripped "build/revisions/$(git rev-parse HEAD)/kt-suite-0"
bench 'stripped' 0 --against stripped stripped
header 'stripped' '"code":{"status":"unknown","reason":"the old binary: it is stripped of its symbols"'

# The same code under two names, by which it chooses how far it goes: a change, and not of the code.
sed -i 's/return steps(v, 300)/return steps(v, program_invocation_short_name[0] == 115 ? 300 : 100)/; 1i #define _GNU_SOURCE\n#include <errno.h>' suite.c
git commit -qam 'by its name'
bench 'built' 0 --against HEAD HEAD
for name in fast slow; do cp "build/revisions/$(git rev-parse HEAD)/kt-suite-0" $name; done
bench 'moved' 0 --against ./fast ./slow
check 'moved: the first line says so' sh -c "head -n 1 '$tmp/ran' | grep -q '^0 of 2 regressed, .*1 moved with the same code'"
timeout 60 "$kt" bench --against ./fast ./slow --time 1s -o - >"$tmp/streamed.jsonl" 2>"$tmp/said" </dev/null
check 'moved: the same exit status where the record is not read again' test $? -eq 0
check 'moved: it was measured again' grep -q '"recheck"' "$tmp/streamed.jsonl"
rm fast slow

refused 'no such revision' 2 "'nothing' is not a file, and not a revision of the repository" "$kt" bench --against nothing HEAD
sed -i 's/^build.kt-suite: .*/build\/kt-suite:\n\t@echo it is broken; false/' Makefile
git commit -qam broken
timeout 60 "$kt" bench --against HEAD HEAD~1 >"$tmp/ran" 2>"$tmp/said"
check 'a revision that cannot be built' test $? -eq 2
check 'the end of what it said' grep -qx 'kt bench:   it is broken' "$tmp/said"
check 'and where all of it is' grep -q '^kt bench: cannot build revision .*/build/revisions/.*[.]log$' "$tmp/said"

# Suites of other versions of the protocol (tests/unit/controller_versions.c).
for v in 1 1-manual 2-first 2 3; do
	ln -s "$KT_BUILD/tests/unit/controller_versions" "$tmp/worker-$v"
	bench "version $v" 0 "$tmp/worker-$v" --filter q
	check "version $v: it is measured" grep -q '"instance","question":"q"' "$tmp/run.jsonl"
	check "version $v: no complaint" sh -c "! grep -q 'different builds' '$tmp/said'"
done
ln -s "$KT_BUILD/tests/unit/controller_versions" "$tmp/worker-5-6"
refused 'none in common' 2 "worker-5-6 speaks versions 5 to 6 of the protocol with kt, and this kt 1 to 4" "$kt" bench "$tmp/worker-5-6"
bench 'old against old' 0 --against "$tmp/worker-1" "$tmp/worker-1-manual" --filter q
finish
