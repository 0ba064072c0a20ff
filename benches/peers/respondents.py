"""Made-up respondents to a satisfaction survey, the same for the same size.

63 provinces of three strata; PSUs nested in strata; 20 agencies a province, which cross its PSUs; 25 items answered 1 to 5, one
answer in twenty missing; unequal weights. Liking rises and falls with the province, the agency, the PSU and the person, so that
answers within a PSU resemble each other.

Everything is drawn from one seeded stream a block of PSUs, so that a block's content does not depend on how many blocks there are.
"""

import sys
from pathlib import Path

import numpy as np

SEED = 20_261_124
PROVINCES, STRATA, AGENCIES, ITEMS = 63, 3, 20, 25
SIZES = {"40k": (40_000, 4), "1m": (1_000_000, 88), "10m": (10_000_000, 88)}
"""Respondents, and PSUs a stratum."""
THRESHOLDS = np.array([-1.0, -0.2, 0.7, 1.8])


def stream(*place):
    """The random stream of one place."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([SEED, *place])))


def province(number, sizes, agency_liking, item_liking):
    """The respondents of one province: a dictionary of columns, PSUs and agencies numbered within it."""
    rng = stream(1, number)
    psus = len(sizes)
    psu = np.repeat(np.arange(psus, dtype=np.uint32), sizes)
    rows = len(psu)
    busy = rng.dirichlet(np.full(AGENCIES, 4.0))
    agency = np.minimum(np.searchsorted(np.cumsum(busy), rng.random(rows)), AGENCIES - 1).astype(np.uint32)
    stratum = psu // np.uint32(psus // STRATA)
    liking = 0.9 + 0.25 * rng.standard_normal() + agency_liking[agency] + 0.3 * rng.standard_normal(psus)[psu] - 0.08 * stratum
    liking = liking + 0.7 * rng.standard_normal(rows)
    spread = np.exp(0.35 * rng.standard_normal(psus)) * (1.0 + 0.6 * (np.arange(psus) // (psus // STRATA)))
    weight = 100.0 * spread[psu] * np.exp(0.25 * rng.standard_normal(rows))
    columns = {"psu": psu, "agency": agency, "weight_u": np.rint(weight * 1e6).astype(np.int64)}
    for item in range(ITEMS):
        answer = 1 + np.searchsorted(THRESHOLDS, liking + item_liking[item] + 0.8 * rng.standard_normal(rows)).astype(np.uint8)
        answer[rng.random(rows) < 0.05] = 0
        columns[f"q{item + 1:02d}"] = answer
    return columns


def respondents(size):
    """All columns, in the order of PSUs. An answer of 0 is none; `weight_u` counts millionths."""
    rows, per_stratum = SIZES[size]
    psus = per_stratum * STRATA
    rng = stream(0)
    share = rng.gamma(30.0, 1.0, PROVINCES * psus)
    ends = np.rint(np.cumsum(share) / share.sum() * rows).astype(np.int64)
    sizes = np.diff(ends, prepend=0).reshape(PROVINCES, psus)
    agency_liking = 0.3 * rng.standard_normal((PROVINCES, AGENCIES))
    item_liking = 0.25 * rng.standard_normal(ITEMS)
    parts = []
    for number in range(PROVINCES):
        part = province(number, sizes[number], agency_liking[number], item_liking)
        part["psu"] += np.uint32(number * psus)
        part["agency"] += np.uint32(number * AGENCIES)
        parts.append(part)
    columns = {name: np.concatenate([part.pop(name) for part in parts]) for name in list(parts[0])}
    columns["stratum_of_psu"] = (np.arange(PROVINCES * psus) // per_stratum).astype(np.uint32)
    return columns


def write(size, folder):
    """`columns/` for programs that read bytes, `respondents.parquet` for those that read tables, `respondents.csv` for R."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    columns = respondents(size)
    (folder / "columns").mkdir(parents=True, exist_ok=True)
    for name, values in columns.items():
        values.tofile(folder / "columns" / name)
    stratum = columns.pop("stratum_of_psu")[columns["psu"]]
    table = {
        "province": (stratum // STRATA).astype(np.uint8),
        "stratum": stratum.astype(np.uint16),
        "psu": columns["psu"],
        "agency": columns["agency"].astype(np.uint16),
        "weight": columns["weight_u"] / 1e6,
    }
    table = {name: pa.array(values) for name, values in table.items()}
    for item in range(1, ITEMS + 1):
        answers = columns[f"q{item:02d}"]
        table[f"q{item:02d}"] = pa.array(answers, mask=answers == 0)
    table = pa.table(table)
    pyarrow.parquet.write_table(table, folder / "respondents.parquet", row_group_size=1 << 18, compression="zstd")
    if size == "40k":
        pyarrow.csv.write_csv(table, folder / "respondents.csv")


if __name__ == "__main__":
    write(sys.argv[1], Path(sys.argv[2]))
