"""Spark Connect: a session, and our Delta tables read and written by it.

Belongs here: opening the session, the types of our tables as Spark names them, replacing one partition.
Does not: what is computed (seg_assets/steps), tables without Spark (lakehouse.py).

Nothing here needs more than Spark Connect: no `.rdd`, no `sparkContext`.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from seg_assets.schemas import Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, DataFrameWriter, SparkSession

REMOTE, DATABRICKS = "SPARK_REMOTE", "DATABRICKS_RUNTIME_VERSION"


class SparkError(RuntimeError):
    """A session that cannot be opened; the message names the remedy."""


def open_session(environment: Mapping[str, str] = os.environ) -> SparkSession:
    """The session of SPARK_REMOTE, a Spark Connect server; on Databricks the task's own where that is not set.

    Raises SparkError elsewhere: a Spark of this machine's own could not open Delta tables.
    """
    remote = environment.get(REMOTE)
    if not remote and DATABRICKS not in environment:
        raise SparkError(
            f"scoring on Spark needs a Spark Connect server: set {REMOTE}, for example to sc://localhost:50051, where "
            "`sail spark server` listens; or score with Polars (SEG_ENGINE=polars)"
        )
    from pyspark.sql import SparkSession

    return (SparkSession.builder.remote(remote) if remote else SparkSession.builder).getOrCreate()


@dataclass(frozen=True)
class SparkTables:
    """Delta tables by `uri`: a path, or a name of the catalogue such as main.segments.segment_scores."""

    session: SparkSession

    def scan(self, uri: str) -> DataFrame:
        """All rows of a table."""
        reader = self.session.read
        return reader.format("delta").load(uri) if _is_path(uri) else reader.table(uri)

    def replace(self, table: Table, uri: str, frame: DataFrame, partition: dt.date) -> None:
        """Put `frame`, which has the columns and types of `table`, in the place of one partition, in one commit.

        The table is created where it is missing, and widened where it lacks a column. A write that fails or is
        interrupted leaves it as it was.
        """
        column = table.partition_column
        if column is None:
            raise ValueError(f"table {table.name} has no partitions")
        # Of its own, since pysail widens a table by appending to it alone.
        nothing = self.session.createDataFrame([], spark_schema(table)).write.format("delta").partitionBy(column)
        _save(nothing.mode("ignore"), uri)
        if set(table.schema) - set(self.scan(uri).columns):
            _save(nothing.mode("append").option("mergeSchema", "true"), uri)
        # After none of the table's own rows the new ones have its very types. Without, pysail refuses lists, whose
        # elements it calls `item` in a frame and `element` in a table.
        rows = self.scan(uri).limit(0).unionByName(frame)
        replacing = rows.write.format("delta").mode("overwrite").partitionBy(column)
        _save(replacing.option("replaceWhere", f"{column} = '{partition.isoformat()}'"), uri)


def spark_schema(table: Table) -> str:
    """The columns of `table` as Spark declares them. Raises KeyError for a type that none of ours has there."""
    return spark_columns(table.schema)


def spark_columns(schema: pl.Schema) -> str:
    """The same of columns that are no table's."""
    return ", ".join(f"`{name}` {_spark_type(dtype)}" for name, dtype in schema.items())


def _spark_type(dtype: pl.DataType) -> str:
    if isinstance(dtype, pl.List):
        return f"array<{_spark_type(pl.Series([], dtype=dtype.inner).dtype)}>"
    named = {
        pl.String(): "string",
        pl.Date(): "date",
        pl.Boolean(): "boolean",
        pl.Float64(): "double",
        pl.Int64(): "bigint",
    }
    return named[dtype]


def _save(writer: DataFrameWriter, uri: str) -> None:
    if _is_path(uri):
        writer.save(uri)
    else:
        writer.saveAsTable(uri)


def _is_path(uri: str) -> bool:
    return "/" in uri
