"""How well the segments of one half of the accounts predict who is together in the other half.

Belongs here: prediction strength of splits.
Does not: making the splits (split_halves.py), what a good value is (verdict.py).

Source: Tibshirani and Walther 2005; of the two directions of a split the mean is taken, as fpc does.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from seg_assets.segmentation.matching import Counts
from seg_assets.segmentation.stability.split_halves import Halves, over_splits


def prediction_strengths(splits: tuple[Halves, ...]) -> npt.NDArray[np.float64]:
    """The prediction strength of each split of one partition: (splits,), 0 to 1; 1 for a partition of one segment.

    In each half: of the pairs of accounts that its own refit puts into one segment, the share that the other refit
    puts into one segment too; the least over the segments. 0.8 and more is what the authors ask of well separated
    clusters.
    """
    return over_splits(splits, lambda halves: (_least(halves.first) + _least(halves.second.T)) / 2)


def _least(counts: Counts) -> float:
    """The least strength over segments, 1 for a segment of one account.

    counts: accounts of a half by (segment of its own refit, segment of the other refit).
    """
    sizes = counts.sum(axis=1)
    pairs = sizes * (sizes - 1)
    together = (counts * (counts - 1)).sum(axis=1)
    strength = np.divide(together, pairs, out=np.ones_like(pairs), where=pairs > 0)
    return float(strength.min())
