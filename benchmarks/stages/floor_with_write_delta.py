"""The floor once more, with Polars' own Delta writer in the place of a Parquet file: for information.

Belongs here: the same reading as floor.py, and write_delta replacing one partition. Does not: the lakehouse's writer.
"""

from __future__ import annotations

from itertools import repeat

import polars as pl
from deltalake import WriterProperties

from benchmarks.prepared import WEEK, Prepared
from benchmarks.stages import Repeats
from benchmarks.stages.floor import read_accounts


def repeats(prepared: Prepared) -> Repeats:
    """Every repeat replaces the same week of a table of its own."""
    file = prepared.file_of("segment_scores")
    scores = pl.read_parquet(file, hive_partitioning=False).with_columns(snapshot_date=pl.lit(WEEK))
    target = str(prepared.scratch("floor_table"))
    scores.head(0).write_delta(target, delta_write_options={"partition_by": ["snapshot_date"]})
    table, columns = prepared.lakehouse.uri("account_snapshots"), prepared.segmentation.required_columns
    options = {
        "predicate": f"snapshot_date = '{WEEK}'",
        "writer_properties": WriterProperties(compression="ZSTD", compression_level=1),
    }

    def read_and_write() -> int:
        accounts = read_accounts(table, columns)
        scores.write_delta(target, mode="overwrite", delta_write_options=options)
        return accounts.height

    yield from repeat(read_and_write)
