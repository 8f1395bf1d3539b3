"""The segmentations of one refresh by their number of segments: one tree, whose shorter forms are the others.

Belongs here: preparing a population for many refits, refitting cold on some of its accounts, with the births of new
kinds carried out again, assigning others. Does not: damped refits of a refresh and how much intent may count
(growing.py), who was there at a birth (births.py), what refits tell (assessment.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.candidates import candidates
from seg_assets.segmentation.clustering import Labels
from seg_assets.segmentation.damping import STEADIEST
from seg_assets.segmentation.definitions import Condition
from seg_assets.segmentation.guided_points import (
    Vector,
    guided_candidates,
    guided_points,
    intent_axis,
    likeness_axes,
)
from seg_assets.segmentation.intent.additive_fit import Flags
from seg_assets.segmentation.intent.index import INTENT, IntentIndex
from seg_assets.segmentation.new_kinds import new_kinds
from seg_assets.segmentation.preprocess import Preprocessor
from seg_assets.segmentation.stability.births import ABSENT, KNOWN, NEW, Presence
from seg_assets.segmentation.stability.clusterer import Assign, Partitions
from seg_assets.segmentation.stability.prepared import Population, Prepared
from seg_assets.segmentation.tree import Split, TreeGrower, leaf_paths


@dataclass(frozen=True)
class TreeFamily:
    """What is asked to be stable: cold trees with `counts` leaves, on points and questions as a refresh has them.

    preprocessor: the refresh's, the same for every refit; the axes of likeness and of intent are found anew by each.
    weight: of the intent axis, None without an index; before: the number of segments before each birth that refits
    carry out. Raises ValueError where an index or a weight comes alone.
    """

    catalogue: Catalogue
    preprocessor: Preprocessor
    counts: tuple[int, ...]
    intent: IntentIndex | None = None
    weight: float | None = None
    before: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if (self.intent is None) != (self.weight is None):
            raise ValueError(f"the intent index and its weight go together; the weight is {self.weight}")

    def prepare(self, frame: pl.DataFrame, intent: Vector | None = None, presence: Presence | None = None) -> Prepared:
        """The rows of `frame` with all that refits ask of them. Thresholds that may be asked are cut here, for all.

        frame: account rows with features and `<group>_applicable`; intent: (n,) whole points by an index that has not
        learned from the accounts, None for those of the family's own index (accounts that it never saw); presence: (n,
        births), None where accounts have no past and no kind of them can be new.
        Raises ValueError where nothing may be asked.
        """
        reference = self.preprocessor.reference
        past = np.zeros((frame.height, 0), dtype=np.int8) if presence is None else presence
        known = [frame.filter(pl.Series(here == KNOWN)) for here in past.T]
        before = [_points(Preprocessor.fit(rows, self.catalogue, reference), frame) for rows in known]
        points = _points(self.preprocessor, frame)
        frame = frame.with_columns(reference.index_expressions())
        asked = candidates(frame, self.catalogue, reference)
        if self.intent is not None:
            intent = frame.select(self.intent.expression()).to_series().to_numpy() if intent is None else intent
            asked = guided_candidates(asked, intent, reference.indices[-1].name if reference.indices else None)
            frame = frame.with_columns(pl.Series(INTENT, intent))
        if not asked:
            raise ValueError("no usable features: no index, level or number of the catalogue can split the accounts")
        given = intent if self.intent else None
        return Prepared.whole(Population(frame, points, tuple(asked), given, past, tuple(before)))

    def refit(self, rows: Prepared, seed: int) -> Assign[Prepared]:
        """The segments of `rows`, for each of the counts. A tree has no chance in it: any `seed` gives the same."""
        return self.assign(self.grow(rows))

    def grow(self, rows: Prepared) -> tuple[Split, ...]:
        """The splits of the largest tree of the family in the order that they were made: k - 1 make k segments.

        Births first, as refreshes come to them: a tree of those who were known, measured by themselves, and beside its
        leaves the new kinds of account among those who came then. Fewer where no more parts are large enough. Raises
        ValueError where the accounts do not vary.
        """
        kept: dict[str, Condition] = {}
        for birth, (presence, segments) in enumerate(zip(rows.presence.T, self.before, strict=False)):
            known, there = rows[np.flatnonzero(presence == KNOWN)], rows[np.flatnonzero(presence != ABSENT)]
            splits = self._grown(known, known.points_before(birth), kept, segments)
            kept = {split.path: split.condition for split in splits}
            kept |= self._new_kinds(there, splits, there.presence[:, birth] == NEW)
        return self._grown(rows, rows.points, kept, max(self.counts))

    def _grown(self, rows: Prepared, points: Matrix, kept: Mapping[str, Condition], leaves: int) -> tuple[Split, ...]:
        """A tree of `rows`, which stand at `points`, that begins with the splits `kept`, by path."""
        target = self._likeness(points)
        if self.intent is not None and self.weight is not None and rows.intent is not None:
            axis = intent_axis(rows.intent, self.intent.anchor_odds, target)
            target = guided_points(target, axis, self.weight)
        limits = self.catalogue.limits
        frame = rows.columns({condition.column for condition in kept.values()})
        grower = TreeGrower(frame, target, rows.asked, kept, tolerance=STEADIEST)
        return grower.grow(leaves, limits.smallest_share, limits.conditions)

    def _new_kinds(self, rows: Prepared, splits: Sequence[Split], arrived: Flags) -> dict[str, Condition]:
        """The split, by path, of each leaf of a tree in which those of `rows` that had just come are a kind."""
        limits, paths = self.catalogue.limits, leaf_paths(splits)
        open_leaves = {path: place for place, path in enumerate(paths) if len(path) < limits.conditions}
        labels = _labels(rows, splits)
        alike = self._likeness(rows.points)
        return new_kinds(rows.asked, alike, open_leaves, labels, arrived, limits.smallest_share)

    def _likeness(self, points: Matrix) -> Matrix:
        """(m, axes): what segments of accounts at `points` (m, coordinates) should be alike in."""
        return likeness_axes(points, len({coordinate.group for coordinate in self.preprocessor.coordinates}))

    def assign(self, splits: Sequence[Split]) -> Assign[Prepared]:
        """Accounts to the leaves of the first k - 1 of `splits`, for each count k, in the order of `leaf_boxes`.

        splits: of any tree whose columns the prepared accounts have, those in force too.
        """
        leaves = leaf_paths(splits)
        trees = [leaf_paths(splits[: max(count - 1, 0)]) for count in self.counts]
        places = np.array([[_stem(leaf, tree) for leaf in leaves] for tree in trees])

        def assigned(rows: Prepared) -> Partitions:
            found: Partitions = places[:, _labels(rows, splits)].T
            return found

        return assigned


def _points(preprocessor: Preprocessor, frame: pl.DataFrame) -> Matrix:
    points: Matrix = preprocessor.transform(frame).drop("account_id").to_numpy().astype(np.float64)
    return points


def _stem(leaf: str, tree: Sequence[str]) -> int:
    """The position of the leaf of a shorter `tree` that `leaf` grew from."""
    return next(place for place, path in enumerate(tree) if leaf.startswith(path))


def _labels(rows: Prepared, splits: Sequence[Split]) -> Labels:
    """(rows,) the position of each row's leaf among the paths of a tree's leaves."""
    held = rows.holds([split.condition for split in splits])
    answers = {split.path: answer for split, answer in zip(splits, held, strict=True)}
    at = np.zeros(len(rows), dtype=np.intp)
    for place, leaf in enumerate(leaf_paths(splits)):
        steps = [answers[leaf[:depth]] == (leaf[depth] == "1") for depth in range(len(leaf))]
        at[np.logical_and.reduce(steps)] = place
    return at
