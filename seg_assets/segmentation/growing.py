"""Growing a refresh's segments: alike accounts together and, where intent is known, accounts of like intent.

Belongs here: the points that segments are made of, and the tree of conditions grown on them.
Does not: the tree itself (tree.py), the weight of intent (guided_points.py), ids, names and figures (refresh.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.balance import Matrix, principal_axes
from seg_assets.segmentation.candidates import candidates
from seg_assets.segmentation.clustering import Labels
from seg_assets.segmentation.definitions import Definition
from seg_assets.segmentation.guided_points import guided, guided_candidates, intent_axis
from seg_assets.segmentation.intent.index import INTENT
from seg_assets.segmentation.model import Segmentation
from seg_assets.segmentation.preprocess import Preprocessor
from seg_assets.segmentation.scoring import SEGMENT, with_segment
from seg_assets.segmentation.tree import Split, TreeGrower, leaf_boxes

SMALLEST_AXIS = 0.5
AXES_A_GROUP = 2


@dataclass(frozen=True, eq=False)
class KnownIntent:
    """What each account of a sample stands at. points: (n,) whole, by an index that has not learned from the account;
    anchor_odds: the odds at 50.
    """

    points: npt.NDArray[np.float64]
    anchor_odds: float


@dataclass(frozen=True)
class Grown:
    """Splits of a tree; weight: what the intent axis counted, intent_share: its share of the variance between segments.

    Both are None where intent is not known.
    """

    splits: tuple[Split, ...]
    weight: float | None
    intent_share: float | None


def grow(
    sample: pl.DataFrame,
    catalogue: Catalogue,
    preprocessor: Preprocessor,
    champion: Segmentation | None,
    intent: KnownIntent | None,
    count: int,
) -> Grown:
    """At most `count` segments of `sample` (account rows with the reference's indices), from the champion's splits on.

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

    def tree(points: Matrix) -> tuple[tuple[Split, ...], Labels]:
        limits = catalogue.limits
        splits = TreeGrower(sample, points, asked, in_force).grow(count, limits.smallest_share, limits.conditions)
        return splits, leaf_labels(sample, splits)

    if intent is None:
        return Grown(tree(alike)[0], None, None)
    axis = intent_axis(intent.points, intent.anchor_odds, alike)
    found = guided(tree, alike, axis, champion.intent_weight if champion else None)
    return Grown(found.grown, found.weight, found.intent_share)


def likeness(preprocessor: Preprocessor, sample: pl.DataFrame) -> Matrix:
    """(n, axes): the strongest axes of the accounts' points: what segments should be alike in.

    Balanced, each group's own strongest axis has variance 1; an axis of all with less than half of that is a single
    level or feature, and alikeness in it is no one's idea of a segment. At least two axes where there are two, at
    most two a group: groups of unrelated features have no end of axes that are equally strong.
    Raises ValueError where the points do not vary.
    """
    table = preprocessor.transform(sample).drop("account_id").to_numpy().astype(np.float64)
    variances, axes = principal_axes(table)
    if variances[0] <= 0:
        raise ValueError("no usable features: every account of the snapshot is the same; check the landing tables")
    groups = len({coordinate.group for coordinate in preprocessor.coordinates})
    strong, most = int((variances >= SMALLEST_AXIS).sum()), min(AXES_A_GROUP * groups, int((variances > 0).sum()))
    count = min(max(strong, 2), most)
    projected: Matrix = np.round((table - table.mean(axis=0)) @ axes[:, :count], 9)
    return projected


def leaf_definitions(splits: tuple[Split, ...]) -> tuple[Definition, ...]:
    """A definition a leaf."""
    return tuple(Definition((box,)) for box in leaf_boxes(splits).values())


def leaf_labels(sample: pl.DataFrame, splits: tuple[Split, ...]) -> Labels:
    """(n,) the leaf of each row of `sample`, which has features and indices, by position."""
    coded = with_segment(sample.lazy(), leaf_definitions(splits)).select(SEGMENT).collect()
    return coded.to_series().to_numpy().astype(np.intp)
