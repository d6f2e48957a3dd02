# SPDX-License-Identifier: GPL-2.0-only
"""found.py CHANGES HOST...: of the hosts that were shifted, which are found, and which others: prints the numbers of each, then how
many series are called the fleet's.
"""
import csv
import sys

with open(sys.argv[1], newline="", encoding="utf-8") as f:
    rows = list(csv.DictReader(f))
shifted = set(sys.argv[2:])
called = {r["host"] for r in rows if r["scope"] == "host" and r["verdict"] in ("regressed", "improved")}
slower = {r["host"] for r in rows if r["scope"] == "host" and r["verdict"] == "regressed"}
fleet = [r for r in rows if r["scope"] == "fleet"]
print("found", len(slower & shifted), "others", len(called - shifted),
      "fleet", sum(r["verdict"] == "regressed" for r in fleet), "of", len(fleet),
      "improved", sum(r["verdict"] == "improved" for r in fleet))
