"""Polars from Parquet, the streaming engine or the one in memory: sums by PSU and agency, then the linearised values."""

import os
import sys

os.environ["POLARS_MAX_THREADS"] = sys.argv[3]  # read when the library is loaded

import numpy as np
import polars as pl
from polars import col

from task import COMBINATIONS, ITEMS, Peer

peer = Peer()
engine = peer.words[0] if peer.words else "streaming"
weight = col("weight")
sums = [(weight * col(item).is_not_null()).sum().alias(f"w_{item}") for item in ITEMS]
sums += [(weight * (25.0 * col(item).cast(pl.Float64) - 25.0)).sum().alias(f"t_{item}") for item in ITEMS]
rows = pl.scan_parquet(peer.folder / "respondents.parquet")
cells = rows.group_by("province", "stratum", "psu", "agency").agg(sums).collect(engine=engine)
again = [col(f"{kind}_{item}").sum() for kind in "wt" for item in ITEMS]
psus = cells.group_by("province", "stratum", "psu").agg(again)
sampled = psus.group_by("stratum").agg(n=pl.len().cast(pl.Float64)).lazy()


def estimates(domain, table):
    """Means and standard errors of the 31 statistics: domains × 31."""
    whole = [col(f"w_{i}").sum().alias(f"all_{i}") for i in ITEMS]
    whole += [(col(f"t_{i}").sum() / col(f"w_{i}").sum()).alias(f"m_{i}") for i in ITEMS]
    means = table.lazy().group_by(domain).agg(whole)
    z = [((col(f"t_{i}") - col(f"m_{i}") * col(f"w_{i}")) / col(f"all_{i}")).alias(f"z_{i}") for i in ITEMS]
    combined = [
        pl.sum_horizontal([part * col(f"z_{i}") for i, part in zip(ITEMS, parts) if part]).alias(f"z_c{place}")
        for place, parts in enumerate(COMBINATIONS.T)
    ]
    names = ITEMS + [f"c{place}" for place in range(COMBINATIONS.shape[1])]
    n = col("n")
    variance = {f"se_{i}": (n / (n - 1) * (col(f"q_{i}") - col(f"s_{i}") ** 2 / n)).sum().sqrt() for i in names}
    found = (
        table.lazy()
        .join(means, on=domain)
        .select(domain, "stratum", *z)
        .with_columns(combined)
        .group_by(domain, "stratum")
        .agg([col(f"z_{i}").sum().alias(f"s_{i}") for i in names] + [(col(f"z_{i}") ** 2).sum().alias(f"q_{i}") for i in names])
        .join(sampled, on="stratum")
        .group_by(domain)
        .agg(**variance)
        .join(means, on=domain)
        .sort(domain)
        .collect()
    )
    values = found.select([f"m_{i}" for i in ITEMS]).to_numpy()
    return np.concatenate([values, values @ COMBINATIONS], axis=1), found.select([f"se_{i}" for i in names]).to_numpy()


provinces, agencies = estimates("province", psus), estimates("agency", cells)
peer.step("read and compute")
peer.finish(provinces, agencies)
