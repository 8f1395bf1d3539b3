"""A snapshot as different values: how many accounts of each slice have each value of each column.

Belongs here: sorting and counting a snapshot once; profiles and cells are then a matter of small arrays, and exact.
Does not: what is made of the counts (profile.py, counts.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

EVERYONE = ("", "")
"""The slice of all accounts: no key, no value."""
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


def tally(snapshot: pl.DataFrame, gates: Mapping[str, str | None], slice_columns: Sequence[str] = ()) -> Tally:
    """Count the columns of `snapshot`, account rows.

    gates: each column to the one that says whether it applies to an account, None where it always does; a value where
    it does not apply is no value. slice_columns: texts of the snapshot; an account without a value is in no slice of
    that column.
    """
    parts = [_Part.of(snapshot, key) for key in slice_columns]
    slices = (EVERYONE, *((part.key, level) for part in parts for level in part.levels))
    asked = sorted({gate for gate in gates.values() if gate is not None})
    applies = {gate: snapshot[gate].fill_null(True) for gate in asked}
    accounts = [snapshot.height, *(size for part in parts for size in part.sizes)]

    def of_column(name: str) -> tuple[Values, ...]:
        column, gate = snapshot[name], gates[name]
        if gate is not None and not applies[gate].all():
            column = pl.select(pl.when(applies[gate]).then(column)).to_series().alias(name)
        return _of_text(column, parts) if column.dtype == pl.String else _of_number(column, parts)

    # Polars imports NumPy where it first meets an array, and two threads that do so at once break it.
    pl.Series(np.empty(0))
    with ThreadPoolExecutor() as pool:
        found = dict(zip(gates, pool.map(of_column, gates), strict=True))
    return Tally(
        slices=slices,
        accounts=np.array(accounts, dtype=np.int64),
        applicable={gate: _true_by_slice(flags, parts) for gate, flags in applies.items()},
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


@dataclass(frozen=True)
class _Part:
    """The slices of one key. codes: each row's level; order: rows by level, those without one last; sizes: accounts."""

    key: str
    levels: tuple[str, ...]
    codes: NDArray[np.int64]
    order: NDArray[np.intp]
    sizes: tuple[int, ...]

    @classmethod
    def of(cls, snapshot: pl.DataFrame, key: str) -> _Part:
        levels, codes = _coded(snapshot[key])
        sizes = np.bincount(codes, minlength=len(levels) + 1)[: len(levels)]
        return cls(key, tuple(levels), codes, np.argsort(codes, kind="stable"), tuple(int(size) for size in sizes))

    def split(self, values: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """The values of each level's accounts."""
        ends = np.cumsum(self.sizes)
        together = values[self.order[: ends[-1]]] if len(ends) else values[:0]
        return np.split(together, ends[:-1]) if len(ends) else []


def _of_number(column: pl.Series, parts: Sequence[_Part]) -> tuple[Values, ...]:
    numbers = column.cast(pl.Float64)
    not_a_number = numbers.is_nan().fill_null(False)
    nan = _true_by_slice(not_a_number, parts) if not_a_number.any() else np.zeros(1 + sum(len(p.sizes) for p in parts))
    values = numbers.to_numpy()
    grid = _whole_numbers(values)
    if grid is not None:
        levels, codes = grid
        found = _counted_by_code(codes, len(levels), parts)
        return tuple(_there(levels, counts, int(number)) for counts, number in zip(found, nan, strict=True))
    pieces = [values, *(piece for part in parts for piece in part.split(values))]
    return tuple(_different(piece, int(number)) for piece, number in zip(pieces, nan, strict=True))


def _whole_numbers(values: NDArray[np.float64]) -> tuple[pl.Series, NDArray[np.int64]] | None:
    """Whole numbers that lie close together, ascending, and each row's, where NaN is one more; None for others.

    Counting them takes a tenth of the time that sorting does.
    """
    low, high = np.fmin.reduce(values, initial=np.nan), np.fmax.reduce(values, initial=np.nan)
    if not (-LARGEST < low and high < LARGEST and high - low <= WIDEST):
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


def _of_text(column: pl.Series, parts: Sequence[_Part]) -> tuple[Values, ...]:
    levels, codes = _coded(column)
    return tuple(_there(levels, counts, 0) for counts in _counted_by_code(codes, len(levels), parts))


def _counted_by_code(codes: NDArray[np.int64], levels: int, parts: Sequence[_Part]) -> list[NDArray[np.int64]]:
    """How many accounts of everyone, then of each slice, have each of so many codes; the next one is none."""
    found = [np.bincount(codes, minlength=levels + 1)]
    for part in parts:
        flat = np.bincount(part.codes * (levels + 1) + codes, minlength=(len(part.levels) + 1) * (levels + 1))
        found += list(flat.reshape(-1, levels + 1)[: len(part.levels)])
    return [counts[:levels] for counts in found]


def _there(levels: pl.Series, counts: NDArray[np.int64], nan: int) -> Values:
    """The levels that are there; nan: accounts with what is not a number."""
    seen = counts > 0
    return Values(levels.filter(pl.Series(seen, dtype=pl.Boolean)), counts[seen], nan)


def _coded(column: pl.Series) -> tuple[pl.Series, NDArray[np.int64]]:
    """The levels of a text, ascending, and each row's, where null is one more."""
    levels = column.drop_nulls().unique().sort()
    codes = column.cast(pl.Enum(levels)).to_physical().cast(pl.Int64).fill_null(len(levels))
    return levels, codes.to_numpy()


def _true_by_slice(flags: pl.Series, parts: Sequence[_Part]) -> NDArray[np.int64]:
    weights = flags.to_numpy()
    found = [int(weights.sum())]
    for part in parts:
        by_level = np.bincount(part.codes, weights=weights, minlength=len(part.levels) + 1)
        found += [int(number) for number in by_level[: len(part.levels)]]
    return np.array(found, dtype=np.int64)
