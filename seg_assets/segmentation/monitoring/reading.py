"""Accounts that may be more than memory holds: some rows, or some columns, after the others.

Belongs here: how much is read at once. Does not: what becomes of it (placed.py, tally.py), where accounts lie.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import polars as pl

Accounts = pl.DataFrame | pl.LazyFrame
"""Account rows, or where they are read from; read again they have the same order."""
ROWS_AT_ONCE = 500_000
"""Of which several columns are worked on together."""
VALUES_AT_ONCE = 50_000_000
"""Of columns that are read together: 0.4 GB of numbers."""


def in_batches(accounts: Accounts, found: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame:
    """What is `found` of the rows, a frame of as many rows each time, in their order."""
    read = accounts.lazy()
    # In one pass: a slice of a scan reads all rows before it too.
    parts = [found(batch) for batch in read.collect_batches(chunk_size=ROWS_AT_ONCE)]
    return pl.concat(parts) if parts else found(read.collect())


def with_keys(accounts: Accounts, keys: pl.DataFrame, names: Sequence[str]) -> Iterator[tuple[list[str], pl.DataFrame]]:
    """The columns `names` of the rows, some after the others, each time beside `keys`, which are of the same rows."""
    for some in some_at_once(names, keys.height):
        others = [name for name in some if name not in keys.columns]
        yield some, keys.hstack(accounts.lazy().select(others).collect()) if others else keys


def some_at_once(names: Sequence[str], rows: int) -> Iterator[list[str]]:
    """The columns `names` of so many rows, together as many as may be read at once."""
    at_once = max(VALUES_AT_ONCE // max(rows, 1), 1)
    for at in range(0, len(names), at_once):
        yield list(names[at : at + at_once])
