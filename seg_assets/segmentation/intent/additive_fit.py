"""What each bin of each feature adds to the log odds, learned from accounts whose outcome is known.

Belongs here: the penalised additive logistic regression, and its penalties.
Does not: bins (bins.py), folds, calibration and points (cross_fit.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

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
        counts = _counts(design)
        marginal = [marginal_deviation(*part, converted) for part in zip(design.codes, design.sizes, strict=True)]
        apart = [SHARE_OF_MARGINAL * deviation for deviation in marginal]
        first = _fit_with(design, counts, apart, converted)
        together = [
            max(min(found, most), SMALLEST_SHARE_OF_MARGINAL * alone)
            for found, most, alone in zip(_beyond_chance(design, first), apart, marginal, strict=True)
        ]
        found = _fit_with(design, counts, together, converted).additive
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


@dataclass(frozen=True, eq=False)
class _Solved:
    """used: the places of the features that take part; curvature: of their coefficients, and of the intercept."""

    additive: Additive
    used: tuple[int, ...]
    curvature: Matrix


def _fit_with(design: Design, counts: Matrix, deviations: Sequence[float], converted: Flags) -> _Solved:
    """The regression on the features whose deviation is not negligible; the others get tables of zeros.

    counts: how many accounts have each two codes together.
    """
    used = tuple(place for place, deviation in enumerate(deviations) if deviation >= SMALLEST_DEVIATION)
    tables = [np.zeros(size) for size in design.sizes]
    rate = float(converted.mean())
    if not used:
        alone = Additive(float(np.log(rate / (1 - rate))), tuple(tables))
        return _Solved(alone, used, counts[-1:, -1:] * rate * (1 - rate))
    part = design.features(used)
    penalty = _penalty(part, [deviations[place] for place in used])
    starts = design.starts
    kept = np.concatenate([*(np.arange(starts[place], starts[place + 1]) for place in used), starts[-1:]])
    curvature = counts[np.ix_(kept, kept)] * rate * (1 - rate) + penalty
    coefficients = _solve(part, penalty, curvature, converted.astype(np.float64))
    for begin, place in zip(part.starts, used, strict=False):
        tables[place] = coefficients[begin : begin + design.sizes[place]]
    return _Solved(Additive(float(coefficients[-1]), tuple(tables)), used, curvature)


def _beyond_chance(design: Design, solved: _Solved) -> list[float]:
    """By how much the coefficients of each feature differ beyond chance; 0 for those that take no part."""
    found, begin = [0.0] * len(design.sizes), 0
    covariance = np.asarray(np.linalg.inv(solved.curvature), dtype=np.float64)
    for place in solved.used:
        inside = slice(begin, begin + design.sizes[place])
        found[place] = _spread(solved.additive.tables[place], covariance[inside, inside], design.codes[place])
        begin = inside.stop
    return found


def _spread(table: Vector, covariance: Matrix, code: Codes) -> float:
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
        # Whole numbers below 2 to the 24 are exact in single precision, and take half as long.
        indicator = np.zeros((end - begin, columns), dtype=np.float32)
        indicator[:, -1] = 1.0
        for start, code in zip(design.starts, design.codes, strict=False):
            indicator[np.arange(end - begin), start + code[begin:end]] = 1.0
        total += indicator.T @ indicator
    together: Matrix = total * accounts / rows
    return together


def _indicators(design: Design) -> Any:
    """A sparse matrix (n, columns + 1): a 1 for the intercept, first in each row, and one for the code of each feature.

    Its products add in the order of features and of rows, as adding up tables and counting by code would.
    """
    from scipy.sparse import csr_array

    accounts, starts = len(design.codes[0]), design.starts
    entries = len(design.codes) + 1
    columns = np.empty((accounts, entries), dtype=np.int32)
    columns[:, 0] = starts[-1]
    for begin in range(0, accounts, _CHUNK):
        chunk = slice(begin, begin + _CHUNK)
        for place, (start, code) in enumerate(zip(starts, design.codes, strict=False), start=1):
            columns[chunk, place] = code[chunk] + start
    ends = np.arange(accounts + 1, dtype=np.int32) * entries
    return csr_array((np.ones(columns.size), columns.ravel(), ends), shape=(accounts, int(starts[-1]) + 1))


def _solve(design: Design, penalty: Matrix, curvature: Matrix, converted: Vector) -> Vector:
    """The coefficients, intercept last: quasi-Newton in coordinates in which the curvature is nearly 1 everywhere.

    A dozen steps; in the coefficients themselves it takes two thousand.
    """
    from scipy.linalg import cholesky, solve_triangular
    from scipy.optimize import minimize

    root = cholesky(curvature, lower=True)
    has_code = _indicators(design)
    by_code = has_code.T

    def loss(white: Vector) -> tuple[float, Vector]:
        coefficients = solve_triangular(root, white, lower=True, trans=1)
        log_odds = has_code @ coefficients
        residual = 1 / (1 + np.exp(-log_odds)) - converted
        slopes = by_code @ residual
        slopes[-1] = residual.sum()
        pull = penalty @ coefficients
        value = np.logaddexp(0, log_odds).sum() - converted @ log_odds + coefficients @ pull / 2
        return float(value), solve_triangular(root, slopes + pull, lower=True)

    start = np.zeros(len(root))
    start[-1] = np.log(converted.mean() / (1 - converted.mean()))
    options = {"gtol": 1e-5, "ftol": 1e-14, "maxiter": 500}
    found = minimize(loss, root.T @ start, jac=True, method="L-BFGS-B", options=options)
    solution: Vector = solve_triangular(root, found.x, lower=True, trans=1)
    return solution
