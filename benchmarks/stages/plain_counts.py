"""The loop over k with scikit-learn, but for its refits: fits, shares and figures.

Belongs here: the call, and the accounts' coordinates, which are given. Does not: the loop (plain_refresh.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat
from typing import Self

import numpy as np

from benchmarks.plain_refresh import Points, figures, fitted
from benchmarks.prepared import SERVICE_MONTH, Prepared
from benchmarks.stages import Repeats
from benchmarks.stages.fit import SEED
from seg_assets.catalogs import default_catalogue
from seg_assets.segmentation.sampling import hash_sample
from seg_assets.steps.count import counts_to_judge
from seg_assets.steps.refresh_data import read_refresh_data


@dataclass(frozen=True, eq=False)
class Coordinates:
    """Where accounts stand, (n, coordinates) each. sample: those that a refresh grows its segments on."""

    everyone: Points
    sample: Points
    counts: tuple[int, ...]

    @classmethod
    def of(cls, prepared: Prepared) -> Self:
        """The coordinates of the refresh's own preprocessor, and the numbers of segments that it judges."""
        catalogue = default_catalogue()
        data = read_refresh_data(prepared.lakehouse, catalogue, SERVICE_MONTH)
        frames = data.snapshot, hash_sample(data.snapshot)
        transformed = [data.preprocessor.transform(frame).drop("account_id").to_numpy() for frame in frames]
        everyone, sample = (np.ascontiguousarray(points) for points in transformed)
        return cls(everyone, sample, tuple(counts_to_judge(catalogue, None, every=True)))


def repeats(prepared: Prepared) -> Repeats:
    """Every repeat is the same loop."""
    at = Coordinates.of(prepared)

    def loop() -> int:
        figures(fitted(at.sample, at.counts, SEED), at.sample, at.everyone, SEED)
        return len(at.everyone)

    yield from repeat(loop)
