"""What every peer is asked for, and how it answers.

For each of 63 provinces and 1,260 agencies: the weighted means of 25 items on a scale of 0 to 100, of 5 criteria (each the mean of
five items) and of the index (criteria weighted .15 .25 .20 .20 .20), with linearised standard errors under the stratified cluster
design, sampled with replacement. An agency is a domain: PSUs of its strata in which nobody rated it count as zeros.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

ITEMS = [f"q{item:02d}" for item in range(1, 26)]
CRITERIA = [ITEMS[start : start + 5] for start in range(0, 25, 5)]
WEIGHTS = [0.15, 0.25, 0.20, 0.20, 0.20]
COMBINATIONS = np.zeros((25, 6))
"""The criteria and the index as combinations of the items."""
for _place, _weight in enumerate(WEIGHTS):
    COMBINATIONS[5 * _place : 5 * _place + 5, _place] = 0.2
    COMBINATIONS[5 * _place : 5 * _place + 5, 5] = 0.2 * _weight


class Peer:
    """One run of a peer: `PEER.py FOLDER FIGURES THREADS [WORD…]`."""

    def __init__(self):
        self.folder, self.figures, self.threads = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
        self.words = sys.argv[4:]
        self.steps = {}
        self.started = time.perf_counter()

    def step(self, name):
        """Ends a step that began where the last one ended."""
        now = time.perf_counter()
        self.steps[name] = now - self.started
        self.started = now

    def finish(self, *domains):
        """Prints the steps; writes means and standard errors, domains × 31 each, as pairs of doubles."""
        pairs = [np.stack([np.asarray(mean, float), np.asarray(se, float)], axis=2) for mean, se in domains]
        np.concatenate(pairs).tofile(self.figures)
        print(json.dumps(self.steps))
