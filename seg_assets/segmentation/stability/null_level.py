"""What a statistic reaches where there are no groups.

Belongs here: the level that a figure of the data has to pass, from the same figure of null populations.
Does not: null populations (null_population.py), what passing means (verdict.py).

Null populations get fewer repeats than the data, for time. By chance alone fewer repeats spread figures out, and the
best and the worst of several furthest; both is taken out, so that data and nulls compare like with like.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seg_assets.segmentation.balance import Matrix

NULL_QUANTILE = 0.95
SUBSETS = 200


def null_level(nulls: Sequence[Matrix], repeats: int) -> float:
    """The 95th percentile of a statistic over null populations.

    nulls: the repeats (r,) of each population; repeats: how many the data has.
    """
    return float(np.quantile(_steadied(np.array(nulls), repeats), NULL_QUANTILE))


def null_levels_by_rank(nulls: Sequence[Matrix], observed: Matrix) -> Matrix:
    """(segments,): the 95th percentile for null populations' best segment, for their second best, ..., their worst.

    nulls: the repeats (r, segments of that null) of each, at most 1; observed: the data's (repeats, segments).
    Populations with another number of segments count at the same relative ranks. Ranks, because some segments come
    back anywhere (a flag that few have) and would hide what the others show.
    """
    repeats, segments = observed.shape
    ranked = np.array([_ranked(null, segments) for null in nulls])
    levels = [np.quantile(_steadied(ranked[:, :, rank], repeats), NULL_QUANTILE) for rank in range(segments)]
    found: Matrix = np.minimum(np.array(levels) - _spread_by_chance(observed, ranked.shape[1]), 1.0)
    return found


def _steadied(values: Matrix, repeats: int) -> Matrix:
    """(units,): the means of `values` (units, r), as far from their common mean as those of `repeats` repeats would be.

    By the variances between and within units (analysis of variance, Fisher 1925); unchanged for a single repeat, which
    has no variance within.
    """
    means: Matrix = values.mean(axis=1)
    units, given = values.shape
    if given < 2 or units < 2:
        return means
    within = float(values.var(axis=1, ddof=1).mean())
    observed = float(means.var(ddof=1))
    if observed == 0:
        return means
    between = max(observed - within / given, 0.0)
    centre = means.mean()
    steady: Matrix = centre + (means - centre) * np.sqrt(min((between + within / repeats) / observed, 1.0))
    return steady


def _ranked(values: Matrix, segments: int) -> Matrix:
    """`values` (r, any number of segments) with segments from best to worst, read off at `segments` even ranks."""
    order = np.argsort(-values.mean(axis=0), kind="stable")
    have = np.linspace(0, 1, values.shape[1])
    wanted = np.linspace(0, 1, segments)
    return np.array([np.interp(wanted, have, row[order]) for row in values])


def _spread_by_chance(observed: Matrix, repeats: int) -> Matrix:
    """(segments,): how much higher the data's best, ..., worst segment looks with fewer of its repeats than with all.

    observed: (all repeats, segments); on average over random choices of `repeats` of them.
    """
    best_first = -np.sort(-observed.mean(axis=0))
    if repeats >= len(observed):
        return np.zeros_like(best_first)
    random = np.random.default_rng(0)
    subsets = np.argsort(random.random((SUBSETS, len(observed))), axis=1)[:, :repeats]
    found: Matrix = (-np.sort(-observed[subsets].mean(axis=1), axis=1)).mean(axis=0) - best_first
    return found
