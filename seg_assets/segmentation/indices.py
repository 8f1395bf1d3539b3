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
# Ten points of intent are twice the odds: six are half as many again.
INTENT_LOW, INTENT_HIGH = NEUTRAL - 6.0, NEUTRAL + 6.0


@dataclass(frozen=True)
class SpokenIndex:
    """How an index is spoken of: low where a mean is at most `low_until`, high from `high_from` on."""

    name: str
    title: str
    low: str
    middle: str
    high: str
    low_until: float = LOW
    high_from: float = HIGH

    def is_middling(self, mean: float) -> bool:
        """Whether `mean`, 0 to 100, is neither low nor high."""
        return self.low_until < mean < self.high_from

    def word(self, mean: float) -> str:
        """What accounts whose mean is `mean` are called; "" where the catalogue leaves that unsaid."""
        if self.is_middling(mean):
            return self.middle
        return self.low if mean <= self.low_until else self.high


SPOKEN_INTENT = SpokenIndex(INTENT, "intent", "low intent", "some intent", "high intent", INTENT_LOW, INTENT_HIGH)


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
