"""Figures of a ranking from counts alone, for one count or for many resampled ones at once.

Belongs here: formulas on counts of other and converted accounts. Leading axes are draws: (..., steps, 2).
Does not: counting accounts (counting.py), intervals (estimate.py), which figures a report shows (figures.py).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from seg_assets.segmentation.lift import Codes, Vector

Counts = npt.NDArray[np.float64]


def auc(counts: Counts, parts: Codes) -> Vector:
    """(...) the chance that a converted account scores higher than another of its part, ties counting half.

    counts: (..., steps, 2) others and converted, by part and within it from the lowest score up; parts: (steps,)
    0, 0, 1, ... of each step. NaN without a pair. Source: Mann, Whitney 1947; of parts: van Elteren 1960, each
    part weighing as many pairs as it has.
    """
    ordered, pairs = concordance(counts, parts)
    return _ratio(ordered.sum(axis=-1), pairs.sum(axis=-1))


def concordance(counts: Counts, parts: Codes) -> tuple[Counts, Counts]:
    """((..., parts) pairs of a part in the right order, ties counting half; all its pairs); as in `auc`."""
    others, converted = counts[..., 0], counts[..., 1]
    starts = _starts(parts)
    below = np.cumsum(others, axis=-1) - others
    below = below - below[..., starts][..., parts]
    ordered = np.add.reduceat(converted * (below + others / 2), starts, axis=-1)
    pairs = np.add.reduceat(converted, starts, axis=-1) * np.add.reduceat(others, starts, axis=-1)
    return ordered, pairs


def captured(counts: Counts, parts: Codes, shares: Vector) -> tuple[Vector, Vector]:
    """((...) converted accounts among the best share of each part, (...) accounts in that share).

    shares: (parts,) of its accounts. The step that the limit cuts counts by its share: what a draw from that step
    would find on average. counts, parts: as in `auc`.
    """
    sizes, converted, starts = counts.sum(axis=-1), counts[..., 1], _starts(parts)
    totals = np.add.reduceat(sizes, starts, axis=-1)
    reached = np.cumsum(sizes, axis=-1)
    before = (reached - sizes)[..., starts][..., parts]
    above = totals[..., parts] - (reached - before)
    left = (shares * totals)[..., parts] - above
    taken = np.clip(np.divide(left, sizes, out=np.zeros_like(sizes), where=sizes > 0), 0, 1)
    return (taken * converted).sum(axis=-1), (shares * totals).sum(axis=-1)


def lift(found: Vector, contacted: Vector, counts: Counts) -> Vector:
    """(...) the rate among those contacted over the rate of all; NaN without conversions. counts: (..., steps, 2)."""
    return _ratio(_ratio(found, contacted), _ratio(counts[..., 1].sum(axis=-1), counts.sum(axis=(-1, -2))))


def capture(found: Vector, counts: Counts) -> Vector:
    """(...) the share of all converted accounts that is `found`; NaN without conversions."""
    return _ratio(found, counts[..., 1].sum(axis=-1))


def information_value(counts: Counts) -> Vector:
    """(...) the sum over classes of (p - q) ln(p / q): p, q are the class's shares of converted and other accounts.

    counts: (..., classes, 2). Half an account is added to each count, so that empty cells stay finite; classes
    without accounts are left out. NaN without both kinds of accounts. Source: Siddiqi 2006.
    """
    seen = counts.sum(axis=-1, keepdims=True) > 0
    filled = np.where(seen, counts + 0.5, 0.0)
    shares = np.where(seen, filled / np.maximum(filled.sum(axis=-2, keepdims=True), 0.5), 1.0)
    q, p = shares[..., 0], shares[..., 1]
    return _with_both(((p - q) * np.log(p / q)).sum(axis=-1), counts)


def mutual_information(counts: Counts) -> Vector:
    """(...) how much the class tells about the outcome, in nats, as counted. Source: Shannon 1948.

    counts: (..., classes, 2). Chance alone makes it about (classes - 1) / (2 accounts) (Miller 1955): a report takes
    away what permuted outcomes give. NaN without both kinds of accounts.
    """
    share = counts / np.maximum(counts.sum(axis=(-1, -2), keepdims=True), 1.0)
    expected = share.sum(axis=-1, keepdims=True) * share.sum(axis=-2, keepdims=True)
    terms = share * np.log(np.divide(share, expected, out=np.ones_like(share), where=share > 0))
    return _with_both(terms.sum(axis=(-1, -2)), counts)


def _with_both(values: Counts, counts: Counts) -> Vector:
    found: Vector = np.where((counts.sum(axis=-2) > 0).all(axis=-1), values, np.nan)
    return found


def _starts(parts: Codes) -> Codes:
    return np.flatnonzero(np.diff(parts, prepend=-1))


def _ratio(above: Vector, below: Vector) -> Vector:
    ratio: Vector = np.divide(above, below, out=np.full(np.shape(below), np.nan), where=below > 0)
    return ratio
