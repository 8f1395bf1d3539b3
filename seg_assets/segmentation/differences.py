"""What sets a segment apart from everyone else, in units and words.

Belongs here: ranking features by how different a segment is, and saying the largest differences.
Does not: the figures themselves (portraits.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from seg_assets.segmentation.portraits import Portrait, everyone_else
from seg_assets.segmentation.wording import Vocabulary, level_words, quantity

TOLD = 5


@dataclass(frozen=True)
class Difference:
    """size: in standard deviations, signed; text: both sides in the feature's unit."""

    feature: str
    size: float
    text: str


def differences(portraits: Sequence[Portrait], segment: int, vocabulary: Vocabulary, told: int = TOLD) -> list[str]:
    """The `told` largest differences between the segment and all other accounts, one a feature."""
    own, rest = portraits[segment], everyone_else(portraits, segment)
    found = _of_numbers(own, rest, vocabulary) + _of_levels(own, rest, vocabulary)
    return [d.text for d in sorted(found, key=lambda d: (-abs(d.size), d.feature))[:told]]


def _of_numbers(own: Portrait, rest: Portrait, vocabulary: Vocabulary) -> list[Difference]:
    found = []
    for feature, standing in own.standings.items():
        if not own.known[feature] or not rest.known.get(feature):
            continue
        term = vocabulary.term(feature)
        here, there = (quantity(float(f"{p.numbers[feature]:.3g}"), term.unit) for p in (own, rest))
        size = standing - rest.standings[feature]
        found.append(Difference(feature, round(size, 6), f"{term.title} {here} on average (elsewhere {there})"))
    return found


def _of_levels(own: Portrait, rest: Portrait, vocabulary: Vocabulary) -> list[Difference]:
    """The level whose share differs most, in standard deviations of its indicator over all accounts."""
    found = []
    for feature, levels in own.levels.items():
        everywhere = dict.fromkeys((*levels, *rest.levels.get(feature, {})))
        sizes = []
        for level in everywhere:
            if level == "false":
                continue
            here, there = levels.get(level, 0.0), rest.levels.get(feature, {}).get(level, 0.0)
            p = own.share * here + (1 - own.share) * there
            if 0 < p < 1:
                sizes.append((abs(here - there) / sqrt(p * (1 - p)), level, here, there))
        if not sizes:
            continue
        size, level, here, there = max(sizes)
        title = vocabulary.term(feature).title
        what = title if level == "true" else f"{title} {level_words(level)}"
        text = f"{what} {100 * here:.0f} % (elsewhere {100 * there:.0f} %)"
        found.append(Difference(feature, round(size, 6), text))
    return found
