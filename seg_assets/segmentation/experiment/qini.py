"""Whether segments ranked before an experiment are also those that it moved most.

Belongs here: the Qini curve and coefficient of an order of segments, with an interval from whole families.
Does not: the order itself, which has to come from before the experiment: one read off its own outcomes finds gains
where there are none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seg_assets.segmentation.lift import Codes, Flags, Vector
from seg_assets.segmentation.rates import Interval

DRAWS = 400
INTERVAL = (0.025, 0.975)


@dataclass(frozen=True, eq=False)
class Qini:
    """coefficient: the area between the curve and the straight line, in conversions an account; 0 for a random order.

    order: (S,) the segments, first ranked first. shares, gains: (S + 1,) the curve: when the first segments, that share
    of all accounts, are treated and no others, so many conversions an account of all are gained.
    """

    coefficient: Interval
    order: Codes
    shares: Vector
    gains: Vector


def qini(
    converted: Flags,
    treated: Flags,
    families: Codes,
    segments: Codes,
    ranking: npt.ArrayLike,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Qini:
    """The Qini curve of segments ranked by `ranking`, and its coefficient with the 95 % interval over families.

    converted, treated, families, segments: (n,), segments 0 .. S - 1; ranking: (S,) the highest is treated first, equal
    ones by position. Each segment gains by its own two rates, weighted by its share of all accounts; where arms have
    the same shares in every segment, as assignment.py deals them, that is Radcliffe's curve.
    Raises ValueError where a segment lacks accounts in an arm. Source: Radcliffe 2007; the interval: percentile
    bootstrap of families, Field and Welsh 2007.
    """
    order = np.argsort(-np.asarray(ranking, dtype=np.float64), kind="stable")
    cells = _cells(converted, treated, families, segments, len(order))
    totals = cells.sum(axis=0)
    empty = [int(s) for s in order if (totals.reshape(4, -1)[[0, 2], s] == 0).any()]
    if empty:
        raise ValueError(f"segments {empty} have no account in an arm: leave them out")
    shares, gains = _curve(totals, order)
    random = np.random.default_rng(seed)
    drawn = np.empty(draws)
    for draw in range(draws):
        weights = np.bincount(random.integers(0, len(cells), len(cells)), minlength=len(cells)).astype(np.float64)
        drawn[draw] = _area(*_curve(weights @ cells, order))
    low, high = np.quantile(drawn, INTERVAL)
    return Qini(Interval(_area(shares, gains), float(low), float(high)), order, shares, gains)


def _cells(converted: Flags, treated: Flags, families: Codes, segments: Codes, count: int) -> Vector:
    """(families, 4 S): of each family and segment the treated, those who converted, the baseline, those who did."""
    names, family = np.unique(families, return_inverse=True)
    cells = np.zeros((len(names), 4 * count))
    place = np.where(treated, 0, 2 * count) + segments
    np.add.at(cells, (family, place), 1)
    np.add.at(cells, (family, place + count), converted.astype(np.float64))
    return cells


def _curve(totals: Vector, order: Codes) -> tuple[Vector, Vector]:
    treated, treated_hits, others, other_hits = totals.reshape(4, -1)[:, order]
    # A draw without accounts of an arm in a segment says nothing of its gain.
    both = (treated > 0) & (others > 0)
    rates = treated_hits / np.maximum(treated, 1) - other_hits / np.maximum(others, 1)
    share = (treated + others) / (treated + others).sum()
    shares, gains = np.cumsum(share), np.cumsum(np.where(both, rates, 0.0) * share)
    return np.concatenate([[0.0], shares]), np.concatenate([[0.0], gains])


def _area(shares: Vector, gains: Vector) -> float:
    """Between the curve and the straight line from its start to its end."""
    return float((np.diff(shares) * (gains[1:] + gains[:-1])).sum() / 2 - gains[-1] / 2)
