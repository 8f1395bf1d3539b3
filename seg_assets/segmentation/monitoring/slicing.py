"""The slices of a snapshot: which rows are in which, worked out once for all columns.

Belongs here: taking a column apart by slices, as values, as counts of codes, as counts of what is true.
Does not: what is counted (tally.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

EVERYONE = ("", "")
"""The slice of all accounts: no key, no value."""


@dataclass(frozen=True)
class Slicing:
    """The slices of so many rows, EVERYONE first, then those of each key; what follows has their order."""

    rows: int
    keys: tuple[_Key, ...]

    @classmethod
    def of(cls, snapshot: pl.DataFrame, keys: Sequence[str] = ()) -> Slicing:
        """keys: texts of the snapshot; an account without a value is in no slice of that key."""
        return cls(snapshot.height, tuple(_Key.of(snapshot[key]) for key in keys))

    @property
    def slices(self) -> tuple[tuple[str, str], ...]:
        """Key and value of each."""
        return (EVERYONE, *((key.name, level) for key in self.keys for level in key.levels))

    @property
    def accounts(self) -> NDArray[np.int64]:
        """The rows of each, int64."""
        return np.array([self.rows, *(size for key in self.keys for size in key.sizes)], dtype=np.int64)

    def pieces(self, values: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """The values of each slice, from those of all rows."""
        return [values, *(piece for key in self.keys for piece in key.split(values))]

    def counted(self, codes: NDArray[np.int64], levels: int) -> list[NDArray[np.int64]]:
        """How many rows of each slice have each of so many codes; codes: of all rows, `levels` for none of them."""
        found = [np.bincount(codes, minlength=levels + 1)]
        for key in self.keys:
            flat = np.bincount(key.codes * (levels + 1) + codes, minlength=(len(key.levels) + 1) * (levels + 1))
            found += list(flat.reshape(-1, levels + 1)[: len(key.levels)])
        return [counts[:levels] for counts in found]

    def true(self, flags: pl.Series) -> NDArray[np.int64]:
        """In how many rows of each slice a Boolean without nulls is true."""
        if not flags.any():
            return np.zeros(len(self.accounts), dtype=np.int64)
        return np.array([counts[1] for counts in self.counted(flags.to_numpy().astype(np.int64), 2)], dtype=np.int64)


@dataclass(frozen=True)
class _Key:
    """The slices of one key. codes: each row's level; order: rows by level, those without one last; sizes: rows."""

    name: str
    levels: tuple[str, ...]
    codes: NDArray[np.int64]
    order: NDArray[np.int64]
    sizes: tuple[int, ...]

    @classmethod
    def of(cls, column: pl.Series) -> _Key:
        levels, codes = coded(column)
        sizes = np.bincount(codes, minlength=len(levels) + 1)[: len(levels)]
        # Numbers of 16 bits are sorted by their digits, ten times as fast.
        short = codes.astype(np.uint16) if len(levels) < 2**16 else codes
        return cls(column.name, tuple(levels), codes, np.argsort(short, kind="stable"), tuple(map(int, sizes)))

    def split(self, values: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """The values of each level's rows."""
        ends = np.cumsum(self.sizes)
        together = values[self.order[: ends[-1]]] if len(ends) else values[:0]
        return np.split(together, ends[:-1]) if len(ends) else []


def coded(column: pl.Series) -> tuple[pl.Series, NDArray[np.int64]]:
    """The levels of a text, ascending, and each row's, where null is one more."""
    levels = column.drop_nulls().unique().sort()
    codes = column.cast(pl.Enum(levels)).to_physical().cast(pl.Int64).fill_null(len(levels))
    return levels, codes.to_numpy()
