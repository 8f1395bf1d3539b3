"""How compact and how separate the parts of a partition are, as figures that also hold for many accounts.

Belongs here: indices that take a pass over the points, and silhouettes of a sample of them.
Does not: indices of all pairs (separation.py), the number of segments (gap_statistic.py), stability.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.clustering import explained_variance
from seg_assets.segmentation.stability.clusterer import Partitions
from seg_assets.segmentation.stability.estimate import Estimate, mean_of

SILHOUETTE_ROWS = 2_000
BLOCK = 256


@dataclass(frozen=True)
class PartitionQuality:
    """sizes: points by part; entropy in nats; within_squares: squared distances to the parts' means, summed;
    silhouette: -1 to 1, more is better; calinski_harabasz: more is better; davies_bouldin: less is better.
    """

    sizes: tuple[int, ...]
    entropy: float
    within_squares: float
    explained_variance: float
    silhouette: Estimate
    calinski_harabasz: float
    davies_bouldin: float


def partition_quality(
    points: Matrix, partitions: Partitions, *, seed: int, silhouette_rows: int = SILHOUETTE_ROWS
) -> tuple[PartitionQuality, ...]:
    """The quality of each partition. points: (n, axes) float64; partitions: (n, partitions).

    Silhouettes are those of at most `silhouette_rows` points against all points; the rest uses all points.
    Raises ValueError for a partition of a single part or of as many parts as points: it has no such figures.
    Sources: Rousseeuw 1987; Calinski and Harabasz 1974; Davies and Bouldin 1979.
    """
    codes = [np.unique(labels, return_inverse=True)[1] for labels in partitions.T]
    for labels in codes:
        if not 1 < labels.max() + 1 < len(points):
            raise ValueError(f"{len(points)} points in {labels.max() + 1} parts: 2 to n - 1 parts can be judged")
    estimates = silhouettes(points, codes, rows=silhouette_rows, seed=seed)
    return tuple(_quality(points, labels, estimate) for labels, estimate in zip(codes, estimates, strict=True))


def _quality(points: Matrix, labels: npt.NDArray[np.intp], silhouette: Estimate) -> PartitionQuality:
    from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score

    sizes = np.bincount(labels)
    shares = sizes / sizes.sum()
    explained = explained_variance(points, labels)
    return PartitionQuality(
        sizes=tuple(int(size) for size in sizes),
        entropy=float(-(shares * np.log(shares)).sum()),
        within_squares=float(((points - points.mean(axis=0)) ** 2).sum() * (1 - explained)),
        explained_variance=explained,
        silhouette=silhouette,
        calinski_harabasz=float(calinski_harabasz_score(points, labels)),
        davies_bouldin=float(davies_bouldin_score(points, labels)),
    )


def silhouettes(
    points: Matrix, partitions: list[npt.NDArray[np.intp]], *, rows: int, seed: int
) -> tuple[Estimate, ...]:
    """The mean silhouette of each partition. partitions: (n,) each, 0 .. parts - 1, none of them empty.

    Of at most `rows` points, drawn at random, each against all n: no bias, unlike silhouettes within a sample. The
    points' distances are found once for all partitions. A point alone in its part has 0.
    """
    from scipy.spatial.distance import cdist

    drawn = np.arange(len(points))
    if rows < len(points):
        drawn = np.sort(np.random.default_rng(seed).choice(len(points), rows, replace=False))
    members = [np.eye(labels.max() + 1)[labels] for labels in partitions]
    ends = np.cumsum([member.shape[1] for member in members])[:-1]
    parts: list[list[npt.NDArray[np.float64]]] = [[] for _ in partitions]
    together = np.hstack(members)
    for start in range(0, len(drawn), BLOCK):
        block = drawn[start : start + BLOCK]
        sums = np.split(cdist(points[block], points) @ together, ends, axis=1)
        for found, distances, member, labels in zip(parts, sums, members, partitions, strict=True):
            found.append(_silhouettes(distances, member.sum(axis=0), labels[block]))
    return tuple(mean_of(np.concatenate(found), least=-1.0) for found in parts)


def _silhouettes(sums: Matrix, sizes: Matrix, labels: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    """sums: (rows, parts), each row's distances to each part's points, summed; labels: the rows' own parts."""
    own = np.arange(len(labels)), labels
    others = sizes[labels] - 1
    inside = np.divide(sums[own], others, out=np.zeros(len(labels)), where=others > 0)
    means = sums / sizes
    means[own] = np.inf
    outside = means.min(axis=1)
    most = np.maximum(inside, outside)
    judged = (others > 0) & (most > 0)
    found: npt.NDArray[np.float64] = np.divide(outside - inside, most, out=np.zeros(len(labels)), where=judged)
    return found
