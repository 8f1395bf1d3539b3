"""A week in slices of accounts, one after another: memory for one of them, however many accounts there are.

Belongs here: cutting by account_id, and putting together what becomes of the slices. Does not: what that is (score.py).

Polars' streaming engine keeps whole columns for some expressions of scoring (lookups, tables of steps): half a GB for
each million accounts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import polars as pl
from polars.io.plugins import register_io_source

SLICE = 500_000
"""Accounts, of a snapshot that is sorted by account_id, as ours are."""


@dataclass(frozen=True)
class Slice:
    """The accounts with ids from `first` on and below `end`; None where there is no such bound."""

    first: str | None
    end: str | None

    def of(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """The rows of `frame`, which has account_id, of these accounts; of one that is sorted no others are read."""
        account = pl.col("account_id")
        if self.first is not None:
            frame = frame.filter(account >= self.first)
        return frame if self.end is None else frame.filter(account < self.end)


EVERYONE = Slice(None, None)


def slices(snapshot: pl.LazyFrame, rows: int = SLICE) -> list[Slice]:
    """Slices of which each account of `snapshot` is in one, of `rows` accounts where it is sorted."""
    every = snapshot.select(pl.col("account_id").gather_every(rows, offset=rows)).collect(engine="streaming")
    bounds = [None, *every.to_series().unique().sort(), None]
    return [Slice(first, end) for first, end in pairwise(bounds)]


def in_turn(parts: list[Slice], found: Callable[[Slice], pl.LazyFrame]) -> pl.LazyFrame:
    """What is `found` of each of `parts`, a frame of the same columns each time, one after another."""
    if len(parts) == 1:
        return found(parts[0])

    def source(
        columns: list[str] | None, predicate: pl.Expr | None, limit: int | None, _: int | None
    ) -> Iterator[pl.DataFrame]:
        for part in parts:
            frame = found(part)
            if predicate is not None:
                frame = frame.filter(predicate)
            if columns is not None:
                frame = frame.select(columns)
            rows = frame.collect()
            yield rows if limit is None else rows.head(limit)
            if limit is not None and (limit := limit - rows.height) <= 0:
                return

    return register_io_source(source, schema=found(parts[0]).collect_schema())
