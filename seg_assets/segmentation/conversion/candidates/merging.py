"""Fewer classes from many cells, by what training months say of each.

Belongs here: shrunken rates, and the best merging of cells into a given number of classes.
Does not: what the cells are (the families).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.lift import Codes, Vector


def shrunk_rates(counts: Matrix, shrinkage: float) -> Vector:
    """(parts,) conversion rates, each drawn to the rate of all as if by `shrinkage` more accounts of that rate.

    (conversions + m rate) / (accounts + m). counts: (parts, 2) others and converted. Source: the beta-binomial
    posterior mean with m prior accounts.
    """
    total = counts.sum(axis=0)
    rate = total[1] / max(total.sum(), 1.0)
    rates: Vector = (counts[:, 1] + shrinkage * rate) / (counts.sum(axis=1) + shrinkage)
    return rates


def merged(counts: Matrix, count: int, shrinkage: float) -> Codes:
    """(cells,) at most `count` classes of cells with like rates, 0 the class with the lowest.

    Of all ways to cut the cells with accounts, ordered by their shrunken rates, the one with the least variance of
    rates within classes, a cell counting by its accounts; cells without any are in the class nearest to the rate of
    all. Source: Fisher 1958, On grouping for maximum homogeneity.
    """
    rates, sizes = shrunk_rates(counts, shrinkage), counts.sum(axis=1)
    order = np.argsort(rates, kind="stable")
    order = order[sizes[order] > 0]
    if not len(order):
        return np.zeros(len(rates), dtype=np.intp)
    begins = _best_cuts(rates[order], sizes[order], min(count, len(order)))
    ordered = rates[order]
    between = (ordered[begins[1:] - 1] + ordered[begins[1:]]) / 2
    classes: Codes = np.searchsorted(between, rates, side="right").astype(np.intp)
    # Cells of one rate may lie on both sides of a cut.
    classes[order] = np.searchsorted(begins, np.arange(len(order)), side="right") - 1
    return classes


def merging(count: int, shrinkage: float) -> Callable[[Matrix], Codes]:
    """`merged` into `count` classes, as candidates have it."""

    def classes(counts: Matrix) -> Codes:
        return merged(counts, count, shrinkage)

    return classes


def summed(counts: Matrix, classes: Codes) -> Matrix:
    """(classes, 2) the counts of cells added up by class."""
    count = int(classes.max()) + 1
    return np.column_stack([np.bincount(classes, counts[:, side], count) for side in (0, 1)])


def _best_cuts(values: Vector, weights: Vector, count: int) -> Codes:
    """(count,) where each class of ascending `values` begins."""
    size = len(values)
    weight, first, second = (
        np.concatenate([[0.0], np.cumsum(part)]) for part in (weights, weights * values, weights * values**2)
    )

    def within(begin: Codes, end: int) -> Vector:
        """The sum of squares within values[begin:end]."""
        mass = weight[end] - weight[begin]
        away = np.where(mass > 0, (first[end] - first[begin]) ** 2 / np.where(mass > 0, mass, 1.0), 0.0)
        squares: Vector = np.maximum(second[end] - second[begin] - away, 0.0)
        return squares

    least = np.full((count + 1, size + 1), np.inf)
    chosen = np.zeros((count + 1, size + 1), dtype=np.intp)
    least[0, 0] = 0.0
    for parts in range(1, count + 1):
        for end in range(parts, size + 1):
            begins = np.arange(parts - 1, end)
            cost = least[parts - 1, begins] + within(begins, end)
            place = int(cost.argmin())
            least[parts, end], chosen[parts, end] = cost[place], begins[place]
    found, end = [], size
    for parts in range(count, 0, -1):
        end = int(chosen[parts, end])
        found.append(end)
    return np.array(found[::-1], dtype=np.intp)
