"""Summarise a snapshot on Spark, of any size: tallies batch by batch, put together column by column and slice by slice.

Belongs here: the same as `summary_of` in monitor.py for a snapshot that outgrows one machine, through Spark Connect.
Does not: the figures, which are the very ones of segmentation/monitoring; the session (resources/spark.py).

What no machine ever holds is the snapshot; what one does is what the batches' accounts have in one column.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import polars as pl

from resources.lakehouse import Lakehouse
from resources.spark import SparkTables, spark_columns
from seg_assets.segmentation.monitoring.summary import MEASURED, PARTS, Summary, assembled, measured, parts
from seg_assets.steps.arrow_batches import gathered, spark_arrow
from seg_assets.steps.monitor import Asked
from seg_assets.steps.week_reads import SNAPSHOTS

if TYPE_CHECKING:
    import pyarrow as pa

    Batches = Iterator[pa.RecordBatch]

ROWS_AT_ONCE = 262_144
"""The more accounts are tallied together, the fewer parts they make."""


def summary_on_spark(tables: SparkTables, lakehouse: Lakehouse, monday: dt.date, asked: Asked) -> Summary:
    """The summary of that Monday's accounts; what `summary_of` finds, but for the last digits of means."""
    from pyspark.sql import functions as f

    snapshots = tables.scan(lakehouse.uri(SNAPSHOTS))
    stored = lakehouse.scan(SNAPSHOTS, [monday]).collect_schema()
    types = {name: stored[name] for name in asked.gates}
    accounts = snapshots.filter(f.col("snapshot_date") == f.lit(monday)).select(*asked.read)
    parted = accounts.mapInArrow(_tallying(asked), spark_columns(PARTS))
    groups = parted.groupBy("slice_key", "slice_value", "column_name")
    found = groups.applyInArrow(_measuring(asked, types), spark_columns(MEASURED))
    return assembled(pl.DataFrame(found.toArrow()), types, asked.columns, asked.slice_keys)


def _tallying(asked: Asked) -> Callable[[Batches], Batches]:
    """What Spark calls with batches of accounts, on whatever machine: batches of PARTS."""

    def tallied(batches: Batches) -> Batches:
        for accounts in gathered(batches, ROWS_AT_ONCE):
            yield from spark_arrow(parts(asked.tally(accounts))).to_batches()

    return tallied


def _measuring(asked: Asked, types: dict[str, pl.DataType]) -> Callable[[pa.Table], pa.Table]:
    """What Spark calls with all PARTS of one column in one slice: its row of MEASURED."""
    columns = {column.name: column for column in asked.columns}

    def measuring(rows: pa.Table) -> pa.Table:
        return spark_arrow(measured(pl.DataFrame(rows), types, columns))

    return measuring
