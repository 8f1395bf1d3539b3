"""A tree of readable conditions that imitates free clusters: the other way to exact definitions.

Belongs here: growing it by the cost of ExKMC, and its leaves as definitions of at most two boxes.
Does not: the clusters, or what may be asked (seg_assets/segmentation).

Source: ExKMC, Frost, Moshkovitz, Rashtchian 2020, algorithm 2. It differs in two ways: the tree is grown by that cost
from the root on, and not on top of an IMM tree; and a cluster may have only so many leaves, or nobody could read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.candidates import MOST_NAMED, Candidate
from seg_assets.segmentation.definitions import Condition, Definition
from seg_assets.segmentation.tree import Split, leaf_boxes

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class _Leaf:
    """rows of the leaf; sums: a candidate's summed distances to every centroid and counts by bin; cluster: the best."""

    rows: Rows
    sums: tuple[Matrix, ...]
    cluster: int


@dataclass(frozen=True, eq=False)
class _Choice:
    gain: float
    path: str
    condition: Condition
    inside: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ThresholdTree:
    """What the growing needs. distances: (n, k) squared, of each row to every centroid; candidates: of the same rows.

    smallest: rows a leaf; depth: conditions on a path; leaves_a_cluster: 1 or 2.
    """

    distances: Matrix
    candidates: Sequence[Candidate]
    smallest: int
    depth: int
    leaves_a_cluster: int

    def definitions(self, leaves: int) -> tuple[Definition, ...]:
        """One a cluster that has a leaf, at most `leaves` leaves in all; ordered by cluster."""
        open_leaves = {"": self._leaf(np.arange(len(self.distances)))}
        splits: list[Split] = []
        while len(open_leaves) < leaves:
            choice = self._best(open_leaves)
            if choice is None:
                break
            rows = open_leaves.pop(choice.path).rows
            splits.append(Split(choice.path, choice.condition))
            open_leaves[choice.path + "1"] = self._leaf(rows[choice.inside])
            open_leaves[choice.path + "0"] = self._leaf(rows[~choice.inside])
        boxes = leaf_boxes(splits)
        clusters = sorted({leaf.cluster for leaf in open_leaves.values()})
        return tuple(
            Definition(tuple(boxes[path] for path in boxes if open_leaves[path].cluster == cluster))
            for cluster in clusters
        )

    def _leaf(self, rows: Rows) -> _Leaf:
        near = self.distances[rows]
        sums = []
        for candidate in self.candidates:
            bins = candidate.bins[rows]
            columns = [np.bincount(bins, weights=column, minlength=candidate.size) for column in near.T]
            sums.append(np.column_stack([*columns, np.bincount(bins, minlength=candidate.size)]))
        return _Leaf(rows, tuple(sums), int(np.argmin(near.sum(axis=0))))

    def _best(self, open_leaves: dict[str, _Leaf]) -> _Choice | None:
        clusters = self.distances.shape[1]
        best: _Choice | None = None
        for path in sorted(open_leaves):
            if len(path) >= self.depth:
                continue
            leaf = open_leaves[path]
            taken = np.bincount([other.cluster for p, other in open_leaves.items() if p != path], minlength=clusters)
            for candidate, sums in zip(self.candidates, leaf.sums, strict=True):
                choice = self._of_candidate(path, leaf, candidate, sums, taken)
                if choice is not None and (best is None or choice.gain > best.gain):
                    best = choice
        return best

    def _of_candidate(self, path: str, leaf: _Leaf, candidate: Candidate, sums: Matrix, taken: Rows) -> _Choice | None:
        inside = questions(candidate)
        parts = inside.astype(np.float64) @ sums
        rest = sums.sum(axis=0) - parts
        left, right = parts[:, :-1].argmin(axis=1), rest[:, :-1].argmin(axis=1)
        room = self.leaves_a_cluster - taken
        allowed = (room[left] >= 1) & (room[right] >= 1 + (left == right)) & (left != right)
        allowed &= (parts[:, -1] >= self.smallest) & (rest[:, -1] >= self.smallest)
        costs = parts[:, :-1].min(axis=1) + rest[:, :-1].min(axis=1)
        gains = np.where(allowed, sums[:, :-1].sum(axis=0).min() - costs, -1.0)
        best = int(np.argmax(gains))
        if gains[best] <= 0:
            return None
        chosen = inside[best]
        return _Choice(float(gains[best]), path, candidate.condition(chosen), chosen[candidate.bins[leaf.rows]])


def questions(candidate: Candidate) -> npt.NDArray[np.bool_]:
    """(questions, size): the bins inside each question about a column: every threshold, every one to three levels."""
    if candidate.thresholds:
        return np.arange(candidate.size) >= np.arange(1, candidate.size)[:, None]
    levels = range(candidate.size - 1)
    most = min(MOST_NAMED, max(candidate.size - 2, 1))
    named = [chosen for number in range(1, most + 1) for chosen in combinations(levels, number)]
    inside = np.zeros((len(named), candidate.size), dtype=np.bool_)
    for row, chosen in zip(inside, named, strict=True):
        row[list(chosen)] = True
    return inside
