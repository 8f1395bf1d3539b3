"""The levels of a categorical feature as numbers that stay useful when there are over a hundred of them.

Belongs here: which levels are kept, which are merged, and the profile of every level.
Does not: numeric features (scaling.py), the table of all coordinates (preprocess.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from seg_assets.segmentation.balance import Matrix, principal_axes
from seg_assets.segmentation.serialise import stable_all

SMALLEST_LEVEL_SHARE = 0.03
MANY_LEVELS = 12
PROFILE_AXES = 2
# Below this the levels of a feature tell next to nothing about the accounts in them.
SMALLEST_PROFILE_DEVIATION = 0.1


@dataclass(frozen=True)
class LevelProfile:
    """One number a level: where the level's accounts stand on average. Unseen and missing levels stand at 0."""

    levels: tuple[str, ...]
    values: tuple[float, ...]


def level_shares(values: pl.Series) -> dict[str, float]:
    """The share of each level among the values that are not null, most frequent first, ties by name."""
    counts = values.drop_nulls().value_counts(name="accounts").sort(["accounts", values.name], descending=[True, False])
    total = max(int(counts["accounts"].sum()), 1)
    return {level: accounts / total for level, accounts in counts.iter_rows()}


def level_profiles(values: pl.Series, numbers: Matrix) -> tuple[LevelProfile, ...]:
    """The first principal axes of the levels' shrunken means; () where the levels do not differ.

    values: String (n,); numbers: (n, features), standardised, missing as 0. Axes are in units of the first one's
    standard deviation over accounts. Shrinkage: the mean of a level of n accounts counts n b / (n b + w), with b and
    w the variance between and within levels. Source: empirical Bayes, Efron and Morris 1973.
    """
    known = values.is_not_null().to_numpy()
    if not known.any():
        return ()
    names, codes = np.unique(values.filter(pl.Series(known)).to_numpy().astype(str), return_inverse=True)
    numbers = numbers[known] - numbers[known].mean(axis=0)
    counts = np.bincount(codes, minlength=len(names)).astype(np.float64)
    sums = np.column_stack([np.bincount(codes, numbers[:, j], len(names)) for j in range(numbers.shape[1])])
    means = sums / counts[:, None]
    shrunken = means * _reliability(means, counts, numbers)
    spread = np.repeat(shrunken, counts.astype(int), axis=0)
    variances, axes = principal_axes(spread)
    deviation = float(np.sqrt(variances[0]))
    if deviation < SMALLEST_PROFILE_DEVIATION:
        return ()
    places = (shrunken - spread.mean(axis=0)) @ axes[:, :PROFILE_AXES] / deviation
    levels = tuple(str(name) for name in names)
    return tuple(LevelProfile(levels, stable_all(places[:, axis])) for axis in range(places.shape[1]))


def _reliability(means: Matrix, counts: Matrix, numbers: Matrix) -> Matrix:
    """(levels, features): the share of a level's mean that is not chance, by the method of moments."""
    total, levels = counts.sum(), len(counts)
    between_squares = (counts[:, None] * means**2).sum(axis=0)
    within = ((numbers**2).sum(axis=0) - between_squares) / max(total - levels, 1.0)
    spread = (total - (counts**2).sum() / total) / max(levels - 1, 1)
    between = (between_squares / max(levels - 1, 1) - within) / max(spread, 1.0)
    between = np.maximum(between, 0.0)
    share = counts[:, None] * between
    reliability: Matrix = np.divide(share, share + within, out=np.zeros_like(share), where=share > 0)
    return reliability
