"""What an arm did: the difference that it made to conversion, to all who were meant to get it.

Belongs here: intention to treat with CUPED, all together and by segment, with intervals from whole families.
Does not: who got which arm (assignment.py), in which order segments gain most (qini.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seg_assets.segmentation.lift import Codes, Flags, Vector
from seg_assets.segmentation.rates import Interval

ALPHA = 0.05
FEWEST_FAMILIES = 30
"""In each arm; with fewer the interval of a rare outcome is not to be trusted."""


@dataclass(frozen=True)
class Effect:
    """An arm against its baseline. difference: of the two conversion rates, adjusted by what was known before.

    accounts, families, rate are of the arm, the others of the baseline; rates are as counted, not adjusted.
    variance_removed: the share of the difference's variance that the adjustment took away, 0 without covariates.
    """

    accounts: int
    baseline_accounts: int
    families: int
    baseline_families: int
    rate: float
    baseline_rate: float
    difference: Interval
    variance_removed: float


def effect(
    converted: Flags,
    treated: Flags,
    families: Codes,
    covariates: npt.ArrayLike | None = None,
    *,
    alpha: float = ALPHA,
) -> Effect:
    """The difference between everyone assigned to the arm and everyone assigned to the baseline, whatever they got.

    converted, treated, families: (n,); treated false is the baseline; accounts of one family are in one arm.
    covariates: (n, p) of what was known when arms were dealt; never of anything later. Their slope is that within the
    arms, so that the effect itself is not adjusted away. alpha: two-sided.
    Raises ValueError where an arm has fewer than 30 families.
    Sources: Deng, Xu, Kohavi and Walker 2013 (CUPED); for the interval Liang and Zeger 1986, with G / (G - 1) for few
    families, and Student's t with as many degrees of freedom as families, less two.
    """
    from scipy.stats import t

    outcome = converted.astype(np.float64)
    counts = [len(np.unique(families[rows])) for rows in (treated, ~treated)]
    if min(counts) < FEWEST_FAMILIES:
        raise ValueError(f"{counts[0]} families against {counts[1]}: each arm needs {FEWEST_FAMILIES}")
    plain = _within(outcome, treated)
    raw, variance = _difference(outcome, treated), _variance(plain, treated, families)
    value, adjusted = raw, variance
    if covariates is not None:
        known = np.asarray(covariates, dtype=np.float64).reshape(len(outcome), -1)
        inside = np.column_stack([_within(column, treated) for column in known.T])
        slope = np.linalg.lstsq(inside, plain, rcond=None)[0]
        value = raw - float(sum(s * _difference(column, treated) for s, column in zip(slope, known.T, strict=True)))
        adjusted = _variance(plain - inside @ slope, treated, families)
    reach = float(t.ppf(1 - alpha / 2, sum(counts) - 2)) * adjusted**0.5
    return Effect(
        accounts=int(treated.sum()),
        baseline_accounts=int((~treated).sum()),
        families=counts[0],
        baseline_families=counts[1],
        rate=float(outcome[treated].mean()),
        baseline_rate=float(outcome[~treated].mean()),
        difference=Interval(value, value - reach, value + reach),
        variance_removed=1 - adjusted / variance if variance > 0 else 0.0,
    )


def effects_by_segment(
    converted: Flags,
    treated: Flags,
    families: Codes,
    segments: Codes,
    covariates: npt.ArrayLike | None = None,
    *,
    alpha: float = ALPHA,
) -> list[Effect | None]:
    """The effect in each segment 0 .. max; None where an arm has fewer than 30 families there.

    The intervals hold all together with 1 - alpha: each is at alpha over the number of segments. Source: Bonferroni;
    Dunn 1961.
    """
    count = int(segments.max()) + 1
    known = None if covariates is None else np.asarray(covariates, dtype=np.float64).reshape(len(segments), -1)
    found: list[Effect | None] = []
    for segment in range(count):
        rows = segments == segment
        enough = all(len(np.unique(families[rows & arm])) >= FEWEST_FAMILIES for arm in (treated, ~treated))
        inside = None if known is None else known[rows]
        found.append(
            effect(converted[rows], treated[rows], families[rows], inside, alpha=alpha / count) if enough else None
        )
    return found


def one_hot(values: Sequence[str], fewest: int = 2 * FEWEST_FAMILIES) -> Vector:
    """(n, levels) 1 where an account has the level; levels of fewer than `fewest` accounts are left out."""
    levels, codes, sizes = np.unique(np.asarray(values, dtype=str), return_inverse=True, return_counts=True)
    kept = np.flatnonzero(sizes >= fewest) if len(levels) else np.array([], dtype=np.intp)
    flags: Vector = (codes[:, None] == kept[None, :]).astype(np.float64)
    return flags


def _difference(values: Vector, treated: Flags) -> float:
    return float(values[treated].mean() - values[~treated].mean())


def _within(values: Vector, treated: Flags) -> Vector:
    """`values` less the mean of the account's arm."""
    means = np.where(treated, values[treated].mean(), values[~treated].mean())
    left: Vector = values - means
    return left


def _variance(residuals: Vector, treated: Flags, families: Codes) -> float:
    """Of the difference of two means, each from independent families."""
    total = 0.0
    for arm in (treated, ~treated):
        _, family = np.unique(families[arm], return_inverse=True)
        sums = np.bincount(family, residuals[arm])
        total += len(sums) / (len(sums) - 1) * float((sums**2).sum()) / int(arm.sum()) ** 2
    return total
