"""How far two distributions are from one another, from counts in cells.

Belongs here: one function a distance, over counts of the same cells in a baseline and in a current sample.
Does not: how values become cells (counts.py), what is far (checks/).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, kolmogorov

Counts = NDArray[np.int64]

EPSILON = 1e-4
BINS = 10


def quantile_bins(baseline: Counts, bins: int = BINS) -> NDArray[np.int64]:
    """The bin of each cell, so that every bin holds as nearly 1 / bins of `baseline` as whole cells allow.

    baseline: counts of ordered cells. A cell that holds more than its share is a bin of its own, so a distribution with
    ties has fewer bins.
    """
    total = max(int(baseline.sum()), 1)
    # By the middle of a cell's share: a cell with a tenth of everything goes where most of it belongs.
    middle = (np.cumsum(baseline) - baseline / 2) / total
    wanted = np.minimum((middle * bins).astype(np.int64), bins - 1)
    return np.unique(wanted, return_inverse=True)[1].astype(np.int64)


def population_stability_index(baseline: Counts, current: Counts) -> float:
    """Sum of (current - baseline) ln(current / baseline) over shares, each at least EPSILON.

    Without change its mean is about (cells - 1) (1/n + 1/m). Source: Siddiqi 2006, credit scoring's name for the
    symmetric divergence of Kullback and Leibler 1951.
    """
    before, after = np.maximum(_shares(baseline), EPSILON), np.maximum(_shares(current), EPSILON)
    return float(((after - before) * np.log(after / before)).sum())


def kolmogorov_smirnov(baseline: Counts, current: Counts) -> tuple[float, float]:
    """The largest difference of the two distribution functions over ordered cells, and its asymptotic p-value."""
    statistic = float(np.abs(np.cumsum(_shares(current)) - np.cumsum(_shares(baseline))).max())
    n, m = int(baseline.sum()), int(current.sum())
    return statistic, float(kolmogorov(statistic * math.sqrt(n * m / (n + m))))


def wasserstein(baseline: Counts, current: Counts, width: float) -> float:
    """How far a unit of mass has to travel on average over ordered cells that are `width` apart."""
    return float(np.abs(np.cumsum(_shares(current)) - np.cumsum(_shares(baseline))).sum() * width)


def chi_squared(baseline: Counts, current: Counts) -> tuple[float, float]:
    """Pearson's test that both samples come from one distribution: statistic and p-value; empty cells do not count."""
    seen = (baseline + current) > 0
    table = np.vstack([baseline[seen], current[seen]]).astype(np.float64)
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / table.sum()
    statistic = float(((table - expected) ** 2 / expected).sum())
    return statistic, float(chdtrc(int(seen.sum()) - 1, statistic)) if seen.sum() > 1 else 1.0


def total_variation(baseline: Counts, current: Counts) -> float:
    """Half of the summed differences of shares: the share of accounts that would have to change cells."""
    return float(np.abs(_shares(current) - _shares(baseline)).sum() / 2)


def largest_difference(baseline: Counts, current: Counts) -> float:
    """The largest difference of one cell's share (L-infinity)."""
    return float(np.abs(_shares(current) - _shares(baseline)).max())


def jensen_shannon(baseline: Counts, current: Counts) -> float:
    """The Jensen-Shannon distance to base 2: 0 for equal shares, 1 for shares without a common cell."""
    before, after = _shares(baseline), _shares(current)
    middle = (before + after) / 2
    divergence = (_relative_entropy(before, middle) + _relative_entropy(after, middle)) / 2
    return math.sqrt(max(divergence, 0.0))


def expected_index(cells: int, baseline: int, current: int) -> tuple[float, float]:
    """Mean and standard deviation of the stability index without any change, for samples of these sizes.

    The index is then about (1/n + 1/m) times a chi-squared variable of cells - 1 degrees of freedom.
    """
    per_account, freedom = 1 / max(baseline, 1) + 1 / max(current, 1), max(cells - 1, 1)
    return freedom * per_account, math.sqrt(2 * freedom) * per_account


def _shares(counts: Counts) -> NDArray[np.float64]:
    return counts / max(int(counts.sum()), 1)


def _relative_entropy(shares: NDArray[np.float64], middle: NDArray[np.float64]) -> float:
    there = shares > 0
    return float((shares[there] * np.log2(shares[there] / middle[there])).sum())
