#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The library against the recorded kernels, each with its profile, and the newest with the default. No machine is
# booted: that is `make check-vm`. Then the comparison itself: does it notice what it is made for?
# Beside others: what the scenarios say depends on no time.
set -u
cd "$(dirname "$0")" || exit 1
build=${KT_BUILD:?}/tests/conformance
out=$build/check
rm -rf "$out"
mkdir -p "$out"
passed=0 failed=0

# count PASSED FAILED
count() {
	passed=$((passed + $1))
	failed=$((failed + $2))
}

kernels=$(cd expected && echo *)
newest=$(cd expected && printf '%s\n' * | sort -V | tail -n 1)
for k in $kernels; do
	profile=$k
	[ "$k" != "$newest" ] || [ "${k#*.}" != x ] || profile=newest
	KTHREAD_PROFILE=$profile "$build/scenarios" >"$out/$k" 2>"$out/$k.err" &
done
wait

for k in $kernels; do
	./compare library "$k" "expected/$k" "$out/$k" >"$out/$k.result"
	grep -v '^ok ' "$out/$k.result" | sed "s/ passed, / of kernel $k passed, /"
	read -r p _ f _ <<<"$(tail -n 1 "$out/$k.result")"
	count "$p" "$f"
done

# expect_failure NAME WHAT: the last comparison, in $out/self, must have failed and say WHAT
expect_failure() {
	if grep -qE "$2" "$out/self"; then
		echo "ok $1"
		count 1 0
	else
		echo "not ok $1: the comparison does not say: $2"
		sed 's/^/    /' "$out/self" | grep -v '^    ok '
		count 0 1
	fi
}

k=$newest
# The rule that a thread parked before its first wake runs when it is stopped, broken.
sed -e 's/^P2: stop of it: ret=42$/P2: stop of it: ret=-EINTR/' \
	-e 's/^P2: runs=1, told to stop at its first look: 1$/P2: runs=0, told to stop at its first look: 0/' \
	"$out/$k" >"$out/broken"
./compare library "$k" "expected/$k" "$out/broken" >"$out/self"
expect_failure 'a broken rule is named' '^not ok P2: '
expect_failure 'both transcripts stand side by side' '^ +stop of it: ret=42 +\| stop of it: ret=-EINTR$'

./compare library "$k" "expected/$k" "expected/$k" >"$out/self"
expect_failure 'an intended difference that is gone is stale' '^not ok L5: stale entry'

grep -v '^L5: ' "$out/$k" >"$out/missing"
./compare library "$k" "expected/$k" "$out/missing" >"$out/self"
expect_failure 'a scenario that is missing is noticed' '^not ok L5: '

sed 's/^L5: second stop: hangs$/L5: second stop: returns 42/' "expected/$k" >"$out/mended"
./compare recorded "$out/mended" "expected/$k" >"$out/self"
expect_failure 'a kernel that does something else than recorded' '^not ok L5: '

printf '[ZZ9]\nkernel: x\nreason: none\n' >"$out/intended"
./compare library "$k" "expected/$k" "$out/$k" "$out/intended" >"$out/self"
expect_failure 'an entry of no scenario is stale' '^not ok ZZ9: stale'

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
