"""Segments as the leaves of a tree of conditions: exact, exclusive and exhaustive by construction.

Belongs here: growing the tree that keeps alike accounts together, and its leaves as boxes.
Does not: what may be asked (candidates.py), the best split of a leaf (split_search.py, look_ahead.py).

Source: predictive clustering trees, Blockeel, De Raedt and Ramon 1998.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.candidates import Candidate
from seg_assets.segmentation.definitions import Box, Condition
from seg_assets.segmentation.look_ahead import promising
from seg_assets.segmentation.serialise import stable
from seg_assets.segmentation.split_search import Part, SplitSearch, gain

# A new leaf is this much larger than the smallest allowed, lest a few accounts fewer end it a month later.
MARGIN = 1.15


@dataclass(frozen=True)
class Split:
    """One question of a tree. path: the answers that lead to it, "1" for yes and "0" for no, "" for the root."""

    path: str
    condition: Condition


@dataclass(frozen=True, eq=False)
class _Choice:
    """A leaf's question. parts: the accounts for whom it holds and the others."""

    condition: Condition
    parts: tuple[Part, Part]
    gain: float


def leaf_paths(splits: Sequence[Split]) -> tuple[str, ...]:
    """The path of every leaf, in the order of `leaf_boxes`."""
    paths = {""}
    for split in splits:
        paths = paths - {split.path} | {split.path + "1", split.path + "0"}
    return tuple(sorted(paths, reverse=True))


def leaf_boxes(splits: Sequence[Split]) -> dict[str, Box]:
    """The box of every leaf by its path, in order of paths; one box of everyone for a tree without splits."""
    conditions: dict[str, tuple[Condition, ...]] = {"": ()}
    for split in splits:
        before = conditions.pop(split.path)
        conditions[split.path + "1"] = (*before, split.condition)
        conditions[split.path + "0"] = (*before, split.condition.negation)
    return {path: Box.of(conditions[path]) for path in leaf_paths(splits)}


@dataclass(frozen=True)
class TreeGrower:
    """What every split search needs.

    frame: (n) account rows with features and indices, which only a champion's conditions are asked of;
    target: (n, axes), what leaves should be alike in; candidates: what may be asked, with bins of the same n rows;
    champion: the splits in force, by path; tolerance: the share of the best split's gain that one of them may lack and
    still be taken (damping.py), below 1.
    """

    frame: pl.DataFrame
    target: Matrix
    candidates: Sequence[Candidate]
    champion: Mapping[str, Condition]
    tolerance: float = 0.02

    def grow(self, leaves: int, smallest_share: float, depth: int) -> tuple[Split, ...]:
        """Splits in the order they were made: always the one that explains most of the target, at most `leaves` - 1.

        No leaf is smaller than `smallest_share` of the rows (a new one than 1.15 times that) or deeper than `depth`;
        fewer leaves where that is so.
        """
        search = SplitSearch.of(self.candidates, self.target)
        smallest = int(np.ceil(smallest_share * len(self.target)))
        everyone = search.part(np.arange(len(self.target)))
        open_leaves = {"": self._choice(search, "", everyone, smallest, depth)}
        splits: list[Split] = []
        while len(open_leaves) < leaves:
            path, choice = self._next(open_leaves)
            if choice is None:
                break
            del open_leaves[path]
            splits.append(Split(path, choice.condition))
            for answer, side in zip("10", choice.parts, strict=True):
                open_leaves[path + answer] = self._choice(search, path + answer, side, smallest, depth)
        return tuple(splits)

    def _next(self, open_leaves: Mapping[str, _Choice | None]) -> tuple[str, _Choice | None]:
        best_path, best, best_gain = "", None, 0.0
        for path in sorted(open_leaves):
            choice = open_leaves[path]
            if choice is None:
                continue
            counted = choice.gain / (1 - self.tolerance) if path in self.champion else choice.gain
            if counted > best_gain:
                best_path, best, best_gain = path, choice, counted
        return best_path, best

    def _choice(self, search: SplitSearch, path: str, part: Part, smallest: int, depth: int) -> _Choice | None:
        """What to ask of `part`, the leaf at `path`; None where nothing may be asked."""
        if len(part.rows) < 2 * smallest or len(path) >= depth:
            return None
        best = promising(search, part, int(np.ceil(MARGIN * smallest)), last=len(path) + 1 == depth)
        kept = self._champions(search, path, part, smallest)
        if best is None or (kept is not None and kept.gain >= (1 - self.tolerance) * best.split.gain):
            return kept
        return _Choice(best.split.candidate.condition(best.split.inside), best.parts, best.split.gain)

    def _champions(self, search: SplitSearch, path: str, part: Part, smallest: int) -> _Choice | None:
        condition = self.champion.get(path)
        if condition is None or condition.column not in self.frame.columns:
            return None
        inside = self.frame[part.rows].select(condition.expression().fill_null(False)).to_series().to_numpy()
        if min(inside.sum(), (~inside).sum()) < smallest:
            return None
        worth = next((c.worth for c in self.candidates if c.column == condition.column), 1.0)
        target = self.target[part.rows]
        gained = gain(target[inside].sum(axis=0), float(inside.sum()), target.sum(axis=0), float(len(part.rows)))
        return _Choice(condition, search.parted(part, inside), stable(worth * float(gained)))
