"""The floor: what reading the accounts and writing the scores costs when nothing is computed between.

Belongs here: Polars reading the columns that scoring reads, and writing scores that it holds in memory already.
Does not: anything of this project in the timed call.
"""

from __future__ import annotations

from itertools import repeat

import polars as pl

from benchmarks.prepared import WEEK, Prepared
from benchmarks.stages import Repeats


def repeats(prepared: Prepared) -> Repeats:
    """Every repeat writes the same Parquet file, compressed as the lakehouse compresses."""
    scores = pl.read_parquet(prepared.file_of("segment_scores"), hive_partitioning=False)
    target = prepared.scratch("floor.parquet")
    target.parent.mkdir(parents=True, exist_ok=True)
    table, columns = prepared.lakehouse.uri("account_snapshots"), prepared.segmentation.required_columns

    def read_and_write() -> int:
        accounts = read_accounts(table, columns)
        scores.write_parquet(target, compression="zstd", compression_level=1)
        return accounts.height

    yield from repeat(read_and_write)


def read_accounts(table: str, columns: tuple[str, ...]) -> pl.DataFrame:
    """The week's accounts, as Polars reads a Delta table."""
    return pl.scan_delta(table).filter(pl.col("snapshot_date") == WEEK).select(columns).collect()
