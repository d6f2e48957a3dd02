#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What a guided fuzzer begins with: seeds.py NAME DIR: writes DIR/in/*, small inputs of fuzzer NAME, and DIR/words, its dictionary.

Records are those of tests/golden with a few lines of each sort, and hundreds that mutate.py damaged, since a fuzzer by itself
seldom changes a number in one place so that it still agrees with another. The same ones each time.
"""
import json
import os
import pathlib
import re
import sys

import mutate

TESTS = pathlib.Path(__file__).resolve().parent.parent
LONGEST = 12000


def short(path, nr):
    """The record, with at most @nr lines of each type and question, and short histograms as they are."""
    seen, kept = {}, []
    for line in path.read_bytes().split(b"\n"):
        try:
            record = json.loads(line)
            sort = (record.get("type"), record.get("question"), record.get("kind"))
        except (ValueError, AttributeError):
            sort = None
        seen[sort] = seen.get(sort, 0) + 1
        if seen[sort] <= nr and sum(map(len, kept)) + len(line) < LONGEST:
            kept.append(line)
    return b"\n".join(kept) + b"\n"


def records():
    made = [f.read_bytes() for f in sorted((TESTS / "corpus/records").iterdir())]
    return [r for r in made + [short(f, nr) for f in sorted((TESTS / "golden").glob("*.jsonl")) for nr in (1, 3)] if len(r) <= LONGEST]


def damaged(nr, bases):
    return [m for m in (mutate.mutated("seeds", i, bases) for i in range(nr)) if len(m) <= LONGEST]


def sides(bases, nr, most):
    """Records with a line of -- in between: runs that belong together, and any."""
    golden = [short(TESTS / "golden" / f"runs_{s}.jsonl", n) for n in (1, 2) for s in ("base", "new")]
    made = [b"--\n".join(golden[:2]), b"--\n".join(golden[2:]), b"--\n".join(golden[i % 4] for i in range(most))]
    r = mutate.random.Random("sides")
    for _ in range(nr):
        made.append(b"--\n".join(r.choice(bases) for _ in range(r.randrange(1, most + 1))))
    return [m for m in made if len(m) <= 2 * LONGEST]


def cut(value, nr):
    if isinstance(value, list):
        return [cut(v, nr) for v in value[:nr]]
    return {k: cut(v, nr) for k, v in value.items()} if isinstance(value, dict) else value


def documents():
    """Reports and comparisons with short lists."""
    made = []
    for path in sorted((TESTS / "golden").glob("*.json")):
        whole = json.loads(path.read_text())
        made += [json.dumps(cut(whole, nr), separators=(",", ":")).encode() for nr in (0, 1, 2)]
    return [m for m in made if len(m) <= LONGEST]


def targets():
    lines = (TESTS / "golden/targets.txt").read_bytes().splitlines(keepends=True)
    return [b"".join(lines), *lines, b"* * p50 <= 1.02 futex\n", b"work* lib* mean <= 1 futex\n", b"w* libkthread syscalls <= 2 each\n",
            b"w* libkthread p99 <= 2 futex@work_queue/worker=busy/cpu=cross\n", b"*sleep libkthread p99.9 <= 0x1p3 condvar # why\n"]


def words(inputs):
    """Names and short strings of the inputs, quoted as they stand there, and numbers at the edges of types."""
    found = set()
    for data in inputs:
        found.update(re.findall(rb'"[A-Za-z_0-9./ ]{1,24}":?|[a-z_0-9]{3,24}(?= |$)', data))
    found = sorted(found, key=lambda w: (len(w), w))[:1500]
    return found + [n.encode() for n in mutate.EXTREMES if len(n) < 100] + [b"\n--\n", b"\n", b"[]", b"{}", b"null", b"\\u0000", b"\xff"]


def quoted(word):
    return '"' + "".join(chr(c) if 32 <= c < 127 and c not in b'"\\' else f"\\x{c:02x}" for c in word) + '"\n'


def main():
    name, target = sys.argv[1], pathlib.Path(sys.argv[2])
    bases = records()
    made = {"report": lambda: bases + damaged(600, bases),
            "diff": lambda: sides(bases, 60, 2) + sides(damaged(300, bases), 150, 2),
            "merge": lambda: sides(bases, 60, 4) + sides(damaged(300, bases), 150, 4),
            "validate": documents, "targets": targets, "elf": list, "memory": list}[name]()
    corpus = TESTS / "corpus" / name
    made += [f.read_bytes() for f in sorted(corpus.iterdir())] if corpus.is_dir() else []
    os.makedirs(target / "in")
    for i, data in enumerate(made):
        (target / "in" / f"{i:04}").write_bytes(data or b"\n")
    if name not in ("elf", "memory"):
        (target / "words").write_text("".join(map(quoted, words(made))))


if __name__ == "__main__":
    main()
