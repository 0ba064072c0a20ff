"""numpy, one thread, from the columns: sums by PSU and agency with `bincount`, the rest with matrices."""

import numpy as np

from task import COMBINATIONS, ITEMS, Peer

AGENCIES = 20
STRATA = 3

peer = Peer()
column = lambda name, kind: np.fromfile(peer.folder / "columns" / name, dtype=kind)
psu, agency, weight = column("psu", "u4"), column("agency", "u4"), column("weight_u", "i8") / 1e6
stratum_of_psu = column("stratum_of_psu", "u4").astype(np.int64)
answers = [column(item, "u1") for item in ITEMS]
peer.step("read")

psus = len(stratum_of_psu)
cell = psu.astype(np.int64) * AGENCIES + agency % AGENCIES
people, points = (np.empty((len(ITEMS), psus, AGENCIES)) for _ in range(2))
for place, answer in enumerate(answers):
    given = weight * (answer > 0)
    people[place] = np.bincount(cell, given, psus * AGENCIES).reshape(psus, AGENCIES)
    points[place] = np.bincount(cell, given * (25.0 * answer - 25.0), psus * AGENCIES).reshape(psus, AGENCIES)

strata = int(stratum_of_psu[-1]) + 1
sampled = np.bincount(stratum_of_psu, minlength=strata).astype(float)
first_of_stratum = np.searchsorted(stratum_of_psu, np.arange(strata))
province = stratum_of_psu // STRATA
first_of_province = first_of_stratum[::STRATA]


def estimates(people, points):
    """Means and standard errors of the 31 statistics: domains × 31."""
    all_people = np.add.reduceat(people, first_of_province, axis=1)
    means = np.add.reduceat(points, first_of_province, axis=1) / all_people
    z = (points - means[:, province] * people) / all_people[:, province]
    z = np.concatenate([z, np.tensordot(COMBINATIONS, z, (0, 0))])
    means = np.concatenate([means, np.tensordot(COMBINATIONS, means, (0, 0))])
    total = np.add.reduceat(z, first_of_stratum, axis=1)
    squares = np.add.reduceat(z * z, first_of_stratum, axis=1)
    n = sampled[None, :, None]
    variance = np.add.reduceat(n / (n - 1.0) * (squares - total * total / n), np.arange(0, strata, STRATA), axis=1)
    return means.reshape(len(means), -1).T, np.sqrt(variance).reshape(len(means), -1).T


provinces = estimates(people.sum(axis=2, keepdims=True), points.sum(axis=2, keepdims=True))
agencies = estimates(people, points)
peer.step("compute")
peer.finish(provinces, agencies)
