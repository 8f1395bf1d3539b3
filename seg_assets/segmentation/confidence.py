"""How sure it is that an account's segment will be the same at the next scoring.

Belongs here: the distance to a definition in weeks' noise, and the table from distance to probability.
Does not: probabilities of conversion. Confidence says nothing about how good an account is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from seg_assets.segmentation.definitions import Condition, Test
from seg_assets.segmentation.serialise import stable

# Levels and missing values have no distance: they count as far as anything is told apart.
FAR = 10.0
BINS = 10
# Before two snapshots have landed: what an index of several counts usually moves in a week.
USUAL_NOISE_OF_AN_INDEX = 4.0
SMALLEST_NOISE_OF_AN_INDEX = 0.5


@dataclass(frozen=True)
class Noise:
    """How much the values of one index or feature move in a week, as a standard deviation in its unit."""

    column: str
    weekly: float


@dataclass(frozen=True)
class Confidence:
    """A monotone table, frozen with the definitions.

    noise: of every column with thresholds; edges: margins at which the next probability begins, rising;
    chances: one more than edges, never falling; empty before two snapshots have landed: confidence is unknown then.
    """

    noise: tuple[Noise, ...]
    edges: tuple[float, ...] = ()
    chances: tuple[float, ...] = ()

    def weekly(self, column: str) -> float:
        """The noise of `column`. Raises KeyError for one without thresholds."""
        return {noise.column: noise.weekly for noise in self.noise}[column]

    def expression(self, margin: pl.Expr) -> pl.Expr:
        """The probability as Float64; null where it or the margin is unknown."""
        if not self.chances:
            return pl.lit(None, dtype=pl.Float64)
        step = pl.lit(pl.Series(self.edges, dtype=pl.Float64)).search_sorted(margin, side="right")
        chance = pl.lit(pl.Series(self.chances, dtype=pl.Float64)).gather(step)
        return pl.when(margin.is_not_null()).then(chance)


def distance(condition: Condition, confidence: Confidence) -> pl.Expr:
    """How much noise lies between an account and the condition: 0 where it holds, at most FAR; Float64, no nulls."""
    if condition.test not in (Test.AT_LEAST, Test.BELOW):
        return pl.when(condition.expression()).then(0.0).otherwise(FAR)
    column = pl.col(condition.column)
    missed = condition.threshold - column if condition.test is Test.AT_LEAST else column - condition.threshold
    # A product, since Polars divides by a constant so: SQL, which divides otherwise, has to say the same.
    away = (missed * (1 / confidence.weekly(condition.column))).clip(0.0, FAR)
    unknown, endless = (FAR, 0.0) if condition.test is Test.AT_LEAST else (0.0, FAR)
    return away.fill_nan(endless).fill_null(unknown)


def weekly_noise(before: pl.Series, after: pl.Series, days: int, smallest: float) -> float:
    """How much a column moves in a week, from the same accounts' values `days` apart.

    Half the width that holds the middle 80 % of changes, as a normal deviation, times the root of 7 / days;
    at least `smallest`.
    """
    change = (after - before).drop_nulls().to_numpy()
    change = change[np.isfinite(change)]
    if len(change) == 0:
        return stable(smallest)
    low, high = np.quantile(change, (0.1, 0.9))
    return stable(max((high - low) / 2.563 * np.sqrt(7 / days), smallest))


def calibrated(
    noise: Sequence[Noise], margin: npt.NDArray[np.float64], same: npt.NDArray[np.bool_], days: int
) -> Confidence:
    """The table from margins at one snapshot and whether the segment was the same `days` later.

    margin: (n,) in units of the noise of that many days. Bins of equally many accounts, pooled until they rise
    (isotonic regression: Ayer et al. 1955). To a week: noise grows with the root of time, so the same margin in a
    week's noise has the same chance; what moves even the farthest accounts (a new contract) compounds with time:
    chance / farthest * farthest ** (7 / days).
    """
    edges = np.unique(np.quantile(margin, np.linspace(0, 1, BINS + 1)[1:-1]))
    edges = edges[edges > margin.min()]
    bins = np.searchsorted(edges, margin, side="right")
    counts = np.bincount(bins, minlength=len(edges) + 1).astype(np.float64)
    kept = np.bincount(bins, weights=same, minlength=len(edges) + 1).astype(np.float64)
    pooled = _rising(kept, counts)
    farthest = pooled[-1]
    weekly = [chance / farthest * farthest ** (7 / days) if farthest > 0 else 0.0 for chance in pooled]
    chances = tuple(stable(round(chance, 4)) for chance in weekly)
    return Confidence(tuple(noise), tuple(stable(edge) for edge in edges), chances)


def _rising(kept: npt.NDArray[np.float64], counts: npt.NDArray[np.float64]) -> list[float]:
    """Shares kept / counts, neighbours pooled where they fall; by adjacent violators."""
    blocks: list[tuple[float, float, int]] = []
    for hit, count in zip(kept, counts, strict=True):
        block = (float(hit), float(count), 1)
        while blocks and blocks[-1][0] * block[1] >= block[0] * blocks[-1][1]:
            last = blocks.pop()
            block = (last[0] + block[0], last[1] + block[1], last[2] + block[2])
        blocks.append(block)
    return [hit / count for hit, count, size in blocks for _ in range(size)]
