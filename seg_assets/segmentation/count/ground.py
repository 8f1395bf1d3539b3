"""Where the accounts of a sample stand, in each of the spaces by which segments are judged; and figures of partitions
in them.

Belongs here: standardised indices, groups of features, intent; variance between segments, by group; neighbours.
Does not: what is good enough (gates.py), stability.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from seg_assets.segmentation.balance import Matrix, principal_axes
from seg_assets.segmentation.count.leaves import Codes, Partition
from seg_assets.segmentation.growing import KnownIntent, likeness
from seg_assets.segmentation.guided_points import intent_axis, intent_share
from seg_assets.segmentation.indices import IndexSet
from seg_assets.segmentation.intent.additive_fit import Flags
from seg_assets.segmentation.preprocess import Preprocessor
from seg_assets.segmentation.stability.births import KNOWN, NEW, Presence
from seg_assets.segmentation.stability.clusterer import free_kmeans
from seg_assets.segmentation.stability.estimate import Estimate
from seg_assets.segmentation.stability.gap_statistic import gap_statistic
from seg_assets.segmentation.stability.partition_quality import partition_quality

GAP_REFERENCES = 10
FREE_STARTS = 5
PERMUTATIONS = 199


@dataclass(frozen=True, eq=False)
class Ground:
    """n accounts. standing: (n, indices) standardised, the axes of likeness where there is none; coordinates: (n, c)
    balanced, and the group of each; group_axes: (axes, n, groups), standardised: each group's strongest axis, and one
    more for each kind of account that came; alike and axis: the axes of likeness and of intent, the last None without
    an index; value: (n,) None without a value feature.
    """

    standing: Matrix
    coordinates: Matrix
    groups: tuple[str, ...]
    group_axes: Matrix
    group_names: tuple[str, ...]
    alike: Matrix
    axis: npt.NDArray[np.float64] | None
    value: npt.NDArray[np.float64] | None

    @classmethod
    def of(
        cls,
        sample: pl.DataFrame,
        preprocessor: Preprocessor,
        indices: IndexSet,
        intent: KnownIntent | None,
        value_feature: str | None,
        presence: Presence,
    ) -> Ground:
        """sample: account rows with features and indices; intent: of the same rows; presence: (n, births).

        Groups are measured by the accounts that were there before any birth: a new kind makes deviations larger, and
        must not make others alike. Where it stands apart itself need not be where the others do.
        """
        coordinates = preprocessor.transform(sample).drop("account_id").to_numpy().astype(np.float64)
        groups = tuple(coordinate.group for coordinate in preprocessor.coordinates)
        names = tuple(dict.fromkeys(groups))
        columns = [coordinates[:, [group == name for group in groups]] for name in names]
        alike = likeness(preprocessor, sample)
        value = None
        if value_feature is not None:
            known = pl.when(pl.col(value_feature).is_finite()).then(pl.col(value_feature)).fill_null(0.0)
            value = np.log1p(np.maximum(sample.select(known).to_series().to_numpy(), 0.0))
        return cls(
            standing=_standardised(sample.select(indices.names).to_numpy()) if indices.names else alike,
            coordinates=coordinates,
            groups=groups,
            group_axes=np.stack([_group_axes(group, presence) for group in columns], axis=2),
            group_names=names,
            alike=alike,
            axis=None if intent is None else intent_axis(intent.points, intent.anchor_odds, alike),
            value=value,
        )

    def nearest(self, segment: Codes) -> Codes:
        """(segments,) the segment whose mean account is nearest to each one's, in the standardised indices."""
        means = segment_means(self.standing, segment)
        away = ((means[:, None, :] - means[None, :, :]) ** 2).sum(axis=2)
        np.fill_diagonal(away, np.inf)
        found: Codes = away.argmin(axis=1)
        return found

    def group_means(self, segment: Codes) -> Matrix:
        """(axes, segments, groups) of the axes of groups."""
        return np.stack([segment_means(axis, segment) for axis in self.group_axes])

    def group_shares(self, segment: Codes) -> npt.NDArray[np.float64]:
        """(groups,) each group's share of the variance between segments."""
        counts = np.bincount(segment)[:, None]
        means = segment_means(self.coordinates, segment) - self.coordinates.mean(axis=0)
        between = (counts * means**2).sum(axis=0)
        found = np.array([between[[group == name for group in self.groups]].sum() for name in self.group_names])
        shares: npt.NDArray[np.float64] = found / found.sum() if found.sum() > 0 else found
        return shares

    def intent_share(self, segment: Codes) -> float | None:
        """Intent's share of the variance between segments; None without an index."""
        return None if self.axis is None else intent_share(self.alike, self.axis, segment)

    def value_by_chance(self, segment: Codes, *, seed: int) -> float | None:
        """How often segments drawn by lot differ as much in the logarithm of value: a p value; None without value."""
        if self.value is None:
            return None
        random, sizes = np.random.default_rng(seed), np.bincount(segment)

        def between(values: npt.NDArray[np.float64]) -> float:
            return float((np.bincount(segment, values) ** 2 / np.maximum(sizes, 1)).sum())

        observed = between(self.value)
        higher = sum(between(random.permutation(self.value)) >= observed for _ in range(PERMUTATIONS))
        return (1 + higher) / (1 + PERMUTATIONS)


@dataclass(frozen=True)
class Compactness:
    """Figures of one partition on the standardised indices. of_free: explained variance relative to that of free
    k-means with as many clusters; gap: of free k-means there, with its standard error.
    """

    explained_variance: float
    of_free: float
    silhouette: Estimate
    calinski_harabasz: float
    davies_bouldin: float
    gap: float
    gap_error: float


def compactness(ground: Ground, segments: Sequence[Codes], counts: Sequence[int], *, seed: int) -> list[Compactness]:
    """The figures of each of `segments`, (n,) each, with as many parts as `counts` says."""
    partitions = np.column_stack(segments)
    free = free_kmeans(counts, starts=FREE_STARTS)(ground.standing, seed)(ground.standing)
    found = partition_quality(ground.standing, partitions, seed=seed)
    best = partition_quality(ground.standing, free, seed=seed, silhouette_rows=2)
    gap = gap_statistic(ground.standing, free_kmeans(counts, starts=1), counts, references=GAP_REFERENCES, seed=seed)
    return [
        Compactness(
            explained_variance=own.explained_variance,
            of_free=own.explained_variance / other.explained_variance if other.explained_variance else 1.0,
            silhouette=own.silhouette,
            calinski_harabasz=own.calinski_harabasz,
            davies_bouldin=own.davies_bouldin,
            gap=gap.gap[place],
            gap_error=gap.error[place],
        )
        for place, (own, other) in enumerate(zip(found, best, strict=True))
    ]


def segment_means(points: Matrix, segment: Codes) -> Matrix:
    """(segments, axes) of `points` (n, axes); segment: (n,) none of them empty."""
    sums = np.column_stack([np.bincount(segment, column) for column in points.T])
    means: Matrix = sums / np.bincount(segment)[:, None]
    return means


def conditions_of(partition: Partition) -> list[int]:
    """How many conditions each definition makes."""
    return [sum(len(box.conditions) for box in definition.boxes) for definition in partition.definitions]


def _group_axes(columns: Matrix, presence: Presence) -> Matrix:
    """(axes, n): one group's strongest axis, and the one on which those who came at each birth stand apart."""
    known = (presence == KNOWN).all(axis=1)
    centre = columns[known].mean(axis=0)
    apart = [columns[here == NEW].mean(axis=0) - centre for here in presence.T if (here == NEW).any()]
    axes = np.column_stack([principal_axes(columns[known])[1][:, 0], *apart])
    return _standardised((columns - centre) @ axes, known).T


def _standardised(values: npt.NDArray[np.float64], known: Flags | slice = slice(None)) -> Matrix:
    mean, deviation = values[known].mean(axis=0), values[known].std(axis=0)
    found: Matrix = np.round((values - mean) / np.where(deviation > 0, deviation, 1.0), 9)
    return found
