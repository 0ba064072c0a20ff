#!/usr/bin/env python3
"""Fails unless what `hailong demo --once --json` prints has a score, an interval and a rank for each of 63 provinces."""

import json
import sys

PROVINCES = 63


def lists(value):
    """Every list of objects in a document."""
    if isinstance(value, dict):
        for member in value.values():
            yield from lists(member)
    elif isinstance(value, list):
        if value and all(isinstance(member, dict) for member in value):
            yield value
        for member in value:
            yield from lists(member)


def faults(rows):
    for row in rows:
        value, low, high = row["value"], row["low"], row["high"]
        if not 0 < value < 100 or not low < value < high:
            yield f"{row}: the score does not lie in its interval"
        if not 1 <= row["rank_low"] <= row["rank"] <= row["rank_high"] <= PROVINCES:
            yield f"{row}: the rank does not lie in its interval"
    if sum(row["n"] for row in rows) != 36_525:
        yield f"{sum(row['n'] for row in rows)} respondents, not 36,525"


def main():
    found = [rows for rows in lists(json.load(sys.stdin)) if len(rows) == PROVINCES]
    if not found:
        sys.exit(f"no list of {PROVINCES} provinces came out")
    wrong = list(faults(found[0]))
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong:
        sys.exit(1)
    print(f"{PROVINCES} provinces, each with a score, an interval and a rank")


if __name__ == "__main__":
    main()
