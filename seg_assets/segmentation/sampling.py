"""Which accounts a computation looks at where all of them would be too many.

Belongs here: an order of accounts that depends on their ids alone, and the first rows of it.
Does not: what is computed on the sample.
"""

from __future__ import annotations

import zlib

import polars as pl

SAMPLE_ROWS = 60_000
HASHED_AT_ONCE = 500_000


def hash_sample(snapshot: pl.DataFrame, rows: int = SAMPLE_ROWS) -> pl.DataFrame:
    """At most `rows` accounts of `snapshot`, in the order of the CRC-32 of their account_id.

    The same accounts on every machine and, as far as they still exist, in every month; the order of the rows of
    `snapshot` makes no difference. Polars' own hash would: it changes between versions.
    """
    ids = snapshot["account_id"].cast(pl.String)
    order = pl.DataFrame({"code": _checksums(ids), "account_id": ids})
    return snapshot[order.select(pl.arg_sort_by("code", "account_id").head(rows)).to_series()]


def hash_sample_of(population: pl.LazyFrame) -> pl.DataFrame:
    """`hash_sample` of accounts that are read only where they are in it."""
    ids = hash_sample(population.select("account_id").collect(engine="streaming"))["account_id"]
    return hash_sample(population.filter(pl.col("account_id").is_in(ids.implode())).collect(engine="streaming"))


def _checksums(ids: pl.Series) -> pl.Series:
    """(n,) UInt32. As many ids at once as a list of Python's has little memory for."""
    parts = [
        pl.Series([zlib.crc32(account.encode()) for account in ids.slice(start, HASHED_AT_ONCE)], dtype=pl.UInt32)
        for start in range(0, len(ids), HASHED_AT_ONCE)
    ]
    return pl.concat(parts) if parts else pl.Series([], dtype=pl.UInt32)
