#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The house: lib/record owns the format. Code that measures makes no JSON at all, code that reports makes no record and takes
# none apart, except what it shows of an environment.
# Beside others: it only reads sources.
. "$(dirname "$0")/../cli/lib.sh"

# foreign DIR: lines of the sources below DIR that make or take apart a record's JSON outside of lib/record
foreign() {
	(
		cd "$1" || exit
		find bench bpf lib kt.c -name '*.[ch]' ! -path 'lib/record/*' ! -path 'lib/report/*' \
			-exec grep -nE '\b(json_[a-z_]+|hist_(to|from)_json|record_write|record_string) *\(|<jansson' /dev/null {} +
		find lib/report -name '*.[ch]' -exec grep -nE '\b(hist_(to|from)_json|record_(write|create)[a-z_]*) *\(|"type", "' /dev/null {} +
		# schema.c and validate.c read reports.
		find lib/report -name '*.[ch]' ! -name '*context.c' ! -name schema.c ! -name validate.c -exec grep -nE '\bjson_object_get *\(' /dev/null {} +
	)
}
foreign . >"$tmp/foreign"
cat "$tmp/foreign"
check 'records are made and taken apart in lib/record only' test ! -s "$tmp/foreign"

mkdir "$tmp/copy"
cp -r bench bpf lib kt.c "$tmp/copy"
# red NAME FILE LINE: LINE put at the end of FILE is seen
red() {
	cp "$tmp/copy/$2" "$tmp/kept"
	echo "$3" >>"$tmp/copy/$2"
	foreign "$tmp/copy" >"$tmp/said"
	check "seen: $1" grep -q "^$2:[0-9]*:" "$tmp/said"
	cp "$tmp/kept" "$tmp/copy/$2"
}
red 'a record made by hand' bench/controller/measure.c 'json_pack("{s:s}", "type", "block");'
red 'a record written past its writer' bpf/trace_run.c 'record_write(w, json);'
red 'a record made for a report' lib/report/plots.c 'json_pack("{s:s}", "type", "block");'
red 'a record taken apart for a report' lib/report/plots.c 'json_object_get(record, "epochs");'
finish
