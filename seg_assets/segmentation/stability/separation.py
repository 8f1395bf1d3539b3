"""How far apart the parts of a partition are, pair of points by pair of points.

Belongs here: indices of all pairs, on a sample where there are too many.
Does not: indices that take one pass (partition_quality.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seg_assets.segmentation.balance import Matrix

PAIRED_ROWS = 2_000


@dataclass(frozen=True)
class Separation:
    """average_within: mean distance to points of the same part, parts weighted by size; average_between: mean distance
    of points of different parts; within_between_ratio: the one over the other; dunn: least distance between parts over
    largest within one; dunn_of_averages: the same of average distances; pearson_gamma: the correlation of distance
    with being in different parts. rows: the points that this was found on.
    """

    rows: int
    average_within: float
    average_between: float
    within_between_ratio: float
    dunn: float
    dunn_of_averages: float
    pearson_gamma: float


def separation(points: Matrix, labels: npt.NDArray[np.intp], *, seed: int, rows: int = PAIRED_ROWS) -> Separation:
    """points: (n, axes) float64; labels: (n,). Of at most `rows` points drawn at random; extremes (dunn) depend on how
    many those are. Raises ValueError where they lie in a single part, or each in its own.

    Sources: Dunn 1974; Halkidi, Batistakis and Vazirgiannis 2001; fpc's cluster.stats.
    """
    from scipy.spatial.distance import pdist

    if rows < len(points):
        drawn = np.sort(np.random.default_rng(seed).choice(len(points), rows, replace=False))
        points, labels = points[drawn], labels[drawn]
    codes = np.unique(labels, return_inverse=True)[1]
    parts = int(codes.max()) + 1
    if not 1 < parts < len(points):
        raise ValueError(f"{len(points)} points in {parts} parts: 2 to n - 1 parts can be judged")
    distances = pdist(points)
    one, other = (codes[side] for side in np.triu_indices(len(points), 1))
    pair = np.minimum(one, other) * parts + np.maximum(one, other)
    apart = one != other
    counts = np.bincount(pair, minlength=parts * parts).reshape(parts, parts)
    sums = np.bincount(pair, distances, minlength=parts * parts).reshape(parts, parts)
    means = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
    sizes, within = np.bincount(codes), np.diag(means)
    several = sizes > 1
    average_within = float(np.average(within[several], weights=sizes[several]))
    average_between = float(distances[apart].mean())
    between = means[np.triu_indices(parts, 1)]
    return Separation(
        rows=len(points),
        average_within=average_within,
        average_between=average_between,
        within_between_ratio=average_within / average_between,
        dunn=float(distances[apart].min() / distances[~apart].max()),
        dunn_of_averages=float(between.min() / within[several].max()),
        pearson_gamma=float(np.corrcoef(distances, apart)[0, 1]),
    )
