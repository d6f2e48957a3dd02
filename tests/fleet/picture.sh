#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The picture of a night: 20 simulated hosts of which one is slower in the last of seven nights, one is missing then, one is new and
# one's record was cut off. It is XML, names them, is the same each time and from both engines, and a host's name is only a name.
. "$(dirname "$0")/lib.sh"

night=2026-11-26
hostile="</text><script>alert('1')</script>&\"]]>"$'\n\x1b[31m\u202e'
draw() { timeout 120 scripts/fleet/picture "$@"; }

check 'simulate' timeout 300 tests/fleet/simulate "$tmp/rows" --figures --hosts 20 --nights 7 --shift 0.05 --shifted 1
check 'name them' python3 - "$tmp/rows" "$night" "$hostile" <<'P'
import json, os, sys
rows, night, hostile = sys.argv[1:]
for name in "series", "runs":
    with open(os.path.join(rows, name)) as f:
        all_of = [json.loads(line) for line in f]
    with open(os.path.join(rows, name), "w") as f:
        for r in all_of:
            if r["host"] == "h00019" and r["night"] == night or r["host"] == "h00018" and r["night"] < "2026-11-25":
                continue
            if r["host"] == "h00017" and r["night"] == night and name == "runs":
                r["complete"] = 0
            if r["host"] == "h00000":
                r["host"] = hostile
            f.write(json.dumps(r) + "\n")
P
insert() { # insert DATABASE
	PYTHONPATH=$fleet python3 -c '
import database, sys
db = database.Database(sys.argv[1])
db.ask("".join(db.set(n, sys.argv[2] + "/" + n) for n in ("series", "runs", "problems", "delete")) + db.file("load"))' "$1" "$tmp/rows"
}
shows() { # shows PICTURE: what a reader of XML finds in it
	python3 - "$1" <<'P'
import re, sys
import xml.etree.ElementTree as ET
root = ET.parse(sys.argv[1]).getroot()
svg = "{http://www.w3.org/2000/svg}"
kinds = {e.tag.removeprefix(svg) for e in root.iter()}
assert kinds == {"svg", "title", "desc", "style", "rect", "text", "g", "path"}, kinds
name = "</text><script>alert('1')</script>&\"]]>\\x0a\\x1b[31m\\xe2\\x80\\xae"
short = name[:13] + "…" + name[-14:]
texts = [(e.text, e.get("class")) for e in root.iter(svg + "text")]
title, desc = root.find(svg + "title").text, root.find(svg + "desc").text
assert title == "2026-11-26: 19 hosts, 1 changed (1 slower, 0 faster)", title
assert (short, "bad") in texts, [t for t in texts if "script" in t[0]]
long = name[:19] + "…" + name[-20:]
line = [t for t, _ in texts if t.startswith(long + ": ")]
assert len(line) == 1 and re.search(r": \d\d slower and 0 faster of 69 arms; the median of all \+[45]\.\d", line[0]), line
assert line[0] in desc, desc
for host, what in ("h00019", "missing"), ("h00018", "new"), ("h00017", "incomplete"):
    assert (f"{what}: {host}", None) in texts, what
    assert f"{what.capitalize()}: {host}." in desc, desc
# Of each host that can be compared a column; where nothing was measured nothing is coloured.
dots = next(e for e in root.iter(svg + "path") if e.get("class") == "dots").get("d").count("M")
assert dots == int(re.search(r"(\d\d) slower", line[0])[1]) + 1, dots
for host in range(1, 18):
    assert (f"h{host:05d}", None) in texts, host
P
}

for engine in clickhouse duckdb; do
	if ! why=$($fleet/engines/install $engine); then
		absent "$engine: $why"
		continue
	fi
	db=$tmp/fleet.$engine
	check 'insert' insert "$db"
	draw "$db" >"$tmp/$engine.svg"
	check "$engine: a picture" test $? -eq 0
	check "$engine: XML, in which all are named" shows "$tmp/$engine.svg"
	LC_ALL=C TZ=Asia/Tokyo draw "$db" $night >"$tmp/again.svg"
	check "$engine: the same again" cmp "$tmp/$engine.svg" "$tmp/again.svg"
	draw "$db" 2026-11-21 >"$tmp/early.svg"
	check "$engine: a night with too few before it" grep -q '>Nothing could be compared: ' "$tmp/early.svg"
	check 'is XML' python3 -c 'import sys, xml.etree.ElementTree as ET; ET.parse(sys.argv[1])' "$tmp/early.svg"
	refused 'a night that is not there' 4 'no night 2026-01-01; the last one is 2026-11-26' scripts/fleet/picture "$db" 2026-01-01
	refused 'a night that is none' 2 "invalid NIGHT '1; DROP'" scripts/fleet/picture "$db" '1; DROP'
done
if [ -e "$tmp/clickhouse.svg" ] && [ -e "$tmp/duckdb.svg" ]; then
	check 'both engines draw the same' cmp "$tmp/clickhouse.svg" "$tmp/duckdb.svg"
fi
refused 'a database that is not there' 4 'nowhere.duckdb does not exist; scripts/fleet/load makes it' \
	scripts/fleet/picture "$tmp/nowhere.duckdb"
refused 'no database' 2 'usage: picture DATABASE' scripts/fleet/picture
finish
