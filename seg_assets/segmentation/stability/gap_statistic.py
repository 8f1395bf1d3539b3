"""How much more compact clusters are than those of points spread evenly over the same space.

Belongs here: the gap statistic and the number of clusters it proposes.
Does not: the other figures by which a number is chosen.

Source: Tibshirani, Walther and Hastie 2001, as R's clusGap computes it: distances (not their squares), the reference
uniform over the box of the points' principal axes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seg_assets.segmentation.balance import Matrix, principal_axes
from seg_assets.segmentation.stability.clusterer import Clusterer, Partitions, new_seed

GAP_ROWS = 2_000


@dataclass(frozen=True)
class Gap:
    """By number of clusters: counts; log_within: logarithm of the clusters' pooled distances; gap: how much larger that
    is, on average, for the references; error: the standard error of the gap.
    """

    counts: tuple[int, ...]
    log_within: tuple[float, ...]
    gap: tuple[float, ...]
    error: tuple[float, ...]

    def proposed(self) -> int:
        """The first count whose gap reaches the next one's less its error; the last count where none does."""
        following = zip(self.counts, self.gap, self.gap[1:], self.error[1:], strict=False)
        reached = (count for count, gap, after, error in following if gap >= after - error)
        return next(reached, self.counts[-1])

    def first_near_maximum(self) -> int:
        """The first count whose gap is within one error of the first local maximum."""
        rises = [after > before for before, after in zip(self.gap, self.gap[1:], strict=False)]
        peak = rises.index(False) if False in rises else len(self.gap) - 1
        return next(c for c, gap in zip(self.counts, self.gap, strict=True) if gap >= self.gap[peak] - self.error[peak])


def gap_statistic(
    points: Matrix,
    clusterer: Clusterer[Matrix],
    counts: Sequence[int],
    *,
    references: int,
    seed: int,
    rows: int = GAP_ROWS,
) -> Gap:
    """The gap of each partition of `clusterer`, whose numbers of clusters are `counts`, in rising order.

    points: (n, axes), at most `rows` of which are used, drawn at random: all their pairs are needed. Raises ValueError
    for fewer than two references: they have no spread.
    """
    if references < 2:
        raise ValueError(f"the error of the gap needs at least 2 references, got {references}")
    random = np.random.default_rng(seed)
    if rows < len(points):
        points = points[np.sort(random.choice(len(points), rows, replace=False))]
    observed = _log_within(points, clusterer(points, new_seed(random))(points))
    centre = points.mean(axis=0)
    axes = principal_axes(points)[1]
    turned = (points - centre) @ axes
    low, high = turned.min(axis=0), turned.max(axis=0)
    expected = []
    for _ in range(references):
        even = random.uniform(low, high, size=points.shape) @ axes.T + centre
        expected.append(_log_within(even, clusterer(even, new_seed(random))(even)))
    gap = np.mean(expected, axis=0) - observed
    error = np.std(expected, axis=0, ddof=1) * np.sqrt(1 + 1 / references)
    values = [tuple(float(value) for value in column) for column in (observed, gap, error)]
    return Gap(tuple(counts), *values)


def _log_within(points: Matrix, partitions: Partitions) -> Matrix:
    """(partitions,): log of the sum, over clusters, of the distances between each two of its n points, over 2 n."""
    from scipy.spatial.distance import pdist, squareform

    distances = squareform(pdist(points))
    found = []
    for labels in partitions.T:
        member = np.eye(labels.max() + 1)[labels]
        sums = ((distances @ member) * member).sum(axis=0)
        sizes = np.maximum(member.sum(axis=0), 1)
        found.append(np.log((sums / sizes).sum() / 4))
    return np.array(found)
