#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The page as a reader has it: each kind of page opened in Chromium by tests/node/page.js. Nothing on the console, no request,
# all plots, sorting, filtering, keyboard, links; all of it without a script; nothing sticks out from 360 to 3840 pixels; axe
# finds nothing in light, in dark and at 360; on paper nothing is cut. Skipped where Chromium or node's packages cannot be had.
# Beside others: it only reads records.
. "$(dirname "$0")/lib.sh"

for chromium in chromium chromium-browser google-chrome chrome ''; do
	[ -z "$chromium" ] || ! command -v $chromium >/dev/null || break
done
if [ -z "$chromium" ]; then
	skip 'the page in a browser: Chromium is not installed (package chromium)'
	finish
elif ! why=$(tests/node/install "$KT_BUILD"); then
	skip "the page in a browser: $why"
	finish
fi

plots() { # plots N: what a page has where there is a gnuplot
	if command -v gnuplot >/dev/null; then echo "$1"; else echo 0; fi
}
# Two at a time; what each says stays together.
page() { # page NAME PLOTS KT-ARGUMENT...: made by kt, then opened; PLOTS "tables": without any, for its tables alone
	local name=$1 plots=$2 path=$PATH only=
	shift 2
	[ "$plots" != tables ] || path=/nonexistent only=tables plots=0
	while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n; done
	(
		timeout 60 env PATH="$path" "$kt" "$1" -o "$tmp/$name.html" "${@:2}" 2>"$tmp/$name.err" </dev/null
		if [ -s "$tmp/$name.html" ]; then
			NODE_PATH=$KT_BUILD/node/node_modules timeout 240 node tests/node/page.js $chromium "$tmp/$name.profile" \
				"$plots" "$tmp/$name.html" $only 2>&1
		else
			echo "FAIL: $name: no page"
			cat "$tmp/$name.err"
			echo '0 passed, 1 failed'
		fi >"$tmp/$name.said"
	) &
}

golden=tests/golden
# Names that no line can be broken in, and a record that ends too early.
long=$(printf 'long%.0s' {1..600})
sed "s/libkthread/$long/g; s/cpu=cross/cpu=$long/g" $golden/small.jsonl >"$tmp/long.jsonl"
head -c 40000 $golden/small.jsonl >"$tmp/torn.jsonl"
# More questions than a table has rows.
for i in $(seq 45); do
	sed -n '/"question":"work_queue/p' $golden/small.jsonl | sed "s|work_queue/|work_queue/n=$i/|"
done | cat <(head -n 2 $golden/small.jsonl) - <(tail -n 1 $golden/small.jsonl) >"$tmp/many.jsonl"

page run "$(plots 26)" report results/reference/vm-2cpu-x86_64/run.jsonl
page trace "$(plots 4)" report $golden/trace.jsonl
page threads "$(plots 2)" report $golden/threads.jsonl
page builds "$(plots 6)" report $golden/builds.jsonl
page settings "$(plots 2)" report $golden/settings.jsonl
page apart "$(plots 2)" report $golden/apart.jsonl
page hostile "$(plots 2)" report $golden/hostile.jsonl
page hostile_sides 0 report $golden/hostile_sides.jsonl
page long "$(plots 2)" report "$tmp/long.jsonl"
page torn 0 report "$tmp/torn.jsonl"
page many tables report "$tmp/many.jsonl"
if "$kt" diff --help | grep -q html; then
	page diff 0 diff $golden/runs_base.jsonl -- $golden/runs_new.jsonl
fi
wait
for said in "$tmp"/*.said; do
	read -r p _ f _ <<<"$(tail -n 1 "$said")"
	case $p$f in
	'' | *[!0-9]*) bad "$(basename "$said" .said): no answer" && cat "$said" ;;
	*) passed=$((passed + p)) failed=$((failed + f)) ;;
	esac
	grep -v ' passed, ' "$said"
done
finish
