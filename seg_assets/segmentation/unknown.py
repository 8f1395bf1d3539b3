"""Whether the value that a condition asks for is unknown of an account: too much of what makes it up is missing.

Belongs here: what an index, the intent index or a feature is made of, and how much of that is observed.
Does not: what missing values count as (definitions.py, composite.py), who is measurable (known.py).
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from functools import reduce
from math import sqrt

import polars as pl

from seg_assets.segmentation.indices import IndexSet
from seg_assets.segmentation.intent.index import INTENT, Item


@dataclass(frozen=True)
class Making:
    """A feature that a value is made of. weight: a whole number, beside those of the value's other makings; gate: the
    column that says whether the feature applies to the account, None where it always does.
    """

    feature: str
    gate: str | None
    weight: int


def makings(column: str, indices: IndexSet) -> tuple[Making, ...]:
    """What `column`, an index or a feature, is made of.

    Weights: of a composite's features their hundredths; of intent's the standard deviation of their points over
    accounts, in tenths; a feature is made of itself.
    """
    gates = {scale.feature: scale.gate for scale in indices.reference.scales}
    if column == INTENT and indices.intent is not None:
        return tuple(Making(item.bins.feature, item.bins.gate, _spread(item)) for item in indices.intent.items)
    for index in indices.reference.indices:
        if index.name == column:
            return tuple(Making(c.feature, gates[c.feature], abs(c.hundredths)) for c in index.contributions)
    return (Making(column, gates.get(column), 1),)


def unknown(made_of: tuple[Making, ...]) -> pl.Expr:
    """Whether features with more than half of the weight are missing: Boolean, never null.

    A feature that does not apply to the account is not missing: that is known of it.
    """
    missing = [pl.when(_is_missing(making)).then(2 * making.weight).otherwise(0) for making in made_of]
    return reduce(operator.add, missing, pl.lit(0)) > sum(making.weight for making in made_of)


def _is_missing(making: Making) -> pl.Expr:
    null = pl.col(making.feature).is_null()
    return null if making.gate is None else null & pl.col(making.gate).fill_null(True)


def _spread(item: Item) -> int:
    return round(sqrt(sum(share * tenths**2 for share, tenths in zip(item.shares, item.tenths, strict=True))))
