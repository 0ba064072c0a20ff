"""svy from Parquet: the 25 item means by province. It has no index over several ratios; those figures stay empty."""

import os
import sys

os.environ["POLARS_MAX_THREADS"] = os.environ["RAYON_NUM_THREADS"] = sys.argv[3]  # read when the libraries are loaded

import numpy as np
import polars as pl
import svy

from task import ITEMS, Peer

peer = Peer()
table = pl.read_parquet(peer.folder / "respondents.parquet")
peer.step("read")
sample = svy.Sample(table, svy.Design(stratum="stratum", psu="psu", wgt="weight"))
means, errors = np.full((63, 31), np.nan), np.full((63, 31), np.nan)
for place, item in enumerate(ITEMS):
    found = sample.estimation.mean(item, by="province", drop_nulls=True).to_polars().sort(pl.col("province").cast(pl.Int64))
    means[:, place] = 25.0 * found["est"].to_numpy() - 25.0
    errors[:, place] = 25.0 * found["se"].to_numpy()
peer.step("compute")
peer.finish((means, errors))
