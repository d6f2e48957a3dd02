#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The page of scripts/fleet/README.md, from nothing to the hosts that regressed last night: its commands as they stand, line by
# line, with hosts on loopback. Nights before the last are simulated: that changes are found is tried by sql.sh.
. "$(dirname "$0")/lib.sh"
[ "$KT_BUILD" = "$PWD/build" ] || {
	skip "the page is for a tree that is built in build/, not in $KT_BUILD"
	finish
}
# Where the other builds were made with other paths, so is this one.
grep -q -- -ffile-prefix-map "$KT_BUILD/flags" || export MAKEFLAGS='no_paths='
need_ssh
scripts/fleet/engines/install duckdb >"$tmp/no" 2>&1 || lacking "DuckDB cannot be had: $(tail -n 1 "$tmp/no")"

# The home of somebody who has nothing; ssh takes no notice of HOME, so its configuration is named.
export XDG_CACHE_HOME=${XDG_CACHE_HOME:-$HOME/.cache}
mkdir -p "$tmp/home" "$tmp/bin"
printf '#!/bin/sh\nexec %s -F "%s" "$@"\n' "$(command -v ssh)" "$ssh_dir/config" >"$tmp/bin/ssh"
chmod +x "$tmp/bin/ssh"
export HOME=$tmp/home PATH=$tmp/bin:$PATH
read -r -a port <<<"$(free_ports 3)"
for i in 1 2 3; do ssh_host n$i "${port[i - 1]}"; done

sed -n '/^```sh$/,/^```$/p' scripts/fleet/README.md | sed '/^```/d' >"$tmp/page"
check 'the page has its commands' test "$(wc -l <"$tmp/page")" -ge 6
before() { # what came on the nights before, of hosts of these names
	local day files
	timeout 300 tests/fleet/simulate "$tmp/simulated" --hosts 3 --nights 6 --last "$(date -d yesterday +%F)" || return 1
	for day in "$tmp"/simulated/20*; do
		mkdir -p ~/fleet/records/"${day##*/}"
		files=("$day"/*.jsonl.gz)
		for i in 1 2 3; do cp "${files[i - 1]}" ~/fleet/records/"${day##*/}/n$i.jsonl.gz" || return 1; done
	done
}
while IFS= read -r line; do
	case $line in
	*/load\ *) check 'the nights before' before ;;
	esac
	began=$SECONDS
	timeout 800 bash -c "$line" >"$tmp/said" 2>"$tmp/log" </dev/null
	status=$?
	[ $status -eq 0 ] && ok || { bad "$line: exit $status"; tail -n 5 "$tmp/said" "$tmp/log"; }
	printf '$ %s   (%s s)\n' "$line" $((SECONDS - began))
	head -n 6 "$tmp/said"
done <"$tmp/page"
check 'the last one has its heading' grep -q '^scope,host,question,arm' "$tmp/said"
scripts/fleet/query changes ~/fleet/nights.duckdb >"$tmp/said"
check 'what it chooses from says of each host what it did' python3 - "$tmp/said" <<'P'
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1], newline="")))
assert {"scope", "host", "question", "arm", "ratio", "verdict"} <= set(rows[0]), rows[0]
hosts = {r["host"] for r in rows if r["scope"] == "host" and r["host"]}
assert hosts == {"n1", "n2", "n3"}, hosts
assert all(r["verdict"] for r in rows)
P
for i in 1 2 3; do check "nothing is left on n$i" await nothing_left_on n$i; done
finish
