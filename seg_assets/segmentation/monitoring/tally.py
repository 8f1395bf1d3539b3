"""A snapshot as different values: how many accounts of each slice have each value of each column.

Belongs here: sorting and counting a snapshot once; profiles and cells are then a matter of small arrays, and exact.
Does not: which rows are in a slice (slicing.py), what is made of the counts (profile.py, counts.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seg_assets.segmentation.monitoring.slicing import Slicing, coded

WIDEST = 8_192
"""From the least to the greatest of whole numbers that are counted one by one."""
LARGEST = 2.0**53
"""From here on doubles leave whole numbers out."""


@dataclass(frozen=True)
class Values:
    """One column in one slice.

    values: the different values, ascending, without null and NaN: Float64 of numbers and Booleans, else String;
    counts: int64, the accounts with each; nan: accounts with what is not a number.
    """

    values: pl.Series
    counts: NDArray[np.int64]
    nan: int

    @property
    def accounts(self) -> int:
        """Accounts with a value."""
        return int(self.counts.sum())


@dataclass(frozen=True)
class Tally:
    """One snapshot. slices: (key, value) in the order of everything else here; EVERYONE is the first.

    accounts: int64 (slices,); applicable: by the column that says whether a feature applies, int64 (slices,);
    columns: name to its values in each slice; types: name to its type in the snapshot.
    """

    slices: tuple[tuple[str, str], ...]
    accounts: NDArray[np.int64]
    applicable: Mapping[str, NDArray[np.int64]]
    columns: Mapping[str, tuple[Values, ...]]
    types: Mapping[str, pl.DataType]


def tally(snapshot: pl.DataFrame, gates: Mapping[str, str | None], slicing: Slicing) -> Tally:
    """Count the columns of `snapshot`, account rows.

    gates: each column to the one that says whether it applies to an account, None where it always does; a value where
    it does not apply is no value. slicing: of these rows.
    """
    asked = sorted({gate for gate in gates.values() if gate is not None})
    applies = {gate: snapshot[gate].fill_null(True) for gate in asked}

    def of_column(name: str) -> tuple[Values, ...]:
        column, gate = snapshot[name], gates[name]
        if gate is not None and not applies[gate].all():
            column = pl.select(pl.when(applies[gate]).then(column)).to_series().alias(name)
        return _of_text(column, slicing) if column.dtype == pl.String else _of_number(column, slicing)

    # Polars imports NumPy where it first meets an array, and two threads that do so at once break it.
    pl.Series(np.empty(0))
    with ThreadPoolExecutor() as pool:
        found = dict(zip(gates, pool.map(of_column, gates), strict=True))
    return Tally(
        slices=slicing.slices,
        accounts=slicing.accounts,
        applicable={gate: slicing.true(flags) for gate, flags in applies.items()},
        columns=found,
        types={name: snapshot.schema[name] for name in gates},
    )


def merged(values: pl.Series, accounts: pl.Series, nan: int) -> Values:
    """One column in one slice from what parts of its accounts have.

    values: Float64 or String, null where nothing is counted; accounts: how many have each, Int64, as long as values.
    """
    of_value = pl.DataFrame({"value": values, "accounts": accounts}).drop_nulls("value")
    found = of_value.group_by("value").agg(pl.col("accounts").sum()).sort("value")
    return Values(found["value"].alias(values.name), found["accounts"].to_numpy().astype(np.int64), nan)


def _of_number(column: pl.Series, slicing: Slicing) -> tuple[Values, ...]:
    numbers = column.cast(pl.Float64)
    nan = slicing.true(numbers.is_nan().fill_null(False))
    values = numbers.to_numpy()
    # As many cells as slices times numbers must not be more than the accounts that are put into them.
    widest = min(WIDEST, len(values) // max(len(slicing.slices), 1))
    grid = _whole_numbers(values, widest)
    if grid is None:
        return tuple(_different(one, int(number)) for one, number in zip(slicing.pieces(values), nan, strict=True))
    levels, codes = grid
    found = slicing.counted(codes, len(levels))
    return tuple(_there(levels, counts, int(number)) for counts, number in zip(found, nan, strict=True))


def _whole_numbers(values: NDArray[np.float64], widest: int) -> tuple[pl.Series, NDArray[np.int64]] | None:
    """Whole numbers within `widest`, ascending, and each row's, where NaN is one more; None for others.

    Counting them takes a tenth of the time that sorting does.
    """
    low, high = np.fmin.reduce(values, initial=np.nan), np.fmax.reduce(values, initial=np.nan)
    if not (low > -LARGEST and high < LARGEST and high - low <= widest):
        return None
    none = np.isnan(values)
    if np.count_nonzero(values == np.floor(values)) + np.count_nonzero(none) < len(values):
        return None
    levels = np.arange(low, high + 1)
    above = values - low
    above[none] = len(levels)
    return pl.Series(levels, dtype=pl.Float64), above.astype(np.int64)


def _different(values: NDArray[np.float64], nan: int) -> Values:
    """Sorted once; NaN, which also stands for null, comes last."""
    ordered = np.sort(values)
    ordered = ordered[: np.searchsorted(ordered, np.nan)]
    first = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if len(ordered) else np.array([], int)
    counts = np.diff(first, append=len(ordered)).astype(np.int64)
    return Values(pl.Series(ordered[first], dtype=pl.Float64), counts, nan)


def _of_text(column: pl.Series, slicing: Slicing) -> tuple[Values, ...]:
    levels, codes = coded(column)
    return tuple(_there(levels, counts, 0) for counts in slicing.counted(codes, len(levels)))


def _there(levels: pl.Series, counts: NDArray[np.int64], nan: int) -> Values:
    """The levels that are there; nan: accounts with what is not a number."""
    seen = counts > 0
    return Values(levels.filter(pl.Series(seen, dtype=pl.Boolean)), counts[seen], nan)
