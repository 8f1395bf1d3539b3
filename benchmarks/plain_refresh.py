"""How many segments, by the usual loop over k with scikit-learn: the yardstick of a refresh.

Belongs here: what a competent data scientist writes to choose the number of k-means clusters: fit, figures, refits of
bootstraps, of halves and of populations without groups; as many of each as the project's report, on samples of the
same sizes, with scikit-learn's defaults. Nothing is slowed down: one start a fit, and draws are shared by all k.
Does not: what a refresh makes beside it (intent, conditions, ranking of later months, names); measuring (measuring.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, calinski_harabasz_score, davies_bouldin_score, silhouette_score
from sklearn.metrics.cluster import contingency_matrix

from seg_assets.segmentation.count.ground import GAP_REFERENCES
from seg_assets.segmentation.count.report import FIGURE_ROWS
from seg_assets.segmentation.stability.assessment import Effort
from seg_assets.segmentation.stability.gap_statistic import GAP_ROWS
from seg_assets.segmentation.stability.partition_quality import SILHOUETTE_ROWS

Points = npt.NDArray[np.floating]
Labels = npt.NDArray[np.intp]
Models = Mapping[int, KMeans]

# As many refits for the loop as for the refresh.
EFFORT = Effort()
# All refits take long: one of so many equal parts of them is run and timed.
PARTS = gcd(EFFORT.splits, EFFORT.bootstraps, EFFORT.nulls)


@dataclass(frozen=True)
class Figures:
    """Of one number of clusters. shares: of all accounts, by cluster; the rest on a sample."""

    shares: npt.NDArray[np.float64]
    silhouette: float
    calinski_harabasz: float
    davies_bouldin: float
    gap: float


@dataclass(frozen=True)
class Refits:
    """Of one number of clusters, means over refits. jaccards: (clusters,) of the originals with their best matches."""

    agreement: float
    strength: float
    jaccards: npt.NDArray[np.float64]


def fitted(sample: Points, counts: Sequence[int], seed: int) -> dict[int, KMeans]:
    """k-means by number of clusters."""
    return {count: KMeans(count, random_state=seed).fit(sample) for count in counts}


def figures(models: Models, sample: Points, everyone: Points, seed: int) -> dict[int, Figures]:
    """The figures of each of `models`, by number of clusters."""
    random = np.random.default_rng(seed)
    some = sample[:FIGURE_ROWS]
    few = sample[random.permutation(len(sample))[:GAP_ROWS]]
    low, high = few.min(axis=0), few.max(axis=0)
    even = [random.uniform(low, high, few.shape).astype(few.dtype) for _ in range(GAP_REFERENCES)]
    found = {}
    for count, model in models.items():
        labels = model.predict(some)
        found[count] = Figures(
            shares=np.bincount(model.predict(everyone), minlength=count) / len(everyone),
            silhouette=silhouette_score(some, labels, sample_size=min(SILHOUETTE_ROWS, len(some)), random_state=seed),
            calinski_harabasz=calinski_harabasz_score(some, labels),
            davies_bouldin=davies_bouldin_score(some, labels),
            gap=float(np.mean([_log_within(e, count, seed) for e in even])) - _log_within(few, count, seed),
        )
    return found


def part_of_refits(models: Models, sample: Points, seed: int) -> tuple[dict[int, Refits], list[dict[int, Refits]]]:
    """One of PARTS equal parts of the refits: those of the data, and of each population without groups."""
    population = sample[: 2 * EFFORT.half]
    observed = _refitted(models, population, EFFORT.splits // PARTS, EFFORT.bootstraps // PARTS, seed)
    nulls = []
    for number in range(EFFORT.nulls // PARTS):
        drawn = _without_groups(population, seed + number)
        asked = fitted(drawn, list(models), seed)
        nulls.append(_refitted(asked, drawn, EFFORT.null_splits, EFFORT.null_bootstraps, seed))
    return observed, nulls


def _without_groups(points: Points, seed: int) -> Points:
    """As many points with the same means and covariances, of one normal population."""
    mean, covariance = points.mean(axis=0), np.cov(points, rowvar=False)
    drawn = np.random.default_rng(seed).multivariate_normal(mean, covariance, size=len(points))
    return drawn.astype(points.dtype)


def _refitted(models: Models, points: Points, splits: int, bootstraps: int, seed: int) -> dict[int, Refits]:
    random = np.random.default_rng(seed)
    orders = [random.permutation(len(points)) for _ in range(splits)]
    draws = [np.unique(random.integers(len(points), size=len(points) // 2)) for _ in range(bootstraps)]
    found = {}
    for count, model in models.items():
        halves = [_halves(points[order], count, seed) for order in orders]
        agreement, strength = np.mean(halves, axis=0)
        jaccards = [_jaccards(model, points[drawn], count, seed) for drawn in draws]
        found[count] = Refits(float(agreement), float(strength), np.mean(jaccards, axis=0))
    return found


def _halves(points: Points, count: int, seed: int) -> tuple[float, float]:
    """(adjusted Rand index of refits on the two halves, over all points; prediction strength)."""
    parts = points[: len(points) // 2], points[len(points) // 2 :]
    one, other = (KMeans(count, random_state=seed).fit(part) for part in parts)
    agreement = adjusted_rand_score(one.predict(points), other.predict(points))
    strengths = [
        _strength(one.labels_, other.predict(parts[0])),
        _strength(other.labels_, one.predict(parts[1])),
    ]
    return agreement, float(np.mean(strengths))


def _strength(own: Labels, others: Labels) -> float:
    """The least share, over clusters of `own`, of pairs that `others` keeps together."""
    counts = contingency_matrix(own, others).astype(np.float64)
    sizes = counts.sum(axis=1)
    together = (counts * (counts - 1)).sum(axis=1)
    return float(np.min(together / np.maximum(sizes * (sizes - 1), 1)))


def _jaccards(original: KMeans, drawn: Points, count: int, seed: int) -> npt.NDArray[np.float64]:
    """(clusters,) of the original's clusters with the best match among those of a refit on `drawn`."""
    labels = original.predict(drawn)
    refit = KMeans(count, random_state=seed).fit(drawn).labels_
    counts = np.zeros((count, count))
    np.add.at(counts, (labels, refit), 1)
    union = counts.sum(axis=1, keepdims=True) + counts.sum(axis=0) - counts
    best: npt.NDArray[np.float64] = (counts / np.maximum(union, 1)).max(axis=1)
    return best


def _log_within(points: Points, count: int, seed: int) -> float:
    return float(np.log(KMeans(count, random_state=seed).fit(points).inertia_))
