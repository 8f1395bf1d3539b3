"""Where segments and accounts stand, in units that can be compared: standard deviations between accounts.

Belongs here: indices and levels as axes of equal weight, portraits as points, how far an account is from one.
Does not: who is near whom (siblings.py, typical_accounts.py), the axes that segments are grown on (growing.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import sqrt

import numpy as np
import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.indices import IndexSet
from seg_assets.segmentation.intent.index import INTENT
from seg_assets.segmentation.portraits import Portrait, together
from seg_assets.segmentation.scoring import looked_up

# A level of fewer accounts counts as if it had so many: the rarest must not be the longest axis.
RAREST = 0.03
DIGITS = 9
# Segments want something else where they stand clearly apart in so many indices.
INDICES_APART = 2


@dataclass(frozen=True)
class Axis:
    """An index, or one level of a naming feature. unit: what one standard deviation, or its part of one, is."""

    column: str
    level: str | None
    unit: float

    def place(self, portrait: Portrait) -> float:
        """Where the segment stands."""
        if self.level is None:
            return portrait.indices[self.column] / self.unit
        return portrait.levels.get(self.column, {}).get(self.level, 0.0) / self.unit

    def expression(self) -> pl.Expr:
        """Where an account with features and indices stands: Float64; a level that is not known is none of them."""
        if self.level is None:
            return pl.col(self.column) / self.unit
        return (pl.col(self.column).cast(pl.String) == self.level).fill_null(False).cast(pl.Float64) / self.unit


@dataclass(frozen=True)
class PortraitSpace:
    """An axis an index, and as much as one index for all levels of a naming feature together."""

    axes: tuple[Axis, ...]

    @classmethod
    def of(
        cls, frame: pl.DataFrame, portraits: Sequence[Portrait], catalogue: Catalogue, indices: IndexSet
    ) -> PortraitSpace:
        """The space of the accounts in `frame`, which has features and indices; what does not vary has no axis.

        An indicator of a level with share m counts `1 / sqrt(m (L - 1))` of L levels: together they have the variance
        of one standardised number (Greenacre 1984: the inertia of L levels is L - 1).
        """
        deviations = frame.select(pl.col(list(indices.names)).std(ddof=0)).row(0) if indices.names else ()
        axes = [
            Axis(name, None, round(float(deviation), DIGITS))
            for name, deviation in zip(indices.names, deviations, strict=True)
            if deviation and deviation > 0
        ]
        everyone = together(portraits)
        for feature in catalogue.name_features:
            shares = {level: share for level, share in everyone.levels.get(feature, {}).items() if share > 0}
            axes += [
                Axis(feature, level, round(sqrt(max(shares[level], RAREST) * (len(shares) - 1)), DIGITS))
                for level in sorted(shares)
                if len(shares) > 1
            ]
        return cls(tuple(axes))

    def places(self, portraits: Sequence[Portrait]) -> Matrix:
        """(segments, axes)."""
        values = [[axis.place(portrait) for axis in self.axes] for portrait in portraits]
        found: Matrix = np.round(np.array(values, dtype=np.float64).reshape(len(portraits), len(self.axes)), DIGITS)
        return found

    def distance(self, portraits: Sequence[Portrait], segment: pl.Expr) -> pl.Expr:
        """How far each account is from the place of its `segment` (by position), squared, as Float64."""
        places = self.places(portraits)
        squares = [
            (axis.expression() - looked_up(places[:, number].tolist(), segment, pl.Float64)) ** 2
            for number, axis in enumerate(self.axes)
        ]
        return reduce(lambda left, right: left + right, squares, pl.lit(0.0)).round(DIGITS)

    def need(self, portrait: Portrait) -> dict[str, float]:
        """Where the segment stands in each index but intent: what its accounts are like, not how near to buying."""
        return {axis.column: axis.place(portrait) for axis in self.axes if axis.level is None and axis.column != INTENT}


def needs_apart(one: Mapping[str, float], other: Mapping[str, float], least: float) -> list[str]:
    """The indices in which two segments stand `least` standard deviations apart or more, farthest first."""
    away = {name: round(abs(place - other[name]), 6) for name, place in one.items()}
    return sorted((name for name, size in away.items() if size >= least), key=lambda name: (-away[name], name))
