#!/usr/bin/env python3
"""Fails unless what `hailong demo --once --json` prints has a score, an interval and a rank for each of 63 provinces."""

import json
import sys

PROVINCES = 63
RESPONDENTS = 36_525


def faults(rows):
    if len({row["area"] for row in rows}) != PROVINCES:
        yield f"{len(rows)} provinces came out, not {PROVINCES}"
    if sum(row["n"] for row in rows) != RESPONDENTS:
        yield f"the provinces have {sum(row['n'] for row in rows)} respondents, not {RESPONDENTS}"
    for row in rows:
        if not row["low"] < row["value"] < row["high"]:
            yield f"the score does not lie in its interval: {row}"
        if not 1 <= row["rank_low"] <= row["rank"] <= row["rank_high"] <= PROVINCES:
            yield f"the rank does not lie in its interval: {row}"


def main():
    result = json.load(sys.stdin)
    rows = [score for score in result["scores"] if (score["domain"], score["node"]) == ("province", "SIPAS")]
    found = list(faults(rows))
    for line in found:
        print(line, file=sys.stderr)
    if found:
        sys.exit(1)
    print(f"{PROVINCES} provinces, each with a score, an interval and a rank; digest {result['digest']}")


if __name__ == "__main__":
    main()
