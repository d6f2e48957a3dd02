#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the verifier walks for each program stays what is recorded for this kernel (verifier-RELEASE.txt), give or take
# a quarter, and far from its limit of a million anywhere. After growth that is explained:
#   build/tests/tracer/verifier >tests/tracer/verifier-RELEASE.txt
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${KT_BUILD:-build}
release=$(uname -r | cut -d. -f1,2)
recorded=tests/tracer/verifier-$release.txt
now=$(mktemp)
trap 'rm -f "$now"' EXIT

"$build/tests/tracer/verifier" >"$now" 2>"$now.err"
status=$?
[ $status -ne 77 ] || { echo "SKIP: $(cat "$now.err")"; rm -f "$now.err"; echo '0 passed, 0 failed, 1 skipped'; exit 0; }
cat "$now.err"
rm -f "$now.err"
[ -e "$recorded" ] || { echo "SKIP: nothing is recorded for Linux $release"; recorded=/dev/null; }
awk -v status=$status '
	FNR == NR && FILENAME != "/dev/null" { was[$1 " " $2 " " $3] = $4; next }
	{
		name = $1 " " $2 " " $3
		bad = $4 > 500000 ? "near the limit" : ""
		if (name in was && $4 > 1.25 * was[name] + 100)
			bad = "recorded are " was[name]
		if (bad != "")
			print "FAIL: " name ": " $4 " instructions, " bad
		bad == "" ? passed++ : failed++
	}
	END {
		if (status || !passed)
			failed++
		printf "%d passed, %d failed\n", passed, failed
		exit failed != 0
	}' "$recorded" "$now"
