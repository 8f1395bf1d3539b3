"""How far refits on other accounts agree about the same accounts.

Belongs here: the adjusted Rand index of splits.
Does not: making the splits (split_halves.py), the gates (verdict.py).

Source: Hubert and Arabie 1985.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from seg_assets.segmentation.matching import Counts
from seg_assets.segmentation.stability.split_halves import Halves, over_splits


def adjusted_rand(counts: Counts) -> float:
    """The adjusted Rand index of two partitions. counts: accounts by (segment of the one, segment of the other).

    1 for equal partitions, 0 on average for unrelated ones of the same sizes.
    """
    total = counts.sum()
    both, rows, columns = (_pairs(part) for part in (counts, counts.sum(axis=1), counts.sum(axis=0)))
    every = _pairs(np.array([total]))
    expected = rows * columns / every if every > 0 else 0.0
    most = (rows + columns) / 2
    return float((both - expected) / (most - expected)) if most > expected else 1.0


def agreements(splits: tuple[Halves, ...]) -> npt.NDArray[np.float64]:
    """The adjusted Rand index of the two refits of each split, over the accounts of both halves: (splits,)."""
    return over_splits(splits, lambda halves: adjusted_rand(_together(halves)))


def _together(halves: Halves) -> Counts:
    shape = np.maximum(halves.first.shape, halves.second.shape)
    whole = np.zeros(shape)
    for counts in (halves.first, halves.second):
        whole[: counts.shape[0], : counts.shape[1]] += counts
    return whole


def _pairs(counts: Counts) -> float:
    return float((counts * (counts - 1)).sum() / 2)
