#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kt report -f md and kt diff -f md, as GitHub's own renderer of Markdown reads it (cmark-gfm): tables, nothing but our own markup whatever
# things are called, and never more than a comment holds.
# Beside others: it only reads records.
. "$(dirname "$0")/lib.sh"

# turn NASTY.json RECORD: names replaced as NASTY says
turn() {
	python3 - "$@" <<'P'
import json, sys
nasty = json.load(open(sys.argv[1]))
def turn(x):
    if isinstance(x, dict):
        return {turn(k): turn(v) for k, v in x.items()}
    if isinstance(x, list):
        return [turn(v) for v in x]
    return nasty.get(x, x) if isinstance(x, str) else x
for line in open(sys.argv[2]):
    print(json.dumps(turn(json.loads(line))))
P
}
# many QUESTIONS ARMS: a run of so many, with long names
many() {
	python3 - "$@" <<'P'
import json, sys
questions, arms = int(sys.argv[1]), int(sys.argv[2])
seen, names = 0, ["futex", "libkthread"] + [f"arm-number-{i}-with-a-name-that-is-long" for i in range(arms - 2)]
for line in open("tests/golden/small.jsonl"):
    r = json.loads(line)
    if "question" not in r or r["question"] is None:
        print(json.dumps(r))
        continue
    if not r["question"].startswith("wakeup/"):
        continue
    for n in range(questions):
        q = dict(r, question=f"{n}/{r['question']}/with=a,name=that,is=long")
        if r["type"] == "question":
            q["arms"] = names
        if r["type"] == "block":
            one = next(e for e in r["epochs"] if e["arm"] == "futex")
            q["epochs"] = [dict(one, arm=a) for a in names]
        if r["type"] != "trace" or r["subject"] in names:
            print(json.dumps(q))
P
}
# comment FILE: no longer than it may be, and every part that begins ends
comment() {
	[ "$(wc -c <"$1")" -le 60000 ] && [ "$(grep -c '^<details>' "$1")" -eq "$(grep -c '^</details>' "$1")" ]
}

"$kt" report -f md tests/golden/small.jsonl >"$tmp/small.md"
check 'the suffix is enough' "$kt" report tests/golden/small.jsonl -o "$tmp/by-name.md"
check 'and the same' cmp "$tmp/small.md" "$tmp/by-name.md"
check 'what was found is the first line' sh -c "head -n 1 '$tmp/small.md' | grep -q '^\*\*.libkthread. against .futex. .*\.\*\*\$'"
refused 'a full disk' 5 'space' sh -c "'$kt' report -f md tests/golden/small.jsonl >/dev/full"
check 'a reader that goes away' sh -c "'$kt' report -f md tests/golden/small.jsonl | head -c1 | grep -q '[*]'"

many 100 8 >"$tmp/many.jsonl"
"$kt" report -f md "$tmp/many.jsonl" >"$tmp/many.md"
check '100 questions of 8 arms fit' comment "$tmp/many.md"
check 'nearly all of the room is used' test "$(wc -c <"$tmp/many.md")" -gt 50000
check 'all of them are counted' grep -qE '^\*\*.*: (100|9[0-9]) ' "$tmp/many.md"
check 'what does not fit is said' grep -q '^[0-9]* more questions are left out, since' "$tmp/many.md"
check 'rows and rows left out are all there are' python3 - "$tmp/many.md" <<'P'
import re, sys
text = open(sys.argv[1]).read()
arms = text[text.index("All arms"):]
arms = arms[:arms.index("</details>")]
assert len(re.findall(r"^\| `", arms, re.M)) + int(re.search(r"^(\d+) more questions", arms, re.M)[1]) == 100
P
python3 -c 'import json; print(json.dumps({"libkthread": "<`|@\n" * 60000, "wakeup/trip=oneway/cpu=cross/wait=sleep": "_" * 300000}))' >"$tmp/long.json"
turn "$tmp/long.json" tests/golden/small.jsonl >"$tmp/long.jsonl"
"$kt" report -f md "$tmp/long.jsonl" >"$tmp/long.md"
check 'names of 300 KB fit' comment "$tmp/long.md"
for record in instances builds moved settings trace live threads hostile hostile_sides apart v1; do
	"$kt" report -f md tests/golden/$record.jsonl >"$tmp/$record.md"
	check "$record: a comment" comment "$tmp/$record.md"
done

# Recorded runs against recorded runs.
base=tests/golden/runs_base.jsonl new=tests/golden/runs_new.jsonl
"$kt" diff -f md "$base" -- "$new" >"$tmp/diff.md"
check 'a comparison: as committed' cmp "$tmp/diff.md" tests/golden/runs.md
check 'a comparison: a comment' comment "$tmp/diff.md"
check 'a comparison: a full disk' sh -c "! '$kt' diff -f md $base -- $new >/dev/full 2>'$tmp/said' && grep -q space '$tmp/said'"
for n in 1 2 3 4 5 6; do
	many 100 8 | sed "1s/\"id\": \"[^\"]*/&$n/" >"$tmp/run$n.jsonl"
done
"$kt" diff -f md "$tmp/"run[123].jsonl -- "$tmp/"run[456].jsonl >"$tmp/diff_many.md" 2>"$tmp/said"
check 'a comparison of 800 arms fits' comment "$tmp/diff_many.md"
check 'all are counted' grep -q '^\*\*0 of 800 regressed' "$tmp/diff_many.md"
check 'rows and rows left out are all there are' python3 - "$tmp/diff_many.md" <<'P'
import re, sys
first, rest = open(sys.argv[1]).read().split("All figures")
rows = lambda text: {m for m in re.findall(r"^\| (`[^|]*` \| `[^|]*`) \|", text, re.M)}
left = lambda text: int(re.search(r"^(\d+) more arms are left out.*`kt diff -f html`", text, re.M)[1])
assert len(rows(first)) + left(first) == 800 == len(rows(rest)) + left(rest), (len(rows(first)), left(first))
P

if ! command -v cmark-gfm >/dev/null; then
	skip 'what GitHub makes of it: cmark-gfm is not installed'
	finish
fi
html() { cmark-gfm -e table -e strikethrough -e autolink -e tagfilter --unsafe "$1"; }
html "$tmp/small.md" >"$tmp/small.html"
html "$tmp/many.md" >"$tmp/many.html"
cat >"$tmp/nasty.json" <<'J'
{"libkthread": "a`b|c\\|d <script>alert(1)</script> [x](http://y.example)", "futex": "@everyone|x@y.example www.z.example :smile: #1 GH-2",
 "condvar": "\n\n# head\n\n<details>\n- \u202e*_~$`` ", "wakeup/trip=oneway/cpu=cross/wait=sleep": "</code></details><img src=x onerror=y>\\`",
 "not built in: libuv is not installed": "<!-- http://u.example **x** | @me `", "bench": "bench",
 "Example CPU @ 2.10GHz": "<b>CPU</b> http://c.example", "6.12.0-example": "`|`|`"}
J
turn "$tmp/nasty.json" tests/golden/small.jsonl >"$tmp/nasty.jsonl"
"$kt" report -f md "$tmp/nasty.jsonl" >"$tmp/nasty.md"
html "$tmp/nasty.md" >"$tmp/nasty.html"
turn "$tmp/nasty.json" $base >"$tmp/nasty_base.jsonl"
turn "$tmp/nasty.json" $new >"$tmp/nasty_new.jsonl"
"$kt" diff -f md "$tmp/nasty_base.jsonl" -- "$tmp/nasty_new.jsonl" >"$tmp/nasty_diff.md"
for record in builds live threads hostile hostile_sides apart diff diff_many nasty_diff; do html "$tmp/$record.md" >"$tmp/$record.html"; done
check 'GitHub makes nothing of names' python3 - "$tmp/nasty.json" "$tmp/"{nasty,small,many,builds,live,threads,hostile,hostile_sides,apart,diff,diff_many,nasty_diff}.html <<'P'
import html.parser, json, re, sys
OURS = {"p", "strong", "code", "pre", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "details", "summary", "blockquote", "h3"}
class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.open, self.tables, self.codes, self.prose = [], [], [], ""
        self.feed(text)
        assert not self.open, self.open
    def handle_starttag(self, tag, attrs):
        assert tag in OURS, tag
        assert all(k == "align" for k, v in attrs), attrs
        self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append(0)
        elif tag in ("td", "th"):
            self.tables[-1][-1] += 1
        elif tag == "code":
            self.codes.append("")
    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (self.open, tag)
        self.open.pop()
    def handle_data(self, data):
        if "code" in self.open:
            self.codes[-1] += data
        else:
            self.prose += data
    def handle_comment(self, data):
        assert data == " " and self.open[-1] == "code"
pages = [Page(open(f, encoding="utf-8").read()) for f in sys.argv[2:]]
for page in pages:
    for table in page.tables:
        assert len(set(table)) == 1, table
    # What GitHub itself links after that, outside of code.
    assert not re.search(r"@\w|#\d|https?:|www\.|:\w+:|GH-\d", page.prose), page.prose
spelled = lambda s: "".join("".join(f"\\x{b:02x}" for b in c.encode()) if ord(c) < 32 or c == "\u202e" else c for c in s)
codes = set(pages[0].codes)
for name in list(json.load(open(sys.argv[1])).values()):
    assert name == "bench" or spelled(name) in codes, (name, codes)
assert [len(t) for t in pages[0].tables] == [len(t) for t in pages[1].tables], "as many rows as with other names"
P
finish
