#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The house: one word for one verdict. What the data do not decide is "inconclusive" and what they call equal "equivalent" (of two
# builds or settings "unchanged"), in every text that a user reads and in everything that a program does.
. "$(dirname "$0")/../cli/lib.sh"

# others DIR: lines below DIR with another word for it. An armed lean mode and a threshold are not verdicts.
others() {
	(
		cd "$1" || exit
		find lib bpf bench scripts tests/golden tests/unit README.md CHANGELOG.md CONTRIBUTING.md -type f \
			! -name '*.jsonl' ! -name 'lean.[ch]' ! -name 'kthread_lean.c' ! -name '*.pftrace' \
			-exec grep -nEi '\bun-?decided|\bun-?certain\b|not (yet )?certain|[0-9] the same\b|= the same\b|"the same"' /dev/null {} +
		find results -name '*.md' -exec grep -nEi '\bundecided|\bnot certain' /dev/null {} +
	)
}
others . >"$tmp/others"
cat "$tmp/others"
check 'verdicts have one word each' test ! -s "$tmp/others"

mkdir "$tmp/copy"
cp -r lib bpf bench scripts README.md CHANGELOG.md CONTRIBUTING.md "$tmp/copy"
mkdir -p "$tmp/copy/tests/golden" "$tmp/copy/tests/unit" "$tmp/copy/results"
# red NAME FILE LINE: LINE put at the end of FILE is seen
red() {
	cp "$tmp/copy/$2" "$tmp/kept"
	echo "$3" >>"$tmp/copy/$2"
	others "$tmp/copy" >"$tmp/said"
	check "seen: $1" grep -q "^$2:[0-9]*:" "$tmp/said"
	cp "$tmp/kept" "$tmp/copy/$2"
}
red 'in a report' lib/report/words.c 'fputs("undecided", out);'
red 'of targets' lib/report/targets.c 'fputs("met, not certain", out);'
red 'in a schema' lib/report/report.schema.json '"Undecided"'
red 'in a manual' lib/report/man/kt-report.1 '.B undecided'
red 'on the first page' README.md 'Otherwise it is not certain.'
red 'of what is equal' lib/report/summary.c 'fputs("v faster  = the same", out);'

# What they say is one word indeed, whatever is written.
"$kt" report -f html tests/golden/builds.jsonl 2>/dev/null | sed 's/<[^>]*>/ /g' >"$tmp/page"
check 'the page has it' grep -q '3 inconclusive' "$tmp/page"
for format in text md json csv openmetrics; do
	"$kt" report -f $format $([ $format != csv ] || echo --table comparisons) tests/golden/builds.jsonl >"$tmp/as.$format" 2>/dev/null
	check "$format has it" grep -q inconclusive "$tmp/as.$format"
	check "$format has no other" sh -c "! grep -qiE 'undecided|not certain' '$tmp/as.$format'"
done
finish
