#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kt report --svg-dir: each plot as a file of its own, which asks for nothing, whatever things are called; and what is refused.
# Beside others: it only reads records.
. "$(dirname "$0")/lib.sh"
if ! command -v gnuplot >/dev/null; then
	skip 'svg_dir.sh: gnuplot is not installed (package gnuplot-nox)'
	finish
fi

# standalone FILE...: well-formed, with a title, words and a style of its own, and nothing that is fetched or run
standalone() {
	python3 - "$@" <<'P'
import re, sys
import xml.etree.ElementTree as tree
svg = "{http://www.w3.org/2000/svg}"
assert len(sys.argv) > 1
for name in sys.argv[1:]:
    text = open(name, encoding="utf-8").read()
    root = tree.fromstring(text)
    assert root.tag == svg + "svg" and root.get("role") == "img", name
    assert {e.tag for e in root.iter()} <= {svg + t for t in ("svg", "title", "desc", "style", "rect", "path", "text")}, name
    assert root.find(svg + "title").text and len(root.find(svg + "desc").text) > 60, name
    style = root.find(svg + "style").text
    assert "prefers-color-scheme:dark" in style and "--a0:" in style and not re.search(r"url\(|@import", style), name
    for part in re.findall(r"var\(--(\w+)\)", text):
        assert f"--{part}:" in style, (name, part)
    for e in root.iter():
        assert not [a for a in e.attrib if a.startswith("on") or "href" in a], name
    inside = [e for e in root.iter(svg + "path") if (e.get("class") or "")[0] in "crehod"]
    assert inside, (name, "nothing is drawn")
    assert text.count("://") == 1, name
P
}

says_to() { # says_to FILE COMMAND...: what it says on standard error goes to FILE
	local said=$1
	shift
	"$@" 2>"$said"
}
for record in small instances trace hostile hostile_sides settings builds; do
	check "$record: they are written" says_to "$tmp/said" "$kt" report "tests/golden/$record.jsonl" -f json -o "$tmp/$record.json" --svg-dir "$tmp/$record"
	check "$record: each stands alone" standalone "$tmp/$record"/*
	check "$record: it says how many" grep -qx "kt report: $(ls "$tmp/$record" | wc -l) plots in $tmp/$record" "$tmp/said"
	check "$record: the report is written as well" strict_json "$tmp/$record.json"
done
check 'as many as on the page' sh -c \
	"'$kt' report tests/golden/small.jsonl -f html | grep -c '<svg class=plot' | grep -qx '$(ls "$tmp/small" | wc -l)'"
check 'named after question and kind' test -s "$tmp/small/wakeup--trip=oneway--cpu=cross--wait=sleep.spectrum.svg"

# ---- names
# named NAME...: a run with questions of these names
named() {
	python3 - "$@" <<'P'
import json, sys
for line in open("tests/golden/small.jsonl"):
    r = json.loads(line)
    if r.get("question") is None:
        print(json.dumps(r))
    elif r["question"].startswith("wakeup/"):
        for name in sys.argv[1:]:
            print(json.dumps(dict(r, question=name)))
P
}
long=$(printf 'x%.0s' $(seq 5000))
named '../../../escaped' '/tmp/escaped' '..' '.' '.hidden' '-rf' 'a/b' 'a--b' 'ä' 'a b' 'a;b' 'A' 'con:nul' "$long" "${long}y" >"$tmp/named.jsonl"
mkdir "$tmp/in"
check 'hostile names: written' "$kt" report "$tmp/named.jsonl" -f json -o "$tmp/named.json" --svg-dir "$tmp/in/svg"
check 'nothing leaves the directory' test "$(ls -A "$tmp/in") $(ls -A "$tmp" | grep -c escaped)" = 'svg 0'
check 'names are plain' test -z "$(ls -A "$tmp/in/svg" | grep -v '^[A-Za-z0-9_=][A-Za-z0-9_=.~-]*\.svg$')"
check 'and not too long' test -z "$(ls -A "$tmp/in/svg" | grep '.\{200\}')"
check 'no two are one' test "$(ls "$tmp/in/svg" | grep -c '\.spectrum\.svg$')" = 15
check 'they stand alone' standalone "$tmp"/in/svg/*
ls "$tmp/in/svg" >"$tmp/first"
check 'the same names the next time' sh -c \
	"'$kt' report '$tmp/named.jsonl' -f json -o '$tmp/again.json' --svg-dir '$tmp/again' && ls '$tmp/again' | cmp - '$tmp/first'"

# ---- what is there already
record=tests/golden/small.jsonl
one=$tmp/small/wakeup--trip=oneway--cpu=cross--wait=sleep.ecdf.svg
cp "$one" "$tmp/copy"
rm "$tmp"/small/*spectrum.svg
echo precious >"$one"
refused 'one that exists' 2 'ecdf.svg exists already; name another directory or give --force' "$kt" report $record --svg-dir "$tmp/small"
check 'it is kept' grep -qx precious "$one"
check 'and no other is written' test -z "$(ls "$tmp/small" | grep spectrum)"
check '--force' "$kt" report $record --force --svg-dir "$tmp/small"
check 'replaces it' cmp "$one" "$tmp/copy"
ln -sf /nonexistent/away "$one"
refused 'a link that leads nowhere' 2 'exists already' "$kt" report $record --svg-dir "$tmp/small"

# ---- what goes wrong
touch "$tmp/file"
refused 'a file in the place of the directory' 5 "$tmp/file is not a directory" "$kt" report $record --svg-dir "$tmp/file"
refused 'a directory in nothing' 5 'cannot make the directory .*/no/such/dir: No such file' "$kt" report $record --svg-dir "$tmp/no/such/dir"
refused 'a missing gnuplot' 5 'gnuplot is not installed: package gnuplot-nox' env PATH=/nonexistent "$kt" report $record --svg-dir "$tmp/none"
check 'makes no directory' test ! -e "$tmp/none"
check 'a missing $TMPDIR is not missed' env TMPDIR=/nonexistent "$kt" report $record -f json -o "$tmp/tmp.json" --svg-dir "$tmp/tmp"
refused 'a limit of the size' 5 'File too large' bash -c "ulimit -f 4; '$kt' report $record --svg-dir '$tmp/limited'"
check 'leaves no half of a file' test -z "$(ls -A "$tmp/limited")"
if unshare -m true 2>/dev/null; then
	mkdir "$tmp/full"
	refused 'a full disk' 5 'No space left' unshare -m sh -c \
		"mount -t tmpfs -o size=16k tmpfs '$tmp/full' && '$kt' report $record --svg-dir '$tmp/full/svg'"
fi
mkdir "$tmp/bin"
printf '#!/bin/sh\nexit 0\n' >"$tmp/bin/gnuplot"
chmod 755 "$tmp/bin/gnuplot"
refused 'a gnuplot that draws nothing' 5 'gnuplot has not drawn ' env PATH="$tmp/bin:$PATH" "$kt" report $record --svg-dir "$tmp/nothing"
check 'leaves nothing' test -z "$(ls -A "$tmp/nothing")"
check 'with --targets' "$kt" report $record --targets bench/targets.txt --svg-dir "$tmp/targets"
refused 'with --validate' 2 'no other option' "$kt" report --validate $record --svg-dir "$tmp/none"

# ---- the same bytes
check 'the same whatever locale and zone' sh -c \
	"LC_ALL=de_DE.UTF-8 TZ=Asia/Tokyo '$kt' report $record -f json -o '$tmp/zone.json' --svg-dir '$tmp/zone' && cmp '$tmp/zone/$(basename "$one")' '$tmp/copy'"
finish
