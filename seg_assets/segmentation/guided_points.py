"""Where accounts stand when alikeness and pipeline both count: the points that guided segments are made of.

Belongs here: the axes of likeness, the intent axis beside them, its weight, how much of the segments it makes.
Does not: the index itself (intent/), growing the tree (tree.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from seg_assets.segmentation.balance import Matrix, principal_axes
from seg_assets.segmentation.candidates import Candidate
from seg_assets.segmentation.clustering import Labels
from seg_assets.segmentation.intent.index import INTENT, NEUTRAL, POINTS_TO_DOUBLE

Vector = npt.NDArray[np.float64]
Grown = TypeVar("Grown")

SMALLEST_AXIS = 0.5
AXES_A_GROUP = 2
HIGHEST = 100
# More, and segments are deciles of intent in costume.
INTENT_SHARE_AT_MOST = 0.40
# A weight in force stays while its share is this near: segments must not change shape for a hundredth.
CHAMPION_TOLERANCE = 0.03
WEIGHTS = (3.0, 2.75, 2.5, 2.25, 2.0, 1.75, 1.5, 1.25, 1.0, 0.75, 0.5, 0.25)


@dataclass(frozen=True)
class Guided(Generic[Grown]):
    """What was grown with the intent axis at `weight`; intent_share: of the variance between its segments."""

    grown: Grown
    weight: float
    intent_share: float


def likeness_axes(points: Matrix, groups: int) -> Matrix:
    """(n, axes): the strongest axes of `points` (n, coordinates): what segments should be alike in.

    groups: how many the coordinates belong to. Balanced, each group's own strongest axis has variance 1; an axis of all
    with less than half of that is a single level or feature, and alikeness in it is no one's idea of a segment. At
    least two axes where there are two, at most two a group: groups of unrelated features have no end of axes that are
    equally strong. Raises ValueError where the points do not vary.
    """
    variances, axes = principal_axes(points)
    if variances[0] <= 0:
        raise ValueError("no usable features: every account of the snapshot is the same; check the landing tables")
    strong, most = int((variances >= SMALLEST_AXIS).sum()), min(AXES_A_GROUP * groups, int((variances > 0).sum()))
    count = min(max(strong, 2), most)
    projected: Matrix = np.round((points - points.mean(axis=0)) @ axes[:, :count], 9)
    return projected


def intent_axis(intent: Vector, anchor_odds: float, likeness: Matrix) -> Vector:
    """(n,) the intent index as an axis on which equal squares are equal losses of AUC, centred.

    intent: (n,) whole points, of accounts that the index has not learned from; likeness: (n, axes). Its variance is
    that of the strongest axis of likeness. The step from one point to the next is sqrt(dF dp): F is the share of
    accounts, p the probability that the points stand for. Why: accounts that share a segment can no longer be ranked.
    A segment of width x costs the AUC f(x) f(x) p'(x) x^3 / 6 (pairs times their mean difference in p), and a sum of
    squares on an axis u costs f(x) u'(x)^2 x^3 / 12; the two are in proportion where u' = sqrt(f p').
    """
    points = intent.astype(np.intp)
    shares = np.bincount(points, minlength=HIGHEST + 1) / len(points)
    odds = anchor_odds * 2.0 ** ((np.arange(HIGHEST + 1) - NEUTRAL) / POINTS_TO_DOUBLE)
    steps = np.sqrt((shares[1:] + shares[:-1]) / 2 * np.diff(odds / (1 + odds)))
    place = np.concatenate([[0.0], np.cumsum(steps)])[points]
    deviation = float(place.std())
    scale = float(np.sqrt(likeness.var(axis=0).max())) / deviation if deviation > 0 else 0.0
    axis: Vector = np.round((place - place.mean()) * scale, 9)
    return axis


def guided_points(likeness: Matrix, axis: Vector, weight: float) -> Matrix:
    """(n, axes + 1): the axes of likeness and, last, the intent axis times `weight`."""
    return np.column_stack([likeness, weight * axis])


def intent_share(likeness: Matrix, axis: Vector, labels: Labels) -> float:
    """The share of the variance between segments that lies along the intent axis at weight 1; 0 for one segment.

    labels: (n,) the segment of each account.
    """
    _, codes = np.unique(labels, return_inverse=True)
    points = guided_points(likeness, axis, 1.0)
    counts = np.bincount(codes)
    means = np.column_stack([np.bincount(codes, points[:, place]) for place in range(points.shape[1])])
    between = (counts[:, None] * (means / counts[:, None] - points.mean(axis=0)) ** 2).sum(axis=0)
    return float(between[-1] / between.sum()) if between.sum() > 0 else 0.0


def guided_candidates(candidates: Sequence[Candidate], intent: Vector, last_index: str | None) -> list[Candidate]:
    """`candidates` and the intent index as one more, right after the index `last_index` (first where there is none).

    intent: (n,) whole points of the same rows, of accounts that the index has not learned from.
    """
    steps = tuple(float(point) for point in range(1, HIGHEST + 1))
    asked = Candidate(INTENT, intent.astype(np.uint8), thresholds=steps)
    place = next((n + 1 for n, candidate in enumerate(candidates) if candidate.column == last_index), 0)
    return [*candidates[:place], asked, *candidates[place:]]


def guided(
    grow: Callable[[Matrix], tuple[Grown, Labels]], likeness: Matrix, axis: Vector, champion: float | None = None
) -> Guided[Grown]:
    """What `grow` makes with as much intent as there may be: the highest weight whose share is at most 0.40.

    grow: guided points to what is grown, and its segment of each account; champion: the weight in force, which stays
    while its share is at most 0.43. The smallest weight is taken where none is within the limit.
    """
    weights = WEIGHTS if champion is None else (champion, *WEIGHTS)
    found = Guided(*_tried(grow, likeness, axis, weights[0]))
    limit = INTENT_SHARE_AT_MOST if champion is None else INTENT_SHARE_AT_MOST + CHAMPION_TOLERANCE
    for weight in weights[1:]:
        if found.intent_share <= limit:
            return found
        found, limit = Guided(*_tried(grow, likeness, axis, weight)), INTENT_SHARE_AT_MOST
    return found


def _tried(
    grow: Callable[[Matrix], tuple[Grown, Labels]], likeness: Matrix, axis: Vector, weight: float
) -> tuple[Grown, float, float]:
    grown, labels = grow(guided_points(likeness, axis, weight))
    return grown, weight, intent_share(likeness, axis, labels)
