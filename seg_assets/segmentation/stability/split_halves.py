"""Refits on two halves of the accounts that share nobody: what prediction strength and agreement are read from.

Belongs here: splitting, refitting, and counting how the two refits see the same accounts.
Does not: the figures (prediction_strength.py, resample_agreement.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seg_assets.segmentation.matching import Counts, overlaps
from seg_assets.segmentation.stability.clusterer import Clusterer, Rows, new_seed


@dataclass(frozen=True, eq=False)
class Halves:
    """How two refits see the accounts of both halves, for one partition.

    first: accounts of the first half by (segment of the first refit, segment of the second); second: those of the
    second half, the same way round.
    """

    first: Counts
    second: Counts


def split_halves(
    data: Rows, clusterer: Clusterer[Rows], *, splits: int, half: int, seed: int
) -> tuple[tuple[Halves, ...], ...]:
    """For each partition of the clusterer its `splits` splits. data: n rows; half: the most rows that a half has.

    Random halves; where n is at most 2 * half they hold all rows, n // 2 and the rest.
    Raises ValueError for fewer than four rows.
    """
    count = len(data)
    if count < 4:
        raise ValueError(f"{count} accounts cannot be split into halves: at least 4 are needed")
    random = np.random.default_rng(seed)
    size = min(half, count // 2)
    found = []
    for _ in range(splits):
        order = random.permutation(count)
        parts = [data[np.sort(order[:size])], data[np.sort(order[size : min(2 * half, count)])]]
        refits = [clusterer(part, new_seed(random)) for part in parts]
        seen = [[refit(part) for refit in refits] for part in parts]
        partitions = range(seen[0][0].shape[1])
        found.append([Halves(_counted(seen[0], p), _counted(seen[1], p)) for p in partitions])
    return tuple(zip(*found, strict=True))


def _counted(seen: list[npt.NDArray[np.intp]], partition: int) -> Counts:
    first, second = (labels[:, partition] for labels in seen)
    return overlaps(first, second, (int(first.max()) + 1, int(second.max()) + 1))


def over_splits(splits: tuple[Halves, ...], figure: Callable[[Halves], float]) -> npt.NDArray[np.float64]:
    """`figure` of each split: (splits,)."""
    return np.array([figure(halves) for halves in splits])
