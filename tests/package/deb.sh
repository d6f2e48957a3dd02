#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `make deb`: lintian finds nothing; in a bare Debian 12 the packages install with what they depend on, work, and leave nothing
# when purged.
. "$(dirname "$0")/lib.sh"

needs_command dpkg-buildpackage dpkg-dev
check 'make deb' make_here deb
debs=("$KT_BUILD"/deb/*.deb)
names=()
for deb in "${debs[@]}"; do names+=("$(dpkg-deb -f "$deb" Package)"); done
check 'four packages, and what is taken out of them for debuggers' test "$(printf '%s\n' "${names[@]}" | grep -v -- -dbgsym | xargs)" = 'kt ktbench-dev libkthread-dev libkthread0'
if command -v lintian >/dev/null; then
	check 'lintian' sh -c "lintian --allow-root --display-info --pedantic --fail-on error,warning,info,pedantic '$KT_BUILD'/deb/*.changes"
else
	skip 'no lintian: apt-get install lintian'
fi

root_of bookworm || {
	skip "$why"
	finish
}
root=$roots/bookworm
in_there() { in_root "$root" "$@"; }
fetch() { in_there apt-get -qq install -y --no-install-recommends "$@"; }
work=$root/tmp/work
mkdir -p "$work"
for deb in "${debs[@]}"; do case $deb in *-dbgsym_*) ;; *) cp "$deb" "$work/" ;; esac; done
kept() { printf '%s\n' "${names[@]}" | grep -v -- -dbgsym; }
install_all() { in_there sh -c 'dpkg -i /tmp/work/*.deb'; }
# purge_all: and hold what is there then against what was before
purge_all() {
	check 'purge' in_there dpkg -P $(kept)
	check 'no file is left' diff "$tmp/before" <(files_of "$root")
	check 'nor a word of them in the records of dpkg' sh -c "! ls '$root/var/lib/dpkg/info' | grep -E '^(kt|ktbench-dev|libkthread)'"
}

# Nothing is there but what they say that they depend on.
check 'the lists of packages' in_there apt-get -qq update
depends=$(for deb in "$work"/*.deb; do dpkg-deb -f "$deb" Depends | tr , '\n'; done | sed -E 's/^ *//; s/[ (:|].*//' | sort -u |
	grep -v -e '^libkthread' -e '^kt' | xargs)
# shellcheck disable=SC2086 # several words
check "what they depend on: $depends" fetch $depends
files_of "$root" >"$tmp/before"
check 'installed' install_all
check 'kt --version' in_there kt --version
check 'kt doctor' has . in_there kt doctor
check 'kt bench' in_there kt bench --filter '^park/cpu=same' --time 200ms -o /tmp/run.jsonl
check 'kt report' has park in_there kt report /tmp/run.jsonl
check 'kt trace' in_there kt trace wakeup -d 200ms -o /tmp/trace.jsonl
check 'completions where shells look' test -s "$root/usr/share/bash-completion/completions/kt" -a -s "$root/usr/share/zsh/vendor-completions/_kt"
purge_all

# Writing against them.
check 'a compiler' fetch gcc pkg-config
files_of "$root" >"$tmp/before"
check 'installed once more' install_all
cp lib/kthread/examples/worker.c "$work/"
readme_code 'Writing a benchmark' >"$work/my-suite.c"
check 'a program of the library, shared' has 'tick, 0 left' in_there sh -ec 'cd /tmp/work
	cc -Wall -Werror -o worker worker.c $(pkg-config --cflags --libs kthread); ldd worker | grep libkthread.so.0; ./worker'
check 'and static' has 'tick, 0 left' in_there sh -ec 'cd /tmp/work
	cc -static -o worker worker.c $(pkg-config --static --cflags --libs kthread); ./worker'
check 'a benchmark' has trylock in_there sh -ec 'cd /tmp/work
	cc -O2 -Wall -Werror -o my-suite my-suite.c $(pkg-config --cflags --libs ktbench)
	kt bench ./my-suite --time 100ms -o /tmp/mine.jsonl; kt report /tmp/mine.jsonl'
purge_all
finish
