"""Segments that convert alike and yet want something else: what no ranking by intent would tell apart.

Belongs here: finding such pairs and saying them. Does not: rates (rates.py), plays (plays.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log

from seg_assets.segmentation.portrait_space import INDICES_APART, needs_apart
from seg_assets.segmentation.rates import Rate


@dataclass(frozen=True)
class OtherNeed:
    """Two segments by position, and the indices in which they stand apart, farthest first."""

    one: int
    other: int
    indices: tuple[str, ...]


def similar_conversion_other_need(
    rates: Sequence[Rate | None],
    plays: Sequence[str | None],
    needs: Sequence[Mapping[str, float]],
    *,
    rate_ratio: float,
    deviations: float,
) -> tuple[OtherNeed, ...]:
    """The pairs of segments of similar conversion that differ in need and play, in order of position.

    Similar: rates within `rate_ratio` of each other, or intervals that overlap. Other play: both have one. Other need:
    two indices (intent is none: PortraitSpace.need) or more stand `deviations` standard deviations apart or more.
    """
    found = []
    for one, other in combinations(range(len(rates)), 2):
        apart = needs_apart(needs[one], needs[other], deviations)
        both_play = plays[one] is not None and plays[other] is not None and plays[one] != plays[other]
        if both_play and len(apart) >= INDICES_APART and _similar(rates[one], rates[other], rate_ratio):
            found.append(OtherNeed(one, other, tuple(apart)))
    return tuple(found)


def _similar(one: Rate | None, other: Rate | None, rate_ratio: float) -> bool:
    if one is None or other is None:
        return False
    return one.share.overlaps(other.share) or abs(log(one.times(other).value)) <= log(rate_ratio)
