"""Growing a refresh's segments: alike accounts together and, where intent is known, accounts of like intent.

Belongs here: the points that segments are made of, and the tree of conditions grown on them.
Does not: the tree itself (tree.py), the weight of intent (guided_points.py), ids, names and figures (refresh.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.catalogs.model import Limits
from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.candidates import candidates
from seg_assets.segmentation.clustering import Labels
from seg_assets.segmentation.damping import STEADIEST, damped
from seg_assets.segmentation.definitions import Condition, Definition
from seg_assets.segmentation.guided_points import (
    guided,
    guided_candidates,
    guided_points,
    intent_axis,
    intent_share,
    likeness_axes,
)
from seg_assets.segmentation.intent.additive_fit import Flags
from seg_assets.segmentation.intent.index import INTENT, NEUTRAL, POINTS_TO_DOUBLE
from seg_assets.segmentation.model import Segmentation
from seg_assets.segmentation.new_kinds import new_kinds
from seg_assets.segmentation.preprocess import Preprocessor
from seg_assets.segmentation.scoring import SEGMENT, with_segment
from seg_assets.segmentation.tree import Split, TreeGrower, leaf_boxes, leaf_paths


@dataclass(frozen=True, eq=False)
class KnownIntent:
    """What each account of a sample stands at. points: (n,) whole, by an index that has not learned from the account;
    anchor_odds: the odds at 50.
    """

    points: npt.NDArray[np.float64]
    anchor_odds: float

    @property
    def chances(self) -> npt.NDArray[np.float64]:
        """(n,) of converting."""
        odds: npt.NDArray[np.float64] = self.anchor_odds * 2.0 ** ((self.points - NEUTRAL) / POINTS_TO_DOUBLE)
        return odds / (1 + odds)


@dataclass(frozen=True)
class Grown:
    """Splits of a tree; weight: what the intent axis counted, intent_share: its share of the variance between segments.

    Both are None where intent is not known. born: how many of the splits are there for a new kind of account; the
    champion's segments all live on beside them where that many more segments are asked for.
    """

    splits: tuple[Split, ...]
    weight: float | None
    intent_share: float | None
    born: int


def grow(
    sample: pl.DataFrame,
    catalogue: Catalogue,
    preprocessor: Preprocessor,
    champion: Segmentation | None,
    intent: KnownIntent | None,
    count: int,
    *,
    weight: float | None = None,
    before: pl.Series | None = None,
) -> Grown:
    """At most `count` segments of `sample` (account rows with the reference's indices), from the champion's splits on.

    weight: of the intent axis; None: as much as intent may make of the variance between `count` segments; before:
    account_ids that the champion was fitted on, beside whom kinds of account are new.
    Raises ValueError where accounts do not vary or nothing may be asked.
    """
    alike = likeness(preprocessor, sample)
    asked = candidates(sample, catalogue, preprocessor.reference)
    if intent is not None:
        indices = preprocessor.reference.indices
        asked = guided_candidates(asked, intent.points, indices[-1].name if indices else None)
        sample = sample.with_columns(pl.Series(INTENT, intent.points))
    if not asked:
        raise ValueError("no usable features: no index, level or number of the catalogue can split the accounts")
    in_force = {split.path: split.condition for split in champion.splits} if champion else {}
    arrived = None if before is None else ~sample["account_id"].is_in(before.implode()).to_numpy()

    chances = None if intent is None else intent.chances

    def tree(points: Matrix) -> tuple[_Tree, Labels]:
        grown = _tree(TreeGrower(sample, points, asked, in_force), alike, arrived, chances, count, catalogue.limits)
        return grown, leaf_labels(sample, grown.splits)

    if intent is None:
        grown, _ = tree(alike)
        return Grown(grown.splits, None, None, grown.born)
    axis = intent_axis(intent.points, intent.anchor_odds, alike)
    if weight is not None:
        grown, labels = tree(guided_points(alike, axis, weight))
        return Grown(grown.splits, weight, intent_share(alike, axis, labels), grown.born)
    found = guided(tree, alike, axis, champion.intent_weight if champion else None)
    return Grown(found.grown.splits, found.weight, found.intent_share, found.grown.born)


@dataclass(frozen=True)
class _Tree:
    splits: tuple[Split, ...]
    born: int


def _tree(
    grower: TreeGrower,
    alike: Matrix,
    arrived: Flags | None,
    chances: npt.NDArray[np.float64] | None,
    count: int,
    limits: Limits,
) -> _Tree:
    """The champion's tree as far as it does not lag, new kinds of account parted from its leaves, and what more of
    `count` leaves explains most.
    """
    if not grower.champion:
        return _Tree(grower.grow(count, limits.smallest_share, limits.conditions), 0)

    def labelled(splits: tuple[Split, ...]) -> Labels:
        return leaf_labels(grower.frame, splits)

    steady = damped(grower, limits.smallest_share, limits.conditions, labelled, chances)
    born: dict[str, Condition] = {}
    if arrived is not None:
        leaves = {path: place for place, path in enumerate(leaf_paths(steady)) if len(path) < limits.conditions}
        born = new_kinds(grower.candidates, alike, leaves, labelled(steady), arrived, limits.smallest_share)
    kept = replace(grower, champion={split.path: split.condition for split in steady} | born, tolerance=STEADIEST)
    return _Tree(kept.grow(count, limits.smallest_share, limits.conditions), len(born))


def likeness(preprocessor: Preprocessor, sample: pl.DataFrame) -> Matrix:
    """(n, axes): what segments of `sample` should be alike in. Raises ValueError where the accounts do not vary."""
    points = preprocessor.transform(sample).drop("account_id").to_numpy().astype(np.float64)
    return likeness_axes(points, len({coordinate.group for coordinate in preprocessor.coordinates}))


def leaf_definitions(splits: tuple[Split, ...]) -> tuple[Definition, ...]:
    """A definition a leaf."""
    return tuple(Definition((box,)) for box in leaf_boxes(splits).values())


def leaf_labels(sample: pl.DataFrame, splits: tuple[Split, ...]) -> Labels:
    """(n,) the leaf of each row of `sample`, which has features and indices, by position."""
    coded = with_segment(sample.lazy(), leaf_definitions(splits)).select(SEGMENT).collect()
    return coded.to_series().to_numpy().astype(np.intp)
