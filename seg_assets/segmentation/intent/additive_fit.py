"""What each bin of each feature adds to the log odds, learned from accounts whose outcome is known.

Belongs here: the penalised additive logistic regression, and its penalties.
Does not: bins (bins.py), folds, calibration and points (cross_fit.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.intent.bins import FIRST, NOTHING, Codes

Vector = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# What a feature adds beside others is about half of what it shows alone, since most of them are correlated.
SHARE_OF_MARGINAL = 0.5
# What a dozen features tell together, each alone may seem not to add: none falls below this share at once.
SMALLEST_SHARE_OF_MARGINAL = 0.15
# A feature whose bins differ by less than this in log odds (3 % of the odds) tells nothing.
SMALLEST_DEVIATION = 0.03
CURVATURE_ROWS = 20_000
_CHUNK = 5_000
_FIXED = 1e9


@dataclass(frozen=True)
class Design:
    """Accounts as bins. codes: an array (n,) a feature, rows in an order that is chance; sizes: how many codes each
    has; walks: whether its bins have an order, so that neighbours are alike."""

    codes: tuple[Codes, ...]
    sizes: tuple[int, ...]
    walks: tuple[bool, ...]

    def rows(self, chosen: Flags) -> Design:
        """The accounts `chosen`, in their order."""
        return replace(self, codes=tuple(code[chosen] for code in self.codes))

    def features(self, places: Sequence[int]) -> Design:
        """The features at `places` alone."""
        return Design(
            tuple(self.codes[place] for place in places),
            tuple(self.sizes[place] for place in places),
            tuple(self.walks[place] for place in places),
        )

    @property
    def starts(self) -> Codes:
        """Where each feature's coefficients begin; last, where the intercept stands."""
        return np.concatenate([[0], np.cumsum(self.sizes)]).astype(np.intp)


@dataclass(frozen=True)
class Additive:
    """log odds = intercept + the sum over features of tables[feature][code]; tables[...][NOTHING] is 0."""

    intercept: float
    tables: tuple[Vector, ...]

    def log_odds(self, design: Design) -> Vector:
        """(n,) of the accounts in `design`."""
        total = np.full(len(design.codes[0]), self.intercept)
        for table, code in zip(self.tables, design.codes, strict=True):
            total += table[code]
        return total


def fit_additive(design: Design, converted: Flags, offset: float) -> Additive:
    """The additive logistic regression of `converted` (n,), with a prior for each feature learned from the data.

    offset: what drawing rows by outcome added to the log odds, taken off the intercept. First every bin is drawn to 0
    as much as the feature's marginal effects suggest; then as much as what the features turn out to add beside each
    other suggests, and those that add next to nothing are left out. Convex and solved to eight digits: no seed, and
    no order of summation matters.
    Source: empirical Bayes with two moment estimates instead of iterations, after Efron, Morris 1973.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(limits=1):
        marginal = [marginal_deviation(*part, converted) for part in zip(design.codes, design.sizes, strict=True)]
        first = _fit_with(design, [SHARE_OF_MARGINAL * deviation for deviation in marginal], converted)
        together = [
            max(found, SMALLEST_SHARE_OF_MARGINAL * alone)
            for found, alone in zip(first.deviations, marginal, strict=True)
        ]
        found = _fit_with(design, together, converted).additive
    return replace(found, intercept=found.intercept - offset)


def marginal_deviation(code: Codes, size: int, converted: Flags) -> float:
    """By how much the log odds of a feature's bins differ beyond chance, as a standard deviation."""
    up, down = (np.bincount(code[converted == side], minlength=size)[1:] for side in (True, False))
    seen = up + down > 0
    log_odds = np.log((up[seen] + 0.5) / (down[seen] + 0.5))
    return deviation_beyond_chance(log_odds, 1 / (up[seen] + 0.5) + 1 / (down[seen] + 0.5))


def deviation_beyond_chance(estimates: Vector, variances: Vector) -> float:
    """The standard deviation of what `estimates` (m,) estimate, given their sampling `variances`; 0 for m < 2.

    Source: the method of moments for random effects, DerSimonian, Laird 1986.
    """
    if len(estimates) < 2:
        return 0.0
    precision = 1 / variances
    mean = (precision * estimates).sum() / precision.sum()
    spread = precision.sum() - (precision**2).sum() / precision.sum()
    excess = (precision * (estimates - mean) ** 2).sum() - (len(estimates) - 1)
    return float(np.sqrt(max(excess / spread, 0.0)))


@dataclass(frozen=True)
class _Solved:
    additive: Additive
    deviations: tuple[float, ...]


def _fit_with(design: Design, deviations: Sequence[float], converted: Flags) -> _Solved:
    """The regression on the features whose deviation is not negligible; the others get tables of zeros.

    deviations of what is returned: those of the coefficients beyond chance, at most the ones handed in.
    """
    used = [place for place, deviation in enumerate(deviations) if deviation >= SMALLEST_DEVIATION]
    tables, beyond = [np.zeros(size) for size in design.sizes], [0.0] * len(deviations)
    rate = float(converted.mean())
    if not used:
        return _Solved(Additive(float(np.log(rate / (1 - rate))), tuple(tables)), tuple(beyond))
    part = design.features(used)
    penalty = _penalty(part, [deviations[place] for place in used])
    curvature = _counts(part) * rate * (1 - rate) + penalty
    coefficients = _solve(part, penalty, curvature, converted.astype(np.float64))
    covariance = np.asarray(np.linalg.inv(curvature), dtype=np.float64)
    for begin, place in zip(part.starts, used, strict=False):
        inside = slice(begin, begin + design.sizes[place])
        tables[place] = coefficients[inside]
        found = _beyond_chance(tables[place], covariance[inside, inside], design.codes[place])
        beyond[place] = min(found, deviations[place])
    return _Solved(Additive(float(coefficients[-1]), tuple(tables)), tuple(beyond))


def _beyond_chance(table: Vector, covariance: Matrix, code: Codes) -> float:
    """The deviation of one feature's coefficients from their mean: how high they are together, others share."""
    counts = np.bincount(code, minlength=len(table)).astype(np.float64)
    counts[NOTHING] = 0.0
    centring = (np.eye(len(table)) - counts / max(counts.sum(), 1.0))[counts > 0]
    return deviation_beyond_chance(centring @ table, np.diag(centring @ covariance @ centring.T))


def _penalty(design: Design, deviations: Sequence[float]) -> Matrix:
    """The precision of the prior (columns + 1, columns + 1): levels apart, bins in order as a random walk.

    A walk of m bins with steps of variance 6 d^2 / m has about the variance d^2 over its bins.
    """
    total = np.zeros((design.starts[-1] + 1, design.starts[-1] + 1))
    for begin, size, walk, deviation in zip(design.starts, design.sizes, design.walks, deviations, strict=False):
        block = np.eye(size) / deviation**2
        if walk:
            bins = size - FIRST
            steps = np.diff(np.eye(bins), axis=0)
            block[FIRST:, FIRST:] = (steps.T @ steps * bins / 6 + np.eye(bins) / 4) / deviation**2
        block[NOTHING, NOTHING] = _FIXED
        total[begin : begin + size, begin : begin + size] = block
    return total


def _counts(design: Design) -> Matrix:
    """How many accounts have each two codes together (columns + 1, columns + 1), extrapolated from the first rows."""
    accounts = len(design.codes[0])
    rows, columns = min(accounts, CURVATURE_ROWS), int(design.starts[-1]) + 1
    total = np.zeros((columns, columns))
    for begin in range(0, rows, _CHUNK):
        end = min(begin + _CHUNK, rows)
        indicator = np.zeros((end - begin, columns))
        indicator[:, -1] = 1.0
        for start, code in zip(design.starts, design.codes, strict=False):
            indicator[np.arange(end - begin), start + code[begin:end]] = 1.0
        total += indicator.T @ indicator
    together: Matrix = total * accounts / rows
    return together


def _solve(design: Design, penalty: Matrix, curvature: Matrix, converted: Vector) -> Vector:
    """The coefficients, intercept last: quasi-Newton in coordinates in which the curvature is nearly 1 everywhere.

    A dozen steps; in the coefficients themselves it takes two thousand.
    """
    from scipy.linalg import cholesky, solve_triangular
    from scipy.optimize import minimize

    root, starts = cholesky(curvature, lower=True), design.starts

    def loss(white: Vector) -> tuple[float, Vector]:
        coefficients = solve_triangular(root, white, lower=True, trans=1)
        tables = tuple(coefficients[a:b] for a, b in pairwise(starts))
        log_odds = Additive(float(coefficients[-1]), tables).log_odds(design)
        residual = 1 / (1 + np.exp(-log_odds)) - converted
        slopes = [np.bincount(c, residual, size) for c, size in zip(design.codes, design.sizes, strict=True)]
        pull = penalty @ coefficients
        gradient = np.concatenate([*slopes, [residual.sum()]]) + pull
        value = np.logaddexp(0, log_odds).sum() - converted @ log_odds + coefficients @ pull / 2
        return float(value), solve_triangular(root, gradient, lower=True)

    start = np.zeros(starts[-1] + 1)
    start[-1] = np.log(converted.mean() / (1 - converted.mean()))
    options = {"gtol": 1e-5, "ftol": 1e-14, "maxiter": 500}
    found = minimize(loss, root.T @ start, jac=True, method="L-BFGS-B", options=options)
    solution: Vector = solve_triangular(root, found.x, lower=True, trans=1)
    return solution
