"""Every index that segments can be told by: the reference's composites and, where labels have matured, intent.

Belongs here: both kinds as one set: expressions, words, what accounts they apply to.
Does not: how either is fitted (composite.py, intent/), what is said with them (names.py, wording.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from seg_assets.segmentation.intent.index import INTENT, NEUTRAL, IntentIndex
from seg_assets.segmentation.reference import Reference

# A composite is a rank among accounts: a third of them are low, a third high.
LOW, HIGH = 33.0, 67.0
# Ten points of intent are twice the odds: six are half as many again, sixteen three times as many.
INTENT_NEAR, INTENT_FAR = 6.0, 16.0


@dataclass(frozen=True)
class SpokenIndex:
    """How an index is spoken of: low where a mean is at most `low_until`, high from `high_from` on.

    extremes: up to where and from where on an index without a known scale is `very low ...` and `very high ...`.
    """

    name: str
    title: str
    low: str
    middle: str
    high: str
    low_until: float = LOW
    high_from: float = HIGH
    extremes: tuple[float, float] | None = None

    def is_middling(self, mean: float) -> bool:
        """Whether `mean`, 0 to 100, is neither low nor high."""
        return self.low_until < mean < self.high_from

    def word(self, mean: float, side: float = 0.0) -> str:
        """What accounts whose mean is `mean` are called; "" where the catalogue leaves that unsaid.

        side: -1 where they were asked to be below something, 1 where at least: then half as far from the middle of
        the scale is low or high.
        """
        low = (self.low_until + NEUTRAL) / 2 if side < 0 else self.low_until
        high = (self.high_from + NEUTRAL) / 2 if side > 0 else self.high_from
        if low < mean < high:
            return self.middle
        found = self.low if mean <= low else self.high
        outside = self.extremes is not None and not self.extremes[0] < mean < self.extremes[1]
        return f"very {found}" if outside else found


SPOKEN_INTENT = SpokenIndex(
    INTENT,
    "intent",
    low="low intent",
    middle="medium intent",
    high="high intent",
    low_until=NEUTRAL - INTENT_NEAR,
    high_from=NEUTRAL + INTENT_NEAR,
    extremes=(NEUTRAL - INTENT_FAR, NEUTRAL + INTENT_FAR),
)


@dataclass(frozen=True)
class IndexSet:
    """The indices of one segmentation."""

    reference: Reference
    intent: IntentIndex | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Their columns; intent, where there is one, is the last."""
        return tuple(index.name for index in self.spoken)

    @property
    def spoken(self) -> tuple[SpokenIndex, ...]:
        """Their words, in the same order."""
        composites = tuple(SpokenIndex(i.name, i.title, i.low, i.middle, i.high) for i in self.reference.indices)
        return composites if self.intent is None else (*composites, SPOKEN_INTENT)

    @property
    def required_columns(self) -> tuple[str, ...]:
        """The columns that the expressions (and the reference's `unusual`) read, sorted."""
        intent = () if self.intent is None else self.intent.required_columns
        return tuple(sorted({*self.reference.required_columns(), *intent}))

    def expressions(self) -> list[pl.Expr]:
        """An expression an index: Float64 whole numbers 0 to 100, never null."""
        composites = self.reference.index_expressions()
        return composites if self.intent is None else [*composites, self.intent.expression()]

    def applies(self) -> dict[str, pl.Expr]:
        """Whether each index says anything about an account: whether the group of any of its features applies."""
        gates = {scale.feature: scale.applies() for scale in self.reference.scales}
        found = {
            index.name: pl.any_horizontal([gates[c.feature] for c in index.contributions])
            for index in self.reference.indices
        }
        return found if self.intent is None else found | {INTENT: pl.lit(True)}
