"""Clusters that nobody has to be able to read: free k-means and Ward, as many as there are segments.

Belongs here: centroids learned on a sample, and every account to the nearest one.
Does not: the points themselves (preprocess.py), which are those that segments are grown in.
"""

from __future__ import annotations

import numpy as np

from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.clustering import free_clusters
from seg_assets.segmentation.conversion.candidates.candidate import Accounts, Candidate, Ground, as_they_are
from seg_assets.segmentation.lift import Codes
from seg_assets.segmentation.sampling import hash_sample

K_MEANS_ROWS = 10_000
# Ward looks at every pair of accounts.
WARD_ROWS = 4_000


def k_means(ground: Ground) -> Candidate:
    """The best of 20 starts on at most 10,000 accounts of the newest training month."""
    centroids = free_clusters(_points(ground, K_MEANS_ROWS), ground.count, seed=ground.seed).centroids
    return _nearest("k_means", "Free k-means", centroids)


def ward(ground: Ground) -> Candidate:
    """Ward's tree on at most 4,000 accounts of the newest training month, cut at the count. Source: Ward 1963."""
    from sklearn.cluster import AgglomerativeClustering

    points = _points(ground, WARD_ROWS)
    labels = AgglomerativeClustering(ground.count, linkage="ward").fit_predict(points)
    centroids = np.array([points[labels == label].mean(axis=0) for label in range(ground.count)])
    return _nearest("ward", "Ward clusters", centroids[np.lexsort(np.round(centroids, 6).T[::-1])])


def _points(ground: Ground, rows: int) -> Matrix:
    sample = hash_sample(ground.newest.frame, rows)
    return ground.newest.preprocessor.transform(sample).drop("account_id").to_numpy().astype(np.float64)


def _nearest(name: str, title: str, centroids: Matrix) -> Candidate:
    ends = (centroids**2).sum(axis=1).astype(np.float32)
    across = (-2 * centroids.T).astype(np.float32)

    def cells(accounts: Accounts) -> Codes:
        # |x - c|^2 less |x|^2, which is the same for every centroid.
        codes: Codes = (accounts.points @ across + ends).argmin(axis=1).astype(np.intp)
        return codes

    labels = tuple(f"cluster {number}" for number in range(1, len(centroids) + 1))
    return Candidate(name, title, labels, cells, as_they_are)
