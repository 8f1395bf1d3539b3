"""Whether each segment comes back when the accounts are drawn again.

Belongs here: refits on bootstrap samples and the best match of each segment in them.
Does not: what a good value is (verdict.py).

Source: Hennig 2007, as fpc's clusterboot does it: an account that is drawn twice counts once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seg_assets.segmentation.matching import overlaps
from seg_assets.segmentation.stability.clusterer import Clusterer, Partitions, Rows, new_seed
from seg_assets.segmentation.stability.estimate import Estimate, mean_of

DISSOLVED = 0.5
RECOVERED = 0.75


@dataclass(frozen=True)
class SegmentJaccard:
    """How one segment fared. jaccard: its mean over the bootstraps; dissolved: the share of bootstraps in which it was
    at most 0.5; recovered: the share above 0.75.
    """

    jaccard: Estimate
    dissolved: float
    recovered: float


def best_jaccards(
    data: Rows, clusterer: Clusterer[Rows], original: Partitions, *, bootstraps: int, rows: int, seed: int
) -> tuple[npt.NDArray[np.float64], ...]:
    """For each partition (bootstraps, segments): the Jaccard index of each segment with its best match in each refit.

    data: n rows; original: (n, partitions), the segments that are asked about; rows: the most that a bootstrap draws
    (n where that is fewer). A segment none of whose accounts were drawn has 0.
    """
    random = np.random.default_rng(seed)
    segments = original.max(axis=0) + 1
    found = []
    for _ in range(bootstraps):
        drawn = np.unique(random.integers(len(data), size=min(rows, len(data))))
        sample = data[drawn]
        labels = clusterer(sample, new_seed(random))(sample)
        pairs = zip(original[drawn].T, labels.T, segments, strict=True)
        found.append([_best(before, after, int(count)) for before, after, count in pairs])
    return tuple(np.array(partition) for partition in zip(*found, strict=True))


def _best(before: npt.NDArray[np.intp], after: npt.NDArray[np.intp], segments: int) -> npt.NDArray[np.float64]:
    counts = overlaps(before, after, (segments, int(after.max()) + 1))
    union = counts.sum(axis=1, keepdims=True) + counts.sum(axis=0) - counts
    jaccard = np.divide(counts, union, out=np.zeros_like(counts), where=union > 0)
    best: npt.NDArray[np.float64] = jaccard.max(axis=1)
    return best


def by_segment(jaccards: npt.NDArray[np.float64]) -> tuple[SegmentJaccard, ...]:
    """What `best_jaccards` (bootstraps, segments) of one partition say of each segment; two bootstraps or more."""
    return tuple(
        SegmentJaccard(mean_of(values), float((values <= DISSOLVED).mean()), float((values > RECOVERED).mean()))
        for values in jaccards.T
    )
