"""Which accounts are alike: free k-means on the accounts' points.

Belongs here: the best partition that k-means finds, the same on every machine, and how much it explains.
Does not: readable definitions (tree.py), the points (preprocess.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seg_assets.segmentation.balance import Matrix

STARTS = 20
# The champion's partition is kept as the start while no other is clearly better: refits must not wander.
CHAMPION_TOLERANCE = 0.005

Labels = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Clusters:
    """A partition. labels: (n,), 0 .. k - 1 in the order of the centroids; centroids: (k, axes), sorted."""

    labels: Labels
    centroids: Matrix
    inertia: float


def free_clusters(points: Matrix, count: int, *, champion: Labels | None = None, seed: int = 0) -> Clusters:
    """The best of 20 cold starts of k-means, and of one from the champion's partition where there is one.

    points: (n, axes) float64, n >= count; champion: (n,) the champion's segment of each row. In float64 and with
    inertias compared at six digits, another BLAS kernel or thread count ends in the same partition (float32 does
    not); labels are predicted again, because a warm-started KMeans can return stale ones.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    # One thread: faster at this size than handing out work, and one order of summation.
    with threadpool_limits(limits=1):
        return _best_start(points, count, champion, seed)


def _best_start(points: Matrix, count: int, champion: Labels | None, seed: int) -> Clusters:
    from sklearn.cluster import KMeans

    seeds = np.random.SeedSequence(seed).generate_state(STARTS)
    fits = [KMeans(count, n_init=1, init="k-means++", random_state=int(s)).fit(points) for s in seeds]
    best = min(fits, key=lambda fit: float(f"{fit.inertia_:.6g}"))
    if champion is not None and len(np.unique(champion)) == count:
        start = np.array([points[champion == label].mean(axis=0) for label in np.unique(champion)])
        warm = KMeans(count, n_init=1, init=start).fit(points)
        if warm.inertia_ <= (1 + CHAMPION_TOLERANCE) * best.inertia_:
            best = warm
    order = np.lexsort(np.round(best.cluster_centers_, 6).T[::-1])
    place = np.argsort(order)
    labels: Labels = place[best.predict(points)]
    return Clusters(labels, best.cluster_centers_[order], float(best.inertia_))


def explained_variance(points: Matrix, labels: Labels) -> float:
    """The share of the points' variance that lies between the parts that `labels` (n,) make, 0 to 1."""
    _, codes = np.unique(labels, return_inverse=True)
    counts = np.bincount(codes)
    sums = np.column_stack([np.bincount(codes, points[:, axis]) for axis in range(points.shape[1])])
    centred = points - points.mean(axis=0)
    total = float((centred**2).sum())
    between = float((counts[:, None] * (sums / counts[:, None] - points.mean(axis=0)) ** 2).sum())
    return between / total if total > 0 else 0.0
