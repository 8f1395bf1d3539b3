"""Kinds of account that came since the refresh before, to be segments of their own.

Belongs here: finding where in the champion's segments accounts of a new kind have come together.
Does not: growing the tree with them (growing.py), accounts that change their ways (damping.py).

Why not by explained variance alone: a tenth of all accounts, of a kind never seen before, fell into a segment of the
champion's that is wide anyway. A further split of another segment explained a little more, with and without them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    Several splits may part one; taken is the one that tells most of all accounts, not one that only dates them.
    """
    smallest = int(np.ceil(MARGIN * smallest_share * len(labels)))
    found = {}
    for path, leaf in leaves.items():
        rows = np.flatnonzero(labels == leaf)
        if arrived[rows].sum() < smallest:
            continue
        best, most = None, LEAST_TOLD
        for target, candidate in product((points, arrived[:, None].astype(np.float64)), candidates):
            split = SplitSearch.of([candidate], target).best(rows, smallest)
            if split is None:
                continue
            inside = split.inside[candidate.bins[rows]]
            told = candidate.worth * _told_apart(points[rows], inside)
            if told > most and _is_a_kind(arrived[rows], inside):
                best, most = split, told
        if best is not None:
            found[path] = best.candidate.condition(best.inside)
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
