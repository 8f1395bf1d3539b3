"""The intent index: points for every feature, which add up to how likely an account's pipeline is.

Belongs here: the fitted scorecard as an expression over accounts, and as a table that people read.
Does not: how the points come about (cross_fit.py).

Source: additive scorecards with points to double the odds, Siddiqi 2006.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from operator import add
from typing import Any, Self

import polars as pl

from seg_assets.catalogs import Kind
from seg_assets.segmentation.intent.bins import FIRST, MISSING, NOTHING, Bins
from seg_assets.segmentation.serialise import from_values, to_values

INTENT = "intent"
NEUTRAL = 50
POINTS_TO_DOUBLE = 10


@dataclass(frozen=True)
class Item:
    """What one feature adds. tenths: tenths of a point a code of `bins`; shares: of the accounts it was fitted on."""

    bins: Bins
    tenths: tuple[int, ...]
    shares: tuple[float, ...]

    def expression(self) -> pl.Expr:
        """Tenths of a point as Int32, never null: those of the code that `bins` gives the account.

        A step of points at each threshold that is reached adds up to them in a third of the time of looking them up.
        """
        bins, tenths = self.bins, [pl.lit(value, dtype=pl.Int32) for value in self.tenths]
        column = pl.col(bins.feature)
        if bins.levels:
            found = self.tenths[FIRST:]
            known = column.replace_strict(list(bins.levels), found[:-1], default=found[-1], return_dtype=pl.Int32)
        else:
            column = column.cast(pl.Float64).fill_nan(None)
            rises = [high - low for low, high in pairwise(tenths[FIRST:])]
            reached = [(column >= step).cast(pl.Int32) for step in bins.thresholds]
            known = reduce(add, (r * rise for r, rise in zip(reached, rises, strict=True)), tenths[FIRST])
        earned = pl.when(column.is_null()).then(tenths[MISSING]).otherwise(known)
        if bins.gate is not None:
            earned = pl.when(pl.col(bins.gate).fill_null(True)).then(earned).otherwise(tenths[NOTHING])
        return earned.alias(bins.feature)


@dataclass(frozen=True)
class IntentIndex:
    """A scorecard. 50 is `anchor_odds` of converting, each ten points more are twice the odds, each ten less half.

    base_tenths: tenths of a point of an account that is average in every feature; slope, intercept: what calibration
    on accounts that were not learned from did to the log odds, contained in the points; excluded: features left out
    because each alone told who would convert, which nothing honest does, with their AUC.
    """

    anchor_odds: float
    base_tenths: int
    items: tuple[Item, ...]
    slope: float
    intercept: float
    excluded: tuple[tuple[str, float], ...]

    @property
    def required_columns(self) -> tuple[str, ...]:
        """The columns that the expression reads, sorted."""
        gates = {item.bins.gate for item in self.items if item.bins.gate is not None}
        return tuple(sorted(gates | {item.bins.feature for item in self.items}))

    def expression(self) -> pl.Expr:
        """The index as Float64 whole numbers 0 to 100, never null, named `intent`.

        Sums whole tenths, so that every engine and every order of adding gives the same; halves are rounded up.
        """
        tenths = pl.sum_horizontal([pl.lit(self.base_tenths, dtype=pl.Int32), *(i.expression() for i in self.items)])
        return ((tenths + 5) // 10).clip(0, 100).cast(pl.Float64).alias(INTENT)

    def probability(self, points: pl.Expr) -> pl.Expr:
        """The probability of converting within the horizon that an index of `points` stands for."""
        odds = self.anchor_odds * (2.0 ** ((points - NEUTRAL) / POINTS_TO_DOUBLE))
        return odds / (1 + odds)

    def scorecard(self) -> pl.DataFrame:
        """A row per feature and value: feature, value, points (against the average account), accounts (share).

        The first row, with feature `base`, is where every account starts. Features in order of how much they tell.
        """
        rows = [("base", "every account", self.base_tenths / 10, 1.0)]
        for item in self.items:
            said = _values(item.bins)
            rows += [
                (item.bins.feature, said[code], item.tenths[code] / 10, item.shares[code])
                for code in (*range(FIRST, item.bins.size), MISSING)
                if item.shares[code] > 0
            ]
        schema = {"feature": pl.String, "value": pl.String, "points": pl.Float64, "accounts": pl.Float64}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def to_dict(self) -> dict[str, Any]:
        """Dicts, lists and scalars that JSON can hold."""
        values: dict[str, Any] = to_values(self)
        return values

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """What `to_dict` gave. Raises ValueError for another shape."""
        return from_values(cls, values)


def _values(bins: Bins) -> dict[int, str]:
    """What the accounts of each code have, in words."""
    said = {MISSING: "missing"}
    if bins.kind is Kind.BOOLEAN:
        return said | {FIRST: "no", FIRST + 1: "yes"}
    if bins.levels:
        return said | {FIRST + n: level for n, level in enumerate([*bins.levels, "any other"])}
    steps = [f"{step:,.15g}" for step in bins.thresholds]
    said[FIRST] = f"below {steps[0]}"
    for place, (low, high) in enumerate(pairwise(steps), start=1):
        said[FIRST + place] = f"{low} to below {high}"
    said[bins.size - 1] = f"{steps[-1]} and more"
    return said
