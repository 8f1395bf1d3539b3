"""The segmentations of one refresh by their number of segments: one tree, whose shorter forms are the others.

Belongs here: preparing a population for many refits, refitting cold on some of its accounts, assigning others.
Does not: damped refits of a refresh and how much intent may count (growing.py), what refits tell (assessment.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.candidates import candidates
from seg_assets.segmentation.guided_points import (
    Vector,
    guided_candidates,
    guided_points,
    intent_axis,
    likeness_axes,
)
from seg_assets.segmentation.intent.index import INTENT, IntentIndex
from seg_assets.segmentation.preprocess import Preprocessor
from seg_assets.segmentation.stability.clusterer import Assign, Partitions
from seg_assets.segmentation.stability.prepared import Population, Prepared
from seg_assets.segmentation.tree import Split, TreeGrower, leaf_paths


@dataclass(frozen=True)
class TreeFamily:
    """What is asked to be stable: cold trees with `counts` leaves, on points and questions as a refresh has them.

    preprocessor: the refresh's, the same for every refit; the axes of likeness and of intent are found anew by each.
    weight: of the intent axis, None without an index. Raises ValueError where only one of the two is given.
    """

    catalogue: Catalogue
    preprocessor: Preprocessor
    counts: tuple[int, ...]
    intent: IntentIndex | None = None
    weight: float | None = None

    def __post_init__(self) -> None:
        if (self.intent is None) != (self.weight is None):
            raise ValueError(f"the intent index and its weight go together; the weight is {self.weight}")

    def prepare(self, frame: pl.DataFrame, intent: Vector | None = None) -> Prepared:
        """The rows of `frame` with all that refits ask of them. Thresholds that may be asked are cut here, for all.

        frame: account rows with features and `<group>_applicable`; intent: (n,) whole points by an index that has not
        learned from the accounts, None for those of the family's own index (accounts that it never saw).
        Raises ValueError where nothing may be asked.
        """
        reference = self.preprocessor.reference
        points = self.preprocessor.transform(frame).drop("account_id").to_numpy().astype(np.float64)
        frame = frame.with_columns(reference.index_expressions())
        asked = candidates(frame, self.catalogue, reference)
        if self.intent is not None:
            intent = frame.select(self.intent.expression()).to_series().to_numpy() if intent is None else intent
            asked = guided_candidates(asked, intent, reference.indices[-1].name if reference.indices else None)
            frame = frame.with_columns(pl.Series(INTENT, intent))
        if not asked:
            raise ValueError("no usable features: no index, level or number of the catalogue can split the accounts")
        return Prepared.whole(Population(frame, points, tuple(asked), intent if self.intent else None))

    def refit(self, rows: Prepared, seed: int) -> Assign[Prepared]:
        """The segments of `rows`, for each of the counts. A tree has no chance in it: any `seed` gives the same."""
        return self.assign(self.grow(rows))

    def grow(self, rows: Prepared) -> tuple[Split, ...]:
        """The splits of the largest tree of the family in the order that they were made: k - 1 make k segments.

        Fewer where no more parts are large enough. Raises ValueError where the accounts do not vary.
        """
        target = likeness_axes(rows.points, len({c.group for c in self.preprocessor.coordinates}))
        if self.intent is not None and self.weight is not None and rows.intent is not None:
            axis = intent_axis(rows.intent, self.intent.anchor_odds, target)
            target = guided_points(target, axis, self.weight)
        limits = self.catalogue.limits
        grower = TreeGrower(pl.DataFrame(), target, rows.asked, {})
        return grower.grow(max(self.counts), limits.smallest_share, limits.conditions)

    def assign(self, splits: Sequence[Split]) -> Assign[Prepared]:
        """Accounts to the leaves of the first k - 1 of `splits`, for each count k, in the order of `leaf_boxes`.

        splits: of any tree whose columns the prepared accounts have, those in force too.
        """
        leaves = leaf_paths(splits)
        trees = [leaf_paths(splits[: max(count - 1, 0)]) for count in self.counts]
        places = np.array([[_stem(leaf, tree) for leaf in leaves] for tree in trees])

        def assigned(rows: Prepared) -> Partitions:
            answers = rows.holds([split.condition for split in splits])
            by_path = {split.path: answer for split, answer in zip(splits, answers, strict=True)}
            found: Partitions = places[:, _leaf_of(leaves, by_path, len(rows))].T
            return found

        return assigned


def _stem(leaf: str, tree: Sequence[str]) -> int:
    """The position of the leaf of a shorter `tree` that `leaf` grew from."""
    return next(place for place, path in enumerate(tree) if leaf.startswith(path))


def _leaf_of(leaves: Sequence[str], answers: Mapping[str, npt.NDArray[np.bool_]], rows: int) -> npt.NDArray[np.intp]:
    """(rows,) the position of each row's leaf. leaves: paths; answers: (rows,) of the split at each path."""
    at = np.zeros(rows, dtype=np.intp)
    for place, leaf in enumerate(leaves):
        steps = [answers[leaf[:depth]] == (leaf[depth] == "1") for depth in range(len(leaf))]
        at[np.logical_and.reduce(steps)] = place
    return at
