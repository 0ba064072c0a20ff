"""Repeats a draw of `hailong sample draw` without Hailong, in plain Python 3: the auditor's second opinion.

    python3 repeat.py FRAME.csv PLAN.json SEED

prints one line of JSON for each unit of the last stage but one: the numbers drawn on its list, the substitutes in their
order and the base weight. It knows the plans whose last stage is numbered on a list (`count`), numbers that are
fixed or by group, and a stratum of one column: what the examples beside it use.
"""

import csv
import hashlib
import json
import struct
import sys

METHOD = "hailong-sample/1"


def chacha20_block(key, counter):
    """64 bytes of keystream: RFC 8439 §2.3 with a 64-bit counter and a nonce of zero."""
    start = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574, *struct.unpack("<8L", key), counter & 0xFFFFFFFF, counter >> 32, 0, 0]
    state = start[:]

    def rotate(x, bits):
        return (x << bits) & 0xFFFFFFFF | x >> (32 - bits)

    def quarter(a, b, c, d):
        for p, q, r, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            state[p] = (state[p] + state[q]) & 0xFFFFFFFF
            state[r] = rotate(state[r] ^ state[p], bits)

    for _ in range(10):
        for a in range(4):
            quarter(a, a + 4, a + 8, a + 12)
        for a in range(4):
            quarter(a, 4 + (a + 1) % 4, 8 + (a + 2) % 4, 12 + (a + 3) % 4)
    return struct.pack("<16L", *((a + b) & 0xFFFFFFFF for a, b in zip(state, start)))


def stream(seed, level, parent, purpose):
    """The random numbers of one draw."""
    key = hashlib.sha256("\n".join([METHOD, str(seed), level, parent, purpose]).encode()).digest()
    counter = 0
    while True:
        yield from struct.unpack("<8Q", chacha20_block(key, counter))
        counter += 1


def below(numbers, bound):
    limit = 2**64 // bound * bound
    return next(number for number in numbers if number < limit) % bound


def draw(method, units, wanted, numbers):
    """Places and chances of what is drawn of `units`, each a size and whether it is certain."""
    if wanted >= len(units):
        return [(place, 1.0) for place in range(len(units))]
    sizes = [size if method == "pps_systematic" else 1 for size, _ in units]
    certain = {place for place, (_, sure) in enumerate(units) if sure}
    while True:
        left = wanted - len(certain)
        free = [place for place in range(len(units)) if place not in certain]
        total = sum(sizes[place] for place in free)
        sure = [place for place in free if left > 0 and left * sizes[place] >= total]
        if not sure:
            break
        certain.update(sure)
    drawn = [(place, 1.0) for place in certain]
    if method == "srs":
        keys = sorted((next(numbers), place) for place in free)
        drawn += [(place, left / total) for _, place in keys[:left]]
    else:
        start = below(numbers, total)
        points = [start + step * total for step in range(left)]
        end = 0
        for place in free:
            begin, end = end, end + left * sizes[place]
            if any(begin <= point < end for point in points):
                drawn.append((place, left * sizes[place] / total))
    return sorted(drawn)


def number(rule, row):
    return rule if isinstance(rule, int) else rule["values"].get(row[rule["by"]], rule.get("otherwise"))


def descend(plan, depth, seed, parent, rows, chance):
    stage = plan["stages"][depth]
    numbers = stream(seed, stage["level"], parent, "sample")
    if "count" in stage:
        units = [(1, False)] * int(rows[0][stage["count"]])
        drawn = draw(stage["method"], units, number(stage["number"], rows[0]), numbers)
        taken = {place for place, _ in drawn}
        keys = zip(stream(seed, stage["level"], parent, "reserve"), (p for p in range(len(units)) if p not in taken))
        spare = sorted(keys)[: number(stage.get("reserve", 0), rows[0])]
        yield {
            "unit": parent,
            "numbers": [place + 1 for place, _ in drawn],
            "substitutes": [place + 1 for _, place in spare],
            "weight": 1 / (chance * drawn[0][1]),
        }
        return
    codes = sorted({row[stage["level"]] for row in rows})
    groups = [[row for row in rows if row[stage["level"]] == code] for code in codes]
    units = [
        (
            sum(int(row[stage["size"]]) for row in group) if "size" in stage else 1,
            "certainty" in stage and group[0][stage["certainty"]] == "1",
        )
        for group in groups
    ]
    for place, probability in draw(stage["method"], units, number(stage["number"], rows[0]), numbers):
        yield from descend(plan, depth + 1, seed, codes[place], groups[place], chance * probability)


def main(frame, plan, seed):
    with open(plan, encoding="utf-8") as file:
        plan = json.load(file)
    with open(frame, encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    [stratum] = plan["strata"]
    for code in sorted({row[stratum] for row in rows}):
        of_stratum = [row for row in rows if row[stratum] == code]
        for unit in descend(plan, 0, int(seed), code, of_stratum, 1.0):
            print(json.dumps(unit, separators=(",", ":")))


if __name__ == "__main__":
    main(*sys.argv[1:])
