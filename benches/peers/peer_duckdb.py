"""DuckDB from Parquet: sums by PSU and agency in one pass, then the linearised values and their squares."""

import duckdb
import numpy as np

from task import COMBINATIONS, ITEMS, Peer

peer = Peer()
db = duckdb.connect()
db.execute(f"SET threads = {peer.threads}")
listed = lambda template, names=ITEMS: ", ".join(template.format(i=name) for name in names)
file = peer.folder / "respondents.parquet"
db.execute(
    f"""CREATE TEMP TABLE cell AS
    SELECT province, stratum, psu, agency,
        {listed("coalesce(sum(weight) FILTER ({i} IS NOT NULL), 0) AS w_{i}")},
        {listed("coalesce(sum(weight * (25.0 * {i} - 25.0)), 0) AS t_{i}")}
    FROM read_parquet('{file}') GROUP BY ALL"""
)
db.execute(
    f"""CREATE TEMP TABLE whole_psu AS
    SELECT province, stratum, psu, {listed("sum(w_{i}) AS w_{i}")}, {listed("sum(t_{i}) AS t_{i}")} FROM cell GROUP BY ALL"""
)
db.execute("CREATE TEMP TABLE sampled AS SELECT stratum, count(*)::DOUBLE AS n FROM whole_psu GROUP BY stratum")


def combined(place):
    """A criterion or the index, made of the items' linearised values."""
    return " + ".join(f"{float(part)!r} * z_{item}" for item, part in zip(ITEMS, COMBINATIONS[:, place]) if part)


def estimates(domain, table):
    """Means and standard errors of the 31 statistics: domains × 31."""
    made = [f"{combined(place)} AS z_c{place}" for place in range(COMBINATIONS.shape[1])]
    statistics = ITEMS + [f"c{number}" for number in range(COMBINATIONS.shape[1])]
    found = db.execute(
        f"""WITH mean AS (SELECT {domain}, {listed("sum(w_{i}) AS all_{i}")}, {listed("sum(t_{i}) / sum(w_{i}) AS m_{i}")}
            FROM {table} GROUP BY {domain}),
        item AS (SELECT part.{domain}, part.stratum, {listed("(t_{i} - m_{i} * w_{i}) / all_{i} AS z_{i}")}
            FROM {table} AS part JOIN mean USING ({domain})),
        linearised AS (SELECT *, {", ".join(made)} FROM item),
        by_stratum AS (SELECT {domain}, stratum, {listed("sum(z_{i}) AS s_{i}", statistics)},
            {listed("sum(z_{i} * z_{i}) AS q_{i}", statistics)} FROM linearised GROUP BY ALL),
        error AS (SELECT {domain}, {listed("sqrt(sum(n / (n - 1) * (q_{i} - s_{i} * s_{i} / n))) AS se_{i}", statistics)}
            FROM by_stratum JOIN sampled USING (stratum) GROUP BY {domain})
        SELECT {listed("m_{i}")}, {listed("se_{i}", statistics)} FROM mean JOIN error USING ({domain}) ORDER BY {domain}"""
    ).fetchnumpy()
    means = np.stack([found[f"m_{item}"] for item in ITEMS], axis=1)
    errors = np.stack([found[f"se_{name}"] for name in statistics], axis=1)
    return np.concatenate([means, means @ COMBINATIONS], axis=1), errors


provinces, agencies = estimates("province", "whole_psu"), estimates("agency", "cell")
peer.step("read and compute")
peer.finish(provinces, agencies)
