#!/usr/bin/env python3
"""Rebuilds vn-63.csv, vn-34.csv and succession.csv from the package vietnamadminunits.

    pip download vietnamadminunits==1.0.4 --no-deps
    unzip vietnamadminunits-1.0.4-py3-none-any.whl -d source
    python3 rebuild.py source/vietnamadminunits/data

Reads dataset.db and converter_2025.json of that folder and writes beside this script. Needs Python 3.9 or
later and nothing else. README.md says what the columns mean and what is changed on the way.
"""

import csv
import json
import sqlite3
import sys
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from unicodedata import normalize

HERE = Path(__file__).resolve().parent
COUNTRY = ("country", "VN", "", "Việt Nam")
# A few names write the type of unit with a second capital ("Thị Trấn").
TYPES = {"Thị Trấn": "Thị trấn", "Thị Xã": "Thị xã", "Thành Phố": "Thành phố"}


def name(text):
    text = " ".join(normalize("NFC", text).split())
    for wrong, right in TYPES.items():
        if text.startswith(wrong + " "):
            return right + text[len(wrong):]
    return text


def read_units(db):
    """Both lists as sorted rows, and for both what a key of the converter means."""
    old_rows, old_keys, old_provinces = {COUNTRY}, {}, {}
    for p, p_name, d, d_name, w, w_name, p_key, d_key, w_key in db.execute(
        "SELECT provinceCode, province, districtCode, district, wardCode, ward, provinceKey, districtKey, wardKey"
        " FROM admin_units_legacy"
    ):
        old_rows.add(("province", p, "VN", name(p_name)))
        old_rows.add(("district", d, p, name(d_name)))
        if w:
            old_rows.add(("commune", w, d, name(w_name)))
        # Five island districts have no commune: there the district itself is what the converter names.
        old_keys[f"{p_key}_{d_key}_{w_key or ''}"] = {"code": w or d, "district": d, "name": name(w_name or d_name)}
        old_provinces[p_key] = p
    new_rows, new_keys, new_provinces = {COUNTRY}, {}, {}
    for p, p_name, w, w_name, p_key, w_key in db.execute(
        "SELECT provinceCode, province, wardCode, ward, provinceKey, wardKey FROM admin_units"
    ):
        new_rows.add(("province", p, "VN", name(p_name)))
        new_rows.add(("commune", w, p, name(w_name)))
        new_keys[p_key, w_key] = w
        new_provinces[p_key] = p
    return (old_rows, old_keys, old_provinces), (new_rows, new_keys, new_provinces)


def read_links(converter, old_keys, new_keys):
    """(old unit, new code, is the default receiver), one a link."""
    for province, wards in converter["DICT_PROVINCE_WARD_NO_DIVIDED"].items():
        for ward, olds in wards.items():
            for old in olds:
                yield old_keys[old], new_keys[province, ward], True
    for province, olds in converter["DICT_PROVINCE_WARD_DIVIDED"].items():
        for old, receivers in olds.items():
            for receiver in receivers:
                yield old_keys[old], new_keys[province, receiver["newWardKey"]], receiver["isDefaultNewWard"]


def without_mistaken_namesakes(links):
    """Drops links that the source gave to a commune because another one of the same name has them.

    Where two old communes of one new province share a name, the source often lists the receivers of either
    under both, tens of kilometres apart. A link is dropped where a namesake in another district has it too,
    no other commune of the link's own district goes to that receiver, and it is not the default receiver or
    the namesake's district does have others that go there.
    """
    by_receiver = defaultdict(list)
    for link in links:
        by_receiver[link[1]].append(link)

    def namesakes(link):
        old, new, _ = link
        return [
            other for other, _, _ in by_receiver[new]
            if other["name"] == old["name"] and other["district"] != old["district"]
        ]

    def supported(unit, new):
        return any(
            link[0]["district"] == unit["district"] and link[0]["name"] != unit["name"] and not namesakes(link)
            for link in by_receiver[new]
        )

    receivers = defaultdict(int)
    for old, _, _ in links:
        receivers[old["code"]] += 1
    for link in links:
        old, new, is_default = link
        others = namesakes(link)
        mistaken = (
            receivers[old["code"]] > 1
            and others
            and not supported(old, new)
            and (not is_default or any(supported(other, new) for other in others))
        )
        if not mistaken:
            yield link


def succession(links, provinces):
    """Rows (old, new, share); share is whole, main (the default receiver of a divided unit) or part."""
    receivers = defaultdict(list)
    for old, new, is_default in links:
        receivers[old["code"]].append((new, is_default))
    rows = [("VN", "VN", "whole")] + [(old, new, "whole") for old, new in provinces]
    for old, news in receivers.items():
        if len(news) == 1:
            rows.append((old, news[0][0], "whole"))
        else:
            assert sum(is_default for _, is_default in news) == 1, (old, news)
            rows += [(old, new, "main" if is_default else "part") for new, is_default in news]
    return rows


def order(row):
    return ["country", "province", "district", "commune"].index(row[0]), row[1]


def write(file, header, rows):
    with open(HERE / file, "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    print(f"{file}: {len(rows)} rows")


def main(source):
    with closing(sqlite3.connect(source / "dataset.db")) as db:
        (old_rows, old_keys, old_provinces), (new_rows, new_keys, new_provinces) = read_units(db)
    converter = json.loads((source / "converter_2025.json").read_text(encoding="utf-8"))
    provinces = [(old_provinces[old], new_provinces[new]) for new, olds in converter["DICT_PROVINCE"].items() for old in olds]
    links = list(read_links(converter, old_keys, new_keys))
    kept = list(without_mistaken_namesakes(links))
    print(f"{len(links)} links, {len(links) - len(kept)} dropped as mistaken namesakes")
    rows = succession(kept, provinces)

    for units, counts in ((old_rows, (1, 63, 696, 10_035)), (new_rows, (1, 34, 0, 3_321))):
        kinds = [row[0] for row in units]
        assert tuple(map(kinds.count, ("country", "province", "district", "commune"))) == counts
        assert len({row[1] for row in units}) == len(units), "a code twice"
    communes = {row[1] for row in old_rows if row[0] == "commune"}
    assert communes <= {old for old, _, _ in rows}, "a commune without a successor"
    assert {row[1] for row in new_rows} == {new for _, new, _ in rows}, "a new unit that comes from nowhere"

    write("vn-63.csv", ("kind", "code", "parent", "name_vi"), sorted(old_rows, key=order))
    write("vn-34.csv", ("kind", "code", "parent", "name_vi"), sorted(new_rows, key=order))
    write("succession.csv", ("old", "new", "share"), sorted(rows, key=lambda row: (row[0] != "VN", len(row[0]), row)))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
