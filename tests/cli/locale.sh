#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What kt report and kt diff write is the same, byte by byte, whatever language, decimal point and time zone are set.
# Beside others: it only reads records.
. "$(dirname "$0")/lib.sh"

# A locale with a decimal comma and digits in groups, made here, since few machines have it.
if ! localedef -i de_DE -f UTF-8 "$tmp/de_DE.UTF-8" >/dev/null 2>"$tmp/err" && [ ! -e "$tmp/de_DE.UTF-8/LC_NUMERIC" ]; then
	skip "a locale with a decimal comma: localedef cannot make it (package locales): $(head -n 1 "$tmp/err")"
	finish
fi
abroad() { env LOCPATH="$tmp" LC_ALL=de_DE.UTF-8 LANGUAGE=de TZ=Asia/Kathmandu "$@"; }
home() { env -u LANGUAGE LC_ALL=C TZ=UTC "$@"; }
check 'it is there, and has a comma' sh -c "[ \"\$(LOCPATH='$tmp' LC_ALL=de_DE.UTF-8 bash -c 'printf %.1f 0,5')\" = 0,5 ]"

"$kt" report -f no-such-format tests/golden/small.jsonl 2>"$tmp/said"
formats=$(sed -n 's/.*; expected //p' "$tmp/said" | sed 's/,\| or / /g')
check 'there are several formats' test "$(wc -w <<<"$formats")" -ge 6
same() { # same NAME ARGUMENT...: kt ARGUMENT... writes the same here and there
	local name=$1 status
	shift
	home "$kt" "$@" >"$tmp/home" 2>"$tmp/home.err"
	status=$?
	abroad "$kt" "$@" >"$tmp/abroad" 2>"$tmp/abroad.err"
	check "$name: the same exit status" test $? -eq $status
	check "$name: byte by byte" cmp "$tmp/home" "$tmp/abroad"
	check "$name: the same errors" cmp "$tmp/home.err" "$tmp/abroad.err"
}
for format in $formats; do
	for record in small builds live; do
		same "$record as $format" report -f "$format" "tests/golden/$record.jsonl"
	done
done
for table in comparisons instances epochs buckets matrix intervals events; do
	same "table of $table" report -f csv --table $table tests/golden/instances.jsonl
done
"$kt" diff -f no-such-format tests/golden/runs_base.jsonl -- tests/golden/runs_new.jsonl 2>"$tmp/said"
for format in $(sed -n 's/.*; expected //p' "$tmp/said" | sed 's/,\| or / /g'); do
	same "diff as $format" diff -f "$format" tests/golden/runs_base.jsonl -- tests/golden/runs_new.jsonl
done
same 'what is validated' report --validate tests/golden/small.json tests/golden/runs.json
finish
