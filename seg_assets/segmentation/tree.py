"""Segments as the leaves of a tree of conditions: exact, exclusive and exhaustive by construction.

Belongs here: growing the tree that keeps alike accounts together, and its leaves as boxes.
Does not: what may be asked (candidates.py), what accounts are alike (clustering.py).

Source: predictive clustering trees, Blockeel, De Raedt and Ramon 1998.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.candidates import Candidate
from seg_assets.segmentation.definitions import Box, Condition
from seg_assets.segmentation.serialise import stable

# The champion's split stays while it explains nearly as much as the best one: definitions must not wander with noise.
CHAMPION_TOLERANCE = 0.02


@dataclass(frozen=True)
class Split:
    """One question of a tree. path: the answers that lead to it, "1" for yes and "0" for no, "" for the root."""

    path: str
    condition: Condition


@dataclass(frozen=True)
class _Choice:
    condition: Condition
    inside: npt.NDArray[np.bool_]
    gain: float


def leaf_boxes(splits: Sequence[Split]) -> dict[str, Box]:
    """The box of every leaf by its path, in order of paths; one box of everyone for a tree without splits."""
    conditions: dict[str, tuple[Condition, ...]] = {"": ()}
    for split in splits:
        before = conditions.pop(split.path)
        conditions[split.path + "1"] = (*before, split.condition)
        conditions[split.path + "0"] = (*before, split.condition.negation)
    return {path: Box.of(conditions[path]) for path in sorted(conditions, reverse=True)}


@dataclass(frozen=True)
class TreeGrower:
    """What every split search needs.

    frame: (n) account rows with features and indices; target: (n, axes), what leaves should be alike in;
    candidates: what may be asked, with bins of the same n rows; champion: the splits in force, by path.
    """

    frame: pl.DataFrame
    target: Matrix
    candidates: Sequence[Candidate]
    champion: Mapping[str, Condition]

    def grow(self, leaves: int, smallest_share: float, depth: int) -> tuple[Split, ...]:
        """Splits in the order they were made: always the one that explains most of the target, at most `leaves` - 1.

        No leaf is smaller than `smallest_share` of the rows or deeper than `depth`; fewer leaves where that is so.
        """
        smallest = int(np.ceil(smallest_share * self.frame.height))
        open_leaves: dict[str, tuple[npt.NDArray[np.intp], _Choice | None]] = {}
        everyone = np.arange(self.frame.height)
        open_leaves[""] = (everyone, self._best("", everyone, smallest))
        splits: list[Split] = []
        while len(open_leaves) < leaves:
            path, choice = self._next(open_leaves)
            if choice is None:
                break
            rows, _ = open_leaves.pop(path)
            splits.append(Split(path, choice.condition))
            for answer, side in (("1", rows[choice.inside]), ("0", rows[~choice.inside])):
                child = path + answer
                best = self._best(child, side, smallest) if len(child) < depth else None
                open_leaves[child] = (side, best)
        return tuple(splits)

    def _next(
        self, open_leaves: Mapping[str, tuple[npt.NDArray[np.intp], _Choice | None]]
    ) -> tuple[str, _Choice | None]:
        best_path, best, best_gain = "", None, 0.0
        for path in sorted(open_leaves):
            choice = open_leaves[path][1]
            if choice is None:
                continue
            gain = choice.gain / (1 - CHAMPION_TOLERANCE) if path in self.champion else choice.gain
            if gain > best_gain:
                best_path, best, best_gain = path, choice, gain
        return best_path, best

    def _best(self, path: str, rows: npt.NDArray[np.intp], smallest: int) -> _Choice | None:
        if len(rows) < 2 * smallest:
            return None
        target = self.target[rows]
        best: _Choice | None = None
        for candidate in self.candidates:
            choice = _best_of(candidate, candidate.bins[rows], target, smallest)
            if choice is not None and (best is None or choice.gain > best.gain):
                best = choice
        kept = self._champions(path, rows, target, smallest)
        if best is None or (kept is not None and kept.gain >= (1 - CHAMPION_TOLERANCE) * best.gain):
            return kept
        return best

    def _champions(self, path: str, rows: npt.NDArray[np.intp], target: Matrix, smallest: int) -> _Choice | None:
        condition = self.champion.get(path)
        if condition is None or condition.column not in self.frame.columns:
            return None
        inside = self.frame[rows].select(condition.expression().fill_null(False)).to_series().to_numpy()
        if min(inside.sum(), (~inside).sum()) < smallest:
            return None
        worth = next((c.worth for c in self.candidates if c.column == condition.column), 1.0)
        total, part = target.sum(axis=0), target[inside].sum(axis=0)
        gain = _gain(part, float(inside.sum()), total, float(len(rows)))
        return _Choice(condition, inside, stable(worth * float(gain)))


def _best_of(candidate: Candidate, bins: npt.NDArray[np.uint8], target: Matrix, smallest: int) -> _Choice | None:
    size = candidate.size
    columns = [np.bincount(bins, weights=target[:, axis], minlength=size) for axis in range(target.shape[1])]
    sums = np.column_stack([*columns, np.bincount(bins, minlength=size)])
    inside = np.array(list(candidate.splits(sums)))
    if len(inside) == 0:
        return None
    parts, total = inside.astype(np.float64) @ sums, sums.sum(axis=0)
    counts = parts[:, -1]
    valid = (counts >= smallest) & (len(bins) - counts >= smallest)
    if not valid.any():
        return None
    gains = np.full(len(inside), -1.0)
    gains[valid] = _gain(parts[valid, :-1], counts[valid], total[:-1], float(len(bins)))
    best = int(np.argmax(gains))
    if candidate.thresholds:
        best = _roundest(np.flatnonzero(counts == counts[best]), candidate.thresholds)
    gain = candidate.worth * float(gains[best])
    if gain <= 0:
        return None
    return _Choice(candidate.condition(inside[best]), inside[best][bins], stable(gain))


def _gain(part: Matrix, count: object, total: Matrix, rows: float) -> Matrix:
    """How much less the squares within two parts sum to than those of the whole."""
    counts = np.asarray(count, dtype=np.float64)
    rest = total - part
    gain: Matrix = (part**2).sum(axis=-1) / counts + (rest**2).sum(axis=-1) / (rows - counts) - (total**2).sum() / rows
    return gain


def _roundest(steps: npt.NDArray[np.intp], thresholds: Sequence[float]) -> int:
    """Of steps that split alike, the one at a multiple of ten or five, if any, that is nearest to their middle."""
    middle = (thresholds[steps[0]] + thresholds[steps[-1]]) / 2
    for multiple in (10, 5):
        round_ones = [step for step in steps if thresholds[step] % multiple == 0]
        if round_ones:
            return int(min(round_ones, key=lambda step: (abs(thresholds[step] - middle), step)))
    return int(min(steps, key=lambda step: (abs(thresholds[step] - middle), step)))
