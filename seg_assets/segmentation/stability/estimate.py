"""A figure and how sure it is.

Belongs here: a value with its 95 % interval, from repeats of the same measurement.
Does not: what is measured; whether a figure is good enough (verdict.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

INTERVAL = (0.025, 0.975)
QUANTILE_DRAWS = 2_000

Repeats = Sequence[float] | npt.NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A figure and the ends of its 95 % interval, in the figure's own unit."""

    value: float
    low: float
    high: float


def mean_of(repeats: Repeats, *, least: float = 0.0, most: float = 1.0) -> Estimate:
    """The mean of `repeats` (r,) with Student's interval, cut at the bounds `least` and `most` of the measure.

    The interval says how far the mean would move with other repeats of the same population. Raises ValueError for
    fewer than two repeats: one has no spread.
    """
    from scipy.special import stdtrit

    values = np.asarray(repeats, dtype=np.float64)
    if len(values) < 2:
        raise ValueError(f"an interval needs at least 2 repeats, got {len(values)}")
    mean = float(values.mean())
    reach = float(stdtrit(len(values) - 1, INTERVAL[1]) * values.std(ddof=1) / np.sqrt(len(values)))
    return Estimate(mean, max(mean - reach, least), min(mean + reach, most))


def quantile_of(repeats: Repeats, share: float, *, seed: int) -> Estimate:
    """The quantile at `share` of `repeats` (r,), with the percentile interval of 2,000 bootstrap draws (Efron 1979).

    Raises ValueError for fewer than two repeats.
    """
    values = np.asarray(repeats, dtype=np.float64)
    if len(values) < 2:
        raise ValueError(f"an interval needs at least 2 repeats, got {len(values)}")
    drawn = np.random.default_rng(seed).integers(len(values), size=(QUANTILE_DRAWS, len(values)))
    low, high = np.quantile(np.quantile(values[drawn], share, axis=1), INTERVAL)
    return Estimate(float(np.quantile(values, share)), float(low), float(high))
