#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Damages records: mutate.py SEED FROM TO DIR FILE...: writes DIR/FROM .. DIR/TO-1, each a FILE with a few things wrong.

File number i of a seed and of the same FILEs is always the same. Lines are deleted, doubled, swapped, glued, cut and emptied,
bits flipped, numbers and types replaced, names made hostile, values nested deep or made huge, runs put together by cat,
and the whole compressed, cut and damaged.
"""
import copy
import gzip
import json
import random
import re
import sys

EXTREMES = ["0", "-1", "1", "-5", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
            "18446744073709551611", "18446744073709551615", "18446744073709551616", "1e308", "1e309", "-1e309", "1e-320",
            "0.1", "-0.0", "4351", "4352", "1099511627776", "4294967296", "2147483648", "NaN", "Infinity", "1" * 400]
NAMES = ["", "\x00", "\x1b[2J", "<script>alert(1)</script>", "%s%n%p", "../../etc/passwd", "a" * 300, "\u202e", "\ud800",
         "'; touch /tmp/owned #", "\n", "type", "-", "q" * 70000, "\U0001f427", "\u0085", "&lt;", "`id`"]
VALUES = [None, True, False, 0, -1, 2**63, 2**64 - 5, 1e300, "", "x", "18446744073709551611", "-3", [], {}, [[]], [1],
          {"k": 7}, {"": None}]


# ---- bytes ----------------------------------------------------------------------------------------------------------


def flip_bits(r, data):
    data = bytearray(data)
    for _ in range(r.choice([1, 1, 3, 20, 200])):
        if data:
            data[r.randrange(len(data))] ^= 1 << r.randrange(8)
    return bytes(data)


def replace_number(r, data):
    spots = list(re.finditer(rb"-?\d+(\.\d+)?", data))
    for spot in sorted(r.sample(spots, min(len(spots), r.choice([1, 1, 2, 10]))), key=lambda s: -s.start()):
        data = data[:spot.start()] + r.choice(EXTREMES).encode() + data[spot.end():]
    return data


def replace_char(r, data):
    spots = [i for i, c in enumerate(data) if c in b'{}[]",:']
    if spots:
        at = r.choice(spots)
        data = data[:at] + r.choice([b"", b"{", b"}", b"[", b"]", b'"', b",", b":", b"\x00", b"\xff", b"\n"]) + data[at + 1:]
    return data


def cut_file(r, data):
    return data[:r.randrange(len(data) + 1)]


# ---- lines ----------------------------------------------------------------------------------------------------------


def on_lines(change):
    def mutate(r, data):
        lines = data.split(b"\n")
        change(r, lines)
        return b"\n".join(lines)
    return mutate


def some(r, lines):
    """A line; those at the beginning have the most to lose."""
    return r.randrange(min(len(lines), 4)) if r.random() < 0.4 else r.randrange(len(lines))


def delete_lines(r, lines):
    for _ in range(r.choice([1, 1, 2, 5])):
        if len(lines) > 1:
            del lines[some(r, lines)]


def double_lines(r, lines):
    for _ in range(r.choice([1, 1, 2, 5])):
        lines.insert(some(r, lines), lines[some(r, lines)])


def swap_lines(r, lines):
    a, b = some(r, lines), some(r, lines)
    lines[a], lines[b] = lines[b], lines[a]


def glue_lines(r, lines):
    for _ in range(r.choice([1, 1, 3])):
        at = some(r, lines)
        if at + 1 < len(lines):
            lines[at:at + 2] = [lines[at] + lines[at + 1]]


def cut_line(r, lines):
    at = some(r, lines)
    lines[at] = lines[at][:r.randrange(len(lines[at]) + 1)]


def cut_and_glue(r, lines):
    cut_line(r, lines)
    glue_lines(r, lines)


def recheck_line(r, lines):
    """Of a question and an arm of small.jsonl, or of nobody."""
    lines.insert(some(r, lines), json.dumps({"type": "recheck", "question": r.choice(["wakeup/trip=oneway/cpu=cross/wait=sleep", "q", "", 7]),
                                             "arms": r.choice([["futex"], [], [7], "x", ["a"] * 65]),
                                             "first": r.choice([0, 1, 4, 2**63 - 1, -1, "x"]),
                                             "confidence": r.choice([0.99, 0.9999, 0, 1, 2, -1, None, "x"])}).encode())


def odd_line(r, lines):
    lines.insert(some(r, lines), r.choice([b"", b" ", b"null", b"[]", b"{}", b'{"type":"header"}', b'{"type":"header","schema":1}',
                                          b'{"type":"header","schema":3}', b'{"type":7}', b'{"type":"end"}', b"\xef\xbb\xbf",
                                          b'{"type":"block","question":"q","epochs":[]}', b'"' + b"x" * 100000 + b'"']))


def deep_line(r, lines):
    depth = r.choice([100, 2000, 3000, 50000])
    opening, closing = r.choice([(b"[", b"]"), (b'{"a":', b"}")])
    inner = opening * depth + b"1" + (closing * depth if r.random() < 0.5 else b"")
    lines.insert(some(r, lines), r.choice([inner, b'{"type":"environment","cpu":' + inner + b"}"]))


def long_line(r, lines):
    lines.insert(some(r, lines), b'{"type":"environment","host_id":"' + b"h" * r.choice([1 << 16, 1 << 20, 17 << 20]) + b'"}')


# ---- values ---------------------------------------------------------------------------------------------------------


def nodes(value, path=()):
    """Every (container, key) below @value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(items):
        yield value, key
        yield from nodes(inner)


def on_values(change):
    def mutate(r, data):
        lines = data.split(b"\n")
        for _ in range(r.choice([1, 1, 1, 4])):
            at = some(r, lines)
            try:
                record = json.loads(lines[at])
            except ValueError:
                continue
            spots = list(nodes(record))
            if spots:
                change(r, record, spots)
            lines[at] = json.dumps(record, separators=(",", ":")).encode()
        return b"\n".join(lines)
    return mutate


def replace_value(r, record, spots):
    where, key = r.choice(spots)
    where[key] = copy.deepcopy(r.choice(VALUES))


def remove_value(r, record, spots):
    where, key = r.choice(spots)
    del where[key]


def move_value(r, record, spots):
    (a, i), (b, k) = r.choice(spots), r.choice(spots)
    b[k] = copy.deepcopy(a[i])


def rename_key(r, record, spots):
    where, key = r.choice(spots)
    if isinstance(where, dict):
        where[r.choice(NAMES)] = where.pop(key)


def hostile_name(r, record, spots):
    strings = [(w, k) for w, k in spots if isinstance(w[k], str)]
    if strings:
        where, key = r.choice(strings)
        where[key] = r.choice(NAMES)


def double_members(r, record, spots):
    lists = [w[k] for w, k in spots if isinstance(w[k], list)]
    if lists:
        one = r.choice(lists)
        one *= r.choice([2, 10, 100])
    objects = [w[k] for w, k in spots if isinstance(w[k], dict)]
    if objects and r.random() < 0.5:
        one = r.choice(objects)
        value = next(iter(one.values()), 1)
        one.update({f"n{i}": value for i in range(r.choice([5, 70, 300]))})


def big_hist(r, record, spots):
    """Histograms that add up, of more than fits."""
    for where, key in spots:
        if key == "hist" or (isinstance(where[key], dict) and "runs" in where[key]):
            n = r.choice([1, 2**62, 2**63 - 1, 2**63, 2**64 - 1])
            v = r.choice([0, 1, 100, 255])
            where[key] = {"k": 7, "count": str(n), "sum": str(min(n * v, 2**64 - 1)), "min": v, "max": v, "overflow": 0,
                          "runs": [[v, str(n)]]}


def upgrade(r, record, spots):
    """As schema 2 says it."""
    if record.get("type") == "header":
        record.update(schema=2, build_id=r.choice(["ab" * 20, None, 7]), compiler="gcc", flags="-O2",
                      suite=r.choice([None, 7, {"name": "kt-suite", "version": "1", "build_id": "cd" * 20}]))
        record.update(r.choice([{}, {"kind": r.choice(["builds", "settings", "arms", "x", 7]),
                                     "against": r.choice([None, {"name": "old"}, {}, 7]),
                                     "toggle": r.choice([None, ["a", "b"], ["a"], [7, None], "a"]),
                                     "code": r.choice([None, {"status": "same"}, {"status": "x"}, {"status": "unknown"}])}]))
    if record.get("type") == "question" and isinstance(record.get("arms"), list):
        arms = [a for a in record["arms"] if isinstance(a, str)]
        record.update(kind=r.choice(["builds", "settings", None, 7]),
                      sides=r.choice([{}, [], {a: {"of": r.choice([a, "x", 7]), "side": r.choice(["old", "new", "A", "", None]),
                                                   "against": r.choice([arms[0], a, "nobody", None])} for a in arms}]))
    for epoch in record.get("epochs", []) if isinstance(record.get("epochs"), list) else []:
        if isinstance(epoch, dict):
            epoch["losses"] = {"impossible": r.choice([0, 3, str(2**64 - 1), -1, "x"])}
    if record.get("type") == "block":
        record["dropped"] = r.choice([[], [{"arm": "futex", "reason": "late"}] * r.choice([1, 64, 65]), [7], {}])
    if record.get("type") == "trace":
        record["main_metric"] = r.choice(["kernel", "end_to_end", "nothing", 7, None])


# ---- files ----------------------------------------------------------------------------------------------------------


def compress(r, data):
    data = gzip.compress(data, mtime=0)
    kind = r.randrange(4)
    if kind == 1:
        data = data[:r.randrange(len(data))]
    elif kind == 2:
        data = flip_bits(r, data)
    elif kind == 3:
        data += data
    return data


def put_together(r, data, bases):
    other = r.choice(bases)
    if r.random() < 0.5:
        other = re.sub(rb'"id":"[^"]*"', b'"id":"run-%d"' % r.randrange(3), other, count=1)
    if r.random() < 0.3:
        other = re.sub(rb'"host_id":"[^"]*"', b'"host_id":"host-%d"' % r.randrange(3), other, count=1)
    if r.random() < 0.4:
        data = cut_file(r, data)
    return data + other + (data if r.random() < 0.3 else b"")


MUTATIONS = [flip_bits, replace_number, replace_number, replace_number, replace_char, cut_file,
             *map(on_lines, [delete_lines, double_lines, swap_lines, glue_lines, cut_line, cut_and_glue, odd_line, recheck_line]),
             *map(on_values, [replace_value, replace_value, replace_value, remove_value, move_value, rename_key, hostile_name,
                              double_members, big_hist, upgrade])]
RARE = [on_lines(deep_line), on_lines(long_line)]


def mutated(seed, i, bases):
    r = random.Random(f"{seed}/{i}")
    data = r.choice(bases)
    if r.random() < 0.2:
        data = put_together(r, data, bases)
    for _ in range(r.choice([1, 1, 2, 3, 6])):
        data = r.choice(MUTATIONS)(r, data)
    if r.random() < 0.06:
        data = r.choice(RARE)(r, data)
    return compress(r, data) if r.random() < 0.08 else data


def main():
    seed, first, end, target = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    bases = []
    for name in sys.argv[5:]:
        with open(name, "rb") as f:
            bases.append(f.read())
    for i in range(first, end):
        with open(f"{target}/{i}", "wb") as f:
            f.write(mutated(seed, i, bases))


if __name__ == "__main__":
    main()
