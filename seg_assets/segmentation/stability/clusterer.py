"""What stability is asked of: anything that can be fitted on some accounts and assign others.

Belongs here: the shape of a clusterer and of the accounts that it takes, free k-means as one.
Does not: what is concluded from the refits (prediction_strength.py, bootstrap_jaccard.py, resample_agreement.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.stability.births import Presence

Partitions = npt.NDArray[np.intp]
Positions = npt.NDArray[np.intp]


class Accounts(Protocol):
    """Accounts that some can be chosen of: points (n, axes), say."""

    def __len__(self) -> int: ...

    def __getitem__(self, positions: Positions, /) -> Self: ...


Rows = TypeVar("Rows", bound=Accounts)

Assign = Callable[[Rows], Partitions]
"""Rows -> (n, partitions): the segment, 0, 1, 2, ..., of each row in each of the partitions that were fitted in one go.

One refit may carry several partitions, one a number of segments: a tree with 15 leaves holds the trees with fewer.
"""

Clusterer = Callable[[Rows, int], Assign[Rows]]
"""(rows, seed) -> how the segments fitted on those rows assign any others. The same seed gives the same segments."""


class Family(Protocol[Rows]):
    """A pipeline whose stability is asked: it takes a snapshot apart once, and then refits on any of its accounts.

    catalogue: of the snapshots. `prepare` takes arrays beside the snapshot: the intent (n,) of its accounts, where that
    is known better than the pipeline itself can tell, and their presence (n, births), where they have a past.
    """

    @property
    def catalogue(self) -> Catalogue: ...

    def prepare(
        self, frame: pl.DataFrame, intent: npt.NDArray[np.float64] | None = None, presence: Presence | None = None
    ) -> Rows: ...

    def refit(self, rows: Rows, seed: int) -> Assign[Rows]: ...


def new_seed(random: np.random.Generator) -> int:
    """A seed for one refit."""
    return int(random.integers(2**32))


def free_kmeans(counts: Sequence[int], *, starts: int) -> Clusterer[Matrix]:
    """k-means on points, for each number of clusters in `counts`: the best of `starts` k-means++ starts.

    The yardstick of what points allow when nobody has to read the result. Rows are assigned to the nearest centroid.
    """

    def cluster(points: Matrix, seed: int) -> Assign[Matrix]:
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        with threadpool_limits(limits=1):
            centroids = [_centroids(points, count, starts, seed) for count in counts]
        return lambda rows: np.column_stack([_nearest(rows, found) for found in centroids])

    return cluster


def _centroids(points: Matrix, count: int, starts: int, seed: int) -> Matrix:
    from sklearn.cluster import KMeans

    if count == 1:
        centre: Matrix = points.mean(axis=0, keepdims=True)
        return centre
    found: Matrix = KMeans(count, n_init=starts, random_state=seed).fit(points).cluster_centers_
    return found


def _nearest(points: Matrix, centroids: Matrix) -> npt.NDArray[np.intp]:
    nearest: npt.NDArray[np.intp] = np.argmin((centroids**2).sum(axis=1) - 2 * points @ centroids.T, axis=1)
    return nearest
