"""Kinds of account that came since the refresh before, to be segments of their own.

Belongs here: finding where in the champion's segments accounts of a new kind have come together.
Does not: growing the tree with them (growing.py), accounts that change their ways (damping.py).

Why not by explained variance alone: a tenth of all accounts, of a kind never seen before, fell into a segment of the
champion's that is wide anyway. A further split of another segment explained a little more, with and without them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.candidates import Candidate
from seg_assets.segmentation.clustering import Labels
from seg_assets.segmentation.definitions import Condition
from seg_assets.segmentation.events import SURVIVES
from seg_assets.segmentation.intent.additive_fit import Flags
from seg_assets.segmentation.split_search import SplitSearch, gain
from seg_assets.segmentation.tree import MARGIN

# Of the accounts in a new segment, and of the newcomers in the segment that it comes from.
MAJORITY = 0.5
# Of the squares of what segments are alike in: what parts accounts without telling more of them only dates them.
LEAST_TOLD = 0.1
# Of what the most telling of several splits tells. Newcomers are parted best by their age, which tells less of them.
NEARLY_AS_TELLING = 0.75


@dataclass(frozen=True, eq=False)
class _Kind:
    """A split that parts a new kind. told: the share of what segments are alike in that it tells; parted: its
    correlation with who has come; both times the candidate's worth.
    """

    condition: Condition
    told: float
    parted: float


def new_kinds(
    candidates: Sequence[Candidate],
    points: Matrix,
    leaves: Mapping[str, int],
    labels: Labels,
    arrived: Flags,
    smallest_share: float,
) -> dict[str, Condition]:
    """The split, by path, of each of the champion's leaves in which newcomers are a kind of their own.

    points: (n, axes), what segments are alike in; leaves: path to position of the leaves that may be split; labels:
    (n,) the leaf of each row by position; arrived: (n,) whether the account is new. A kind is large enough for a
    segment, most of it has arrived, most newcomers of the leaf are of it, and the leaf keeps 0.7 of who was known.
    Several splits may part one. Of those that tell nearly as much of all accounts as any, the one that parts best who
    has come is taken: the most telling one is a matter of chance, and draws other borders in the next sample.
    """
    smallest = int(np.ceil(MARGIN * smallest_share * len(labels)))
    found = {}
    for path, leaf in leaves.items():
        rows = np.flatnonzero(labels == leaf)
        if arrived[rows].sum() < smallest:
            continue
        kinds = _kinds(candidates, points[rows], arrived[rows], rows, smallest)
        most = max((kind.told for kind in kinds), default=0.0)
        telling = [kind for kind in kinds if kind.told >= NEARLY_AS_TELLING * most]
        if telling:
            found[path] = max(telling, key=lambda kind: kind.parted).condition
    return found


def _kinds(candidates: Sequence[Candidate], points: Matrix, arrived: Flags, rows: Labels, smallest: int) -> list[_Kind]:
    """The splits of one leaf that part a new kind. rows: (m,) of the candidates' bins; points, arrived: of those."""
    asked = [replace(candidate, bins=candidate.bins[rows]) for candidate in candidates]
    found = []
    for target, candidate in product((points, arrived[:, None].astype(np.float64)), asked):
        split = SplitSearch.of([candidate], target).best(np.arange(len(rows)), smallest)
        if split is None:
            continue
        inside = split.inside[candidate.bins]
        told = candidate.worth * _told_apart(points, inside)
        if told > LEAST_TOLD and _is_a_kind(arrived, inside):
            parted = candidate.worth * abs(float(np.corrcoef(arrived, inside)[0, 1]))
            found.append(_Kind(candidate.condition(split.inside), told, parted))
    return found


def _is_a_kind(arrived: Flags, inside: Flags) -> bool:
    """Whether one side is mostly newcomers, has most of them, and leaves the segment most of those it had."""
    side = max((inside, ~inside), key=lambda part: float(arrived[part].mean()))
    newcomers, known = arrived[side].sum(), (~arrived[side]).sum()
    return bool(
        newcomers > MAJORITY * side.sum()
        and newcomers > MAJORITY * arrived.sum()
        and known <= (1 - SURVIVES) * (~arrived).sum()
    )


def _told_apart(points: Matrix, inside: Flags) -> float:
    """The share of the squares of `points` that a split explains."""
    part, count, whole = points[inside].sum(axis=0), float(inside.sum()), points.sum(axis=0)
    squares = float(((points - whole / len(points)) ** 2).sum())
    return float(gain(part, count, whole, float(len(points)))) / squares if squares > 0 else 0.0
