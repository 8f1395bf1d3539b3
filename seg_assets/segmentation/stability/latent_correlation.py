"""The correlations of normal variables that, cut into the columns' values, show the columns' correlations.

Belongs here: correlations of columns with ties and gaps by their ranks, and the normal correlations behind them.
Does not: what the columns mean, drawing new rows (null_population.py).

Source: the series of Mehler 1866 for the correlation of functions of two correlated normal variables; matching it to
a wanted correlation is the NORTA problem of Cario and Nelson 1997.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from seg_assets.segmentation.balance import Matrix

UNDEFINED = -1
TERMS = 40
ROUNDS = 200
SMALLEST_SPREAD = 1e-9
MOST = 0.98
HALVINGS = 30

Codes = npt.NDArray[np.intp]
Counts = npt.NDArray[np.intp]


def rank_correlations(columns: Sequence[Codes], counts: Sequence[Counts]) -> Matrix:
    """(columns, columns): the correlations of normal scores, each over the rows that have both columns.

    columns: each (n,), the place 0, 1, 2, ... of each row's value among the column's values in rising order, -1 where
    it has none; counts: how many rows have each value, by which it is scored. 0 where either does not vary there.
    """
    known = np.column_stack([column >= 0 for column in columns]).astype(np.float64)
    scores = [_normal_scores(count) for count in counts]
    table = np.column_stack([score[np.maximum(c, 0)] for c, score in zip(columns, scores, strict=True)]) * known
    rows = np.maximum(known.T @ known, 1.0)
    means = table.T @ known / rows
    variances = (table**2).T @ known / rows - means**2
    covariances = table.T @ table / rows - means * means.T
    spread = np.sqrt(np.maximum(variances * variances.T, 0.0))
    found: Matrix = np.divide(covariances, spread, out=np.zeros_like(spread), where=spread > SMALLEST_SPREAD)
    return found


def latent_correlations(wanted: Matrix, counts: Sequence[Counts]) -> Matrix:
    """The correlation matrix of normal variables whose cut columns come nearest to the `wanted` correlations.

    wanted, result: (columns, columns); counts: rows by value, in rising order, a column. By least squares, over all
    correlation matrices, as the products of rows of length 1: columns that exclude each other ask for what no normal
    variables can do, and then no pair is given up for another.
    """
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    series = np.array([_series(count, _normal_scores(count)) for count in counts])
    products = np.moveaxis(series[:, None, :] * series[None, :, :], 2, 0)
    shape = wanted.shape

    def misfit(flat: Matrix) -> tuple[float, Matrix]:
        rows = flat.reshape(shape)
        lengths = np.sqrt((rows**2).sum(axis=1, keepdims=True))
        unit = rows / lengths
        value, slope = _summed(products, unit @ unit.T)
        off = value - wanted
        np.fill_diagonal(off, 0.0)
        pull = 2 * (off * slope) @ unit
        pull -= (pull * unit).sum(axis=1, keepdims=True) * unit
        return float((off**2).sum() / 2), (pull / lengths).ravel()

    start = positive_root(_pair_by_pair(products, wanted))
    # One thread, here again for a caller who saw to it: SciPy has its own linear algebra, loaded by the import above.
    with threadpool_limits(limits=1):
        found = minimize(misfit, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS})
    rows = found.x.reshape(shape)
    rows = rows / np.sqrt((rows**2).sum(axis=1, keepdims=True))
    fitted: Matrix = rows @ rows.T
    return fitted


def _pair_by_pair(products: Matrix, wanted: Matrix) -> Matrix:
    """Each pair's own latent correlation, by bisection: what two cut normal variables show rises with it.

    Where the search for a whole matrix starts: from the wanted correlations themselves it can leap to 1, where two
    rows coincide and no slope leads back. Together the pairs need not be a correlation matrix.
    """
    low, high = np.full_like(wanted, -MOST), np.full_like(wanted, MOST)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        above = _summed(products, middle)[0] >= wanted
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    found: Matrix = np.where(products.any(axis=0), (low + high) / 2, 0.0)
    np.fill_diagonal(found, 1.0)
    return found


def positive_root(correlations: Matrix) -> Matrix:
    """The symmetric root, negative eigenvalues taken as 0: unlike other roots it is the same on every machine."""
    values, axes = np.linalg.eigh(correlations)
    root: Matrix = (axes * np.sqrt(np.maximum(values, 0.0))) @ axes.T
    return root


def _summed(products: Matrix, correlations: Matrix) -> tuple[Matrix, Matrix]:
    """The sum over m of products[m - 1] r^m at each r of `correlations`, and its derivative (Horner's rule)."""
    value, slope = np.zeros_like(correlations), np.zeros_like(correlations)
    for term in reversed(range(TERMS)):
        slope = slope * correlations + value
        value = value * correlations + products[term]
    return value * correlations, slope * correlations + value


def _normal_scores(counts: Counts) -> Matrix:
    """The mean of a standard normal variable between each value's ranks, divided so that the rows have variance 1.

    0 where there is a single value. Source: van der Waerden 1952, ties at their mean.
    """
    shares = counts / counts.sum()
    density = np.concatenate([[0.0], _density(_cuts(shares)), [0.0]])
    scores = (density[:-1] - density[1:]) / shares
    deviation = float(np.sqrt((shares * scores**2).sum()))
    found: Matrix = scores / deviation if deviation > 0 else scores
    return found


def _series(counts: Counts, scores: Matrix) -> Matrix:
    """(TERMS,): the coefficients c of normalised Hermite polynomials whose sum are the scores of a normal variable.

    Two columns whose normal variables correlate by r correlate by the sum of c_m d_m r^m.
    """
    cuts = _cuts(counts / counts.sum())
    steps = np.diff(scores) * _density(cuts)
    before, now = np.zeros_like(cuts), np.ones_like(cuts)
    found = np.empty(TERMS)
    for term in range(1, TERMS + 1):
        found[term - 1] = (steps * now).sum() / np.sqrt(term)
        before, now = now, (cuts * now - np.sqrt(term - 1) * before) / np.sqrt(term)
    return found


def _cuts(shares: Matrix) -> Matrix:
    from scipy.special import ndtri

    cuts: Matrix = ndtri(np.cumsum(shares)[:-1])
    return cuts


def _density(cuts: Matrix) -> Matrix:
    density: Matrix = np.exp(-(cuts**2) / 2) / np.sqrt(2 * np.pi)
    return density
