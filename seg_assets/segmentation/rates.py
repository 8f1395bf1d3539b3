"""Shares of accounts that convert, with what chance alone would let them be.

Belongs here: a rate with its interval, and how often one converts as often as another.
Does not: counting conversions (profiles.py), ranking accounts by them (lift.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt

Z_95 = 1.959964


@dataclass(frozen=True)
class Interval:
    """A figure and the 95 % interval around it."""

    value: float
    low: float
    high: float

    def overlaps(self, other: Interval) -> bool:
        """Whether some value lies within both."""
        return self.low <= other.high and other.low <= self.high


@dataclass(frozen=True)
class Rate:
    """conversions of `eligible` account-snapshots, of which there is at least one. Raises ValueError otherwise."""

    eligible: int
    conversions: int

    def __post_init__(self) -> None:
        if not 0 <= self.conversions <= self.eligible or self.eligible == 0:
            raise ValueError(f"{self.conversions} conversions of {self.eligible} eligible accounts are no rate")

    @property
    def share(self) -> Interval:
        """The share that converts, with its Wilson interval."""
        return Interval(self.conversions / self.eligible, *wilson(self.conversions, self.eligible))

    def times(self, other: Rate) -> Interval:
        """How many times as often as `other` this converts, with the interval of the logarithm of the ratio.

        Half a conversion is added on both sides where one has none, so that the ratio stays finite.
        Source: Katz, Baptista, Azen and Pike 1978; for the half Pettigrew, Gart and Thomas 1986.
        """
        half = 0.0 if self.conversions and other.conversions else 0.5
        a, n = self.conversions + half, self.eligible + half
        b, m = other.conversions + half, other.eligible + half
        ratio = (a / n) / (b / m)
        spread = exp(Z_95 * sqrt(max(1 / a - 1 / n + 1 / b - 1 / m, 0.0)))
        return Interval(ratio, ratio / spread, ratio * spread)


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """The 95 % score interval of a share. trials > 0. Source: Wilson 1927."""
    p = hits / trials
    spread = Z_95 * sqrt(p * (1 - p) / trials + Z_95**2 / (4 * trials**2))
    centre, scale = p + Z_95**2 / (2 * trials), 1 + Z_95**2 / trials
    low = (centre - spread) / scale if hits else 0.0
    high = (centre + spread) / scale if hits < trials else 1.0
    return low, high


def apart(ratio: Interval, least: float) -> bool:
    """Whether a ratio of rates is at least `least`, one way or the other, and not by chance."""
    away = abs(log(ratio.value)) >= log(least)
    return away and (ratio.low > 1 or ratio.high < 1)
