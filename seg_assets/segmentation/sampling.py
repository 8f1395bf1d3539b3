"""Which accounts a computation looks at where all of them would be too many.

Belongs here: an order of accounts that depends on their ids alone, and the first rows of it.
Does not: what is computed on the sample.
"""

from __future__ import annotations

import zlib

import polars as pl

SAMPLE_ROWS = 60_000


def hash_sample(snapshot: pl.DataFrame, rows: int = SAMPLE_ROWS) -> pl.DataFrame:
    """At most `rows` accounts of `snapshot`, in the order of the CRC-32 of their account_id.

    The same accounts on every machine and, as far as they still exist, in every month; the order of the rows of
    `snapshot` makes no difference. Polars' own hash would: it changes between versions.
    """
    ids = snapshot["account_id"].cast(pl.String).to_list()
    codes = pl.Series([zlib.crc32(account.encode()) for account in ids], dtype=pl.UInt32)
    order = pl.DataFrame({"code": codes, "account_id": ids}).select(pl.arg_sort_by("code", "account_id").head(rows))
    return snapshot[order.to_series()]
