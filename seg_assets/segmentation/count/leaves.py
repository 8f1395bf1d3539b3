"""The nested partitions of one tree, and what each of their segments holds: sums over the finest leaves.

Belongs here: which leaf is part of which segment, and accounts, value, outcomes and conditions by segment.
Does not: how well a partition ranks accounts (prospects.py), what is good enough (gates.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.coding import coded
from seg_assets.segmentation.definitions import Definition
from seg_assets.segmentation.growing import leaf_definitions
from seg_assets.segmentation.indices import IndexSet
from seg_assets.segmentation.matching import churn, matched, overlaps
from seg_assets.segmentation.model import Segmentation
from seg_assets.segmentation.outcomes import CONVERTED, Outcomes
from seg_assets.segmentation.rates import wilson
from seg_assets.segmentation.scoring import SEGMENT, with_segment
from seg_assets.segmentation.tree import Split, leaf_boxes

Codes = npt.NDArray[np.intp]
Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Partition:
    """A tree after its first `count` - 1 splits. whole: all splits of the tree; segment_of: the segment of each of its
    leaves.
    """

    count: int
    whole: tuple[Split, ...]
    segment_of: tuple[int, ...]

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """A definition a segment, in the order of `segment_of`."""
        return leaf_definitions(self.whole[: self.count - 1])

    @property
    def members(self) -> Matrix:
        """(segments, leaves) 1 where the leaf is part of the segment."""
        return np.eye(self.count)[list(self.segment_of)].T

    def of(self, leaf: Codes) -> Codes:
        """(n,) the segment of accounts whose finest leaf is `leaf` (n,)."""
        return np.array(self.segment_of, dtype=np.intp)[leaf]


def partitions_of(splits: tuple[Split, ...], counts: Sequence[int]) -> tuple[Partition, ...]:
    """The partitions into each of `counts` segments; those that the tree does not reach are left out."""
    return tuple(_partition(splits, count) for count in counts if count <= len(splits) + 1)


def finest(splits: tuple[Split, ...]) -> Partition:
    """The partition into all leaves of the tree."""
    return partitions_of(splits, (len(splits) + 1,))[0]


def _partition(splits: tuple[Split, ...], count: int) -> Partition:
    order = {path: place for place, path in enumerate(leaf_boxes(splits[: count - 1]))}
    leaves = leaf_boxes(splits)
    owner = [next(order[path[:depth]] for depth in range(len(path) + 1) if path[:depth] in order) for path in leaves]
    return Partition(count, splits, tuple(owner))


def leaf_of(frame: pl.DataFrame | pl.LazyFrame, tree: Partition) -> Codes:
    """(n,) the segment of each row of `frame`, which has features and indices, by position."""
    found = with_segment(frame.lazy(), tree.definitions).select(SEGMENT).collect()
    return found.to_series().to_numpy().astype(np.intp)


@dataclass(frozen=True, eq=False)
class Holdings:
    """What the finest leaves hold, of all accounts. accounts, value: (leaves,), value None without a value feature;
    outcomes: (leaves, 2) eligible accounts at matured snapshots that did not convert, and that did; None: no labels;
    champion: (champion's segments, leaves) accounts in both, None without a champion.
    """

    accounts: Vector
    value: Vector | None
    outcomes: Matrix | None
    champion: Matrix | None

    def shares(self, partition: Partition) -> Vector:
        """(segments,) of all accounts."""
        held: Vector = partition.members @ self.accounts / self.accounts.sum()
        return held

    def value_shares(self, partition: Partition) -> Vector | None:
        """(segments,) of all value; None where there is none."""
        if self.value is None or self.value.sum() <= 0:
            return None
        held: Vector = partition.members @ self.value / self.value.sum()
        return held

    def outcomes_of(self, partition: Partition) -> Matrix | None:
        """(segments, 2) that did not convert, and that did."""
        return None if self.outcomes is None else partition.members @ self.outcomes

    def churn(self, partition: Partition) -> float | None:
        """The share of accounts that the partition alone would move from the champion's segments."""
        if self.champion is None:
            return None
        counts = self.champion @ partition.members.T
        return churn(counts, matched(counts, np.zeros_like(counts)))


def held(
    snapshot: pl.DataFrame,
    splits: tuple[Split, ...],
    indices: IndexSet,
    catalogue: Catalogue,
    champion: Segmentation | None,
    outcomes: Outcomes | None,
) -> Holdings:
    """What the tree's leaves hold of all accounts and of all outcomes."""
    tree = finest(splits)
    leaf = leaf_of(snapshot.lazy().with_columns(indices.expressions()), tree)
    value = None
    if catalogue.value_feature is not None:
        column = pl.col(catalogue.value_feature)
        known = snapshot.select(pl.when(column.is_finite()).then(column).fill_null(0.0)).to_series().to_numpy()
        value = np.bincount(leaf, known, tree.count).astype(np.float64)
    shared = None
    if champion is not None and len(champion.segments) > 1:
        before = coded(champion, snapshot)[1].to_numpy().astype(np.intp)
        shared = overlaps(before, leaf, (len(champion.segments), tree.count))
    accounts = np.bincount(leaf, minlength=tree.count).astype(np.float64)
    return Holdings(accounts, value, _outcomes_by_leaf(outcomes, indices, tree), shared)


def _outcomes_by_leaf(outcomes: Outcomes | None, indices: IndexSet, tree: Partition) -> Matrix | None:
    if outcomes is None:
        return None
    counted = (
        with_segment(outcomes.frame.with_columns(indices.expressions()), tree.definitions)
        .group_by(SEGMENT)
        .agg(accounts=pl.len(), converted=pl.col(CONVERTED).sum())
        .collect(engine="streaming")
    )
    found = np.zeros((tree.count, 2))
    for leaf, accounts, converted in counted.iter_rows():
        found[leaf] = accounts - converted, converted
    return found


def rate_intervals(outcomes: Matrix) -> Matrix:
    """(segments, 3): conversion rate, low, high (95 %, Wilson 1927). outcomes: (segments, 2) others and converted."""
    found = []
    for others, converted in outcomes:
        trials = int(others + converted)
        rate = converted / trials if trials else 0.0
        found.append((rate, *(wilson(int(converted), trials) if trials else (0.0, 1.0))))
    return np.array(found, dtype=np.float64)
