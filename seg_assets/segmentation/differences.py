"""What sets a segment apart from other accounts, in units and words.

Belongs here: ranking features by how different a segment is, and saying the largest differences.
Does not: the figures themselves (portraits.py), which segment to compare with (siblings.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import sqrt

from seg_assets.segmentation.indices import IndexSet
from seg_assets.segmentation.portraits import Portrait
from seg_assets.segmentation.wording import Vocabulary, level_words, quantity

FROM_OTHERS, FROM_SIBLING = 5, 3
# A mean of few of the accounts is not what the accounts are like.
MOST_KNOWN = 0.5


@dataclass(frozen=True)
class Difference:
    """size: in standard deviations, signed; text: both sides in the feature's unit."""

    feature: str
    size: float
    text: str


def topics(indices: IndexSet) -> dict[str, str]:
    """The index that sums up each feature: two features of one index say much the same."""
    return {c.feature: index.name for index in indices.reference.indices for c in index.contributions}


def differences(
    own: Portrait,
    rest: Portrait,
    vocabulary: Vocabulary,
    topic: Mapping[str, str],
    *,
    beside: str,
    told: int,
    but: Collection[str] = (),
) -> list[str]:
    """The `told` largest differences between a segment and `rest`, which texts call `beside`, one a feature.

    topic: as `topics` gives it; a second feature of a topic waits until every topic has had its say. Left out are the
    features in `but`, and those that less than half of the accounts of either side have.
    """
    found = _of_numbers(own, rest, vocabulary, beside) + _of_levels(own, rest, vocabulary, beside)
    found = [d for d in found if d.feature not in but]
    found = [d for d in found if _mostly_known(own, d.feature) and _mostly_known(rest, d.feature)]
    ranked = sorted(found, key=lambda d: (-abs(d.size), d.feature))
    first: dict[str, Difference] = {}
    for difference in ranked:
        first.setdefault(topic.get(difference.feature, difference.feature), difference)
    second = [difference for difference in ranked if difference not in first.values()]
    chosen = [*first.values(), *second][:told]
    return [difference.text for difference in ranked if difference in chosen]


def _mostly_known(portrait: Portrait, feature: str) -> bool:
    return portrait.known.get(feature, 0) >= MOST_KNOWN * portrait.accounts and portrait.accounts > 0


def _of_numbers(own: Portrait, rest: Portrait, vocabulary: Vocabulary, beside: str) -> list[Difference]:
    found = []
    for feature, standing in own.standings.items():
        if not own.known[feature] or not rest.known.get(feature):
            continue
        term = vocabulary.term(feature)
        here, there = (quantity(_rounded(p.numbers[feature]), term.unit) for p in (own, rest))
        size = standing - rest.standings[feature]
        found.append(Difference(feature, round(size, 6), f"{term.title} {here} on average ({beside} {there})"))
    return found


def _rounded(mean: float) -> float:
    """Three digits, two of a small number: 56,200 and 26.6, but 0.2 demo requests."""
    return float(f"{mean:.3g}") if abs(mean) >= 10 else float(f"{mean:.2g}")


def _of_levels(own: Portrait, rest: Portrait, vocabulary: Vocabulary, beside: str) -> list[Difference]:
    """The level whose share differs most, in standard deviations of its indicator over both."""
    found = []
    both = own.accounts + rest.accounts
    for feature, levels in own.levels.items():
        everywhere = dict.fromkeys((*levels, *rest.levels.get(feature, {})))
        sizes = []
        for level in everywhere:
            if level == "false":
                continue
            here, there = levels.get(level, 0.0), rest.levels.get(feature, {}).get(level, 0.0)
            p = (own.accounts * here + rest.accounts * there) / both
            if 0 < p < 1:
                sizes.append((abs(here - there) / sqrt(p * (1 - p)), level, here, there))
        if not sizes:
            continue
        size, level, here, there = max(sizes)
        title = vocabulary.term(feature).title
        what = title if level == "true" else f"{title}: {level_words(level)}"
        text = f"{what} {100 * here:.0f} % ({beside} {100 * there:.0f} %)"
        found.append(Difference(feature, round(size, 6), text))
    return found
