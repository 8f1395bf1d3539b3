"""A figure and how sure it is.

Belongs here: the interval of a figure from its resamplings, at any confidence.
Does not: the resampling (counting.py), what an interval decides (verdict.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seg_assets.segmentation.lift import Interval, Vector

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A figure, its standard error over families, and the degrees of freedom of that error.

    deviation: NaN where conversions are worth fewer than two families: the figure stands, without an interval. least,
    most: no end of an interval passes them.
    """

    value: float
    deviation: float
    freedom: float
    least: float = -np.inf
    most: float = np.inf

    def interval(self, confidence: float = CONFIDENCE) -> Interval:
        """value -+ t deviation. Ends are NaN where the deviation is."""
        from scipy.stats import t

        if not np.isfinite(self.deviation):
            return Interval(self.value, np.nan, np.nan)
        if self.deviation == 0:
            return Interval(self.value, self.value, self.value)
        half = float(t.isf((1 - confidence) / 2, self.freedom)) * self.deviation
        return Interval(self.value, max(self.value - half, self.least), min(self.value + half, self.most))


def estimate(samples: Vector, families: float, least: float = -np.inf, most: float = np.inf) -> Estimate | None:
    """The figure samples[0] with the spread of its resamplings samples[1:]; None where it is undefined (NaN).

    families: how many families' worth of conversions there are. Quantiles of a bootstrap are too narrow for few
    families; its deviation times the root of families / (families - 1) with Student's t of families - 1 degrees of
    freedom is not (docs/conversion_lift.md has both, measured). Source: Cameron, Gelbach, Miller 2008; the number
    of families: Carter, Schnepel, Steigerwald 2017.
    """
    value, draws = float(samples[0]), samples[1:][np.isfinite(samples[1:])]
    if not np.isfinite(value):
        return None
    freedom = families - 1
    # With one family's worth of conversions a third of all resamplings have none: nothing says how sure it is.
    if freedom < 1 or len(draws) < 2:
        return Estimate(value, np.nan, freedom, least, most)
    return Estimate(value, float(draws.std(ddof=1) * np.sqrt(families / freedom)), freedom, least, most)
