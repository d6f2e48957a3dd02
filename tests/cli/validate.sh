#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kt report --validate: what it says of good files, of broken ones, and that others who read the same schemas (ajv, and
# Python's jsonschema) say the same of hundreds of broken ones.
# Beside others: it only reads records.
. "$(dirname "$0")/lib.sh"

"$kt" report -f json tests/golden/live.jsonl >"$tmp/report.json"
"$kt" diff -f json tests/golden/runs_base.jsonl -- tests/golden/runs_new.jsonl >"$tmp/diff.json"
"$kt" report --validate "$tmp/report.json" "$tmp/diff.json" >"$tmp/said" 2>"$tmp/errors"
check 'both are as documented' test $? -eq 0
check 'a line for each' grep -c 'json: as documented (kt [a-z]* -f json, schema [0-9]*)$' "$tmp/said"
check 'and nothing else' sh -c "[ \$(wc -l <'$tmp/said') -eq 2 ] && ! [ -s '$tmp/errors' ]"
check 'from a pipe' sh -c "'$kt' report -f json tests/golden/small.jsonl | '$kt' report --validate - | grep -q '^standard input: as doc'"

# says NAME PATTERN FILE: status 2, PATTERN on standard output and one line on standard error
says() {
	local name=$1 pattern=$2 status
	shift 2
	"$kt" report --validate "$@" >"$tmp/said" 2>"$tmp/errors"
	status=$?
	check "$name: exit $status" test $status -eq 2
	check "$name: said" grep -qE -- "$pattern" "$tmp/said"
	check "$name: counted" grep -qE '^kt report: [0-9]+ of [0-9]+ files? (is|are) not as documented$' "$tmp/errors"
}
sed 's/"complete": true/"complete": "yes"/' "$tmp/report.json" >"$tmp/type.json"
says 'a wrong type' '/complete is of type string, expected boolean$' "$tmp/type.json"
says 'one of several' '^.*/report.json: as documented' "$tmp/report.json" "$tmp/type.json"
sed 's/"noun": .*/"noun": "wakes", "verb": "wake",/' "$tmp/report.json" >"$tmp/more.json"
says 'a member too many' '/traces/0 has "verb", which is not described$' "$tmp/more.json"
sed 's/"schema": [0-9]*/"schema": 3/' "$tmp/report.json" >"$tmp/old.json"
says 'another version, and nothing else' 'old.json: is of schema 3, and this kt knows [0-9]+$' "$tmp/old.json"
check 'one line' test "$(wc -l <"$tmp/said")" -eq 1
says 'a record' 'is a record; .kt report -f json. makes a report of it$' tests/golden/small.jsonl
says 'no JSON' 'is not JSON: line 1: ' Makefile
says 'a report, and more after a NUL' 'is not JSON: it holds a NUL$' <(cat "$tmp/report.json"; printf '\0{')
says 'nothing' 'is not JSON: ' /dev/null
says 'a torn file' 'is not JSON: line [0-9]+: ' <(head -c 5000 "$tmp/report.json")
printf '{"schema": 6, "kind": "report", "\\u001b[31m\\u202e": 1}' >"$tmp/hostile.json"
says 'a hostile name is spelled out' 'has "\\x1b\[31m\\xe2\\x80\\xae", which' "$tmp/hostile.json"
check 'it is not shown as it is' sh -c "! grep -q \$'\\x1b' '$tmp/said'"
check 'no more than twenty lines and a count' sh -c "echo '{\"schema\": 6, \"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1}' |
	'$kt' report --validate - | tail -n 1 | grep -qx 'and 1 more'"
refused 'a file that is not there' 2 'no-such-file' "$kt" report --validate "$tmp/no-such-file"
refused 'another option' 2 'takes no other option' "$kt" report --validate -f json "$tmp/report.json"
refused 'a full disk' 5 'space' sh -c "'$kt' report --validate '$tmp/report.json' >/dev/full"

# Broken in one place each, seeded: a member missing, one too many, or a value of another sort.
mkdir "$tmp/broken"
python3 - "$tmp/report.json" "$tmp/diff.json" "$tmp/broken" <<'P'
import copy, json, random, sys
random.seed(20260102)
OTHERS = [None, True, -1, 1.5, 0, "", "text", "12345678901234567890", [], [1], {}, {"a": 1}]
def places(x, path=()):
    yield path
    if isinstance(x, (dict, list)):
        for k, v in x.items() if isinstance(x, dict) else enumerate(x):
            yield from places(v, path + (k,))
for name in sys.argv[1:3]:
    whole = json.load(open(name))
    del whole["runs"][1:], whole["comparisons"][3:]
    all = [p for p in places(whole) if p]
    for n in range(250):
        broken, path = copy.deepcopy(whole), random.choice(all)
        at = broken
        for step in path[:-1]:
            at = at[step]
        sort = random.randrange(4)
        if sort == 0:
            del at[path[-1]]
        elif sort == 1 and isinstance(at, dict):
            at["unheard_of"] = 1
        else:
            at[path[-1]] = random.choice(OTHERS)
        # A file of another kind or version is refused for that alone, and held against one schema or the other.
        if broken.get("schema") == whole["schema"] and broken.get("kind") == whole["kind"]:
            json.dump(broken, open(f"{sys.argv[3]}/{'diff' if 'diff.json' in name else 'report'}.{n}.json", "w"))
P
files=("$tmp"/broken/*.json)
check 'there are hundreds' test ${#files[@]} -gt 400
"$kt" report --validate "${files[@]}" 2>/dev/null | sed -n 's/.*\/\([a-z]*\.[0-9]*\.json\): as documented.*/\1/p' | sort >"$tmp/ours"
check 'most of them are wrong, some are not' sh -c "n=\$(wc -l <'$tmp/ours'); [ \$n -gt 20 ] && [ \$n -lt 250 ]"

node=tests/node/install
if why=$([ -x $node ] && $node "$KT_BUILD"); then
	NODE_PATH=$KT_BUILD/node/node_modules node - "${files[@]}" >"$tmp/theirs" <<'J'
const fs = require('fs'), path = require('path'), Ajv = require('ajv/dist/2020');
const schema = (name) => JSON.parse(fs.readFileSync(`lib/report/${name}.schema.json`));
const ajv = new Ajv({ strict: true, allowUnionTypes: true, strictTypes: false, strictRequired: false, validateSchema: true });
const validate = { report: ajv.compile(schema('report')), diff: ajv.compile(schema('diff')) };
for (const file of process.argv.slice(2)) {
	const name = path.basename(file);
	if (validate[name.split('.')[0]](JSON.parse(fs.readFileSync(file))))
		console.log(name);
}
J
	check 'ajv says the same of each' diff "$tmp/ours" <(sort "$tmp/theirs")
else
	skip "what ajv says: ${why:-tests/node is not there}"
fi
if python3 -c 'import jsonschema; jsonschema.Draft202012Validator' 2>/dev/null; then
	check 'Python says the same of each' sh -c "python3 - '$tmp/broken' <<'P' | sort | diff '$tmp/ours' -
import json, os, sys
from jsonschema import Draft202012Validator as V
schema = {n: json.load(open(f'lib/report/{n}.schema.json')) for n in ('report', 'diff')}
for s in schema.values():
    V.check_schema(s)
for f in os.listdir(sys.argv[1]):
    if V(schema[f.split('.')[0]]).is_valid(json.load(open(f'{sys.argv[1]}/{f}'))):
        print(f)
P"
else
	skip 'what Python says: python3-jsonschema is not installed, or older than draft 2020-12'
fi
finish
