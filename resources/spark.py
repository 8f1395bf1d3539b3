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
    from polars._typing import PolarsDataType
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
            f"Spark is asked for, and no Spark Connect server is named: set {REMOTE}, for example to "
            "sc://localhost:50051, where `sail spark server` listens; or do without (SEG_ENGINE=polars)"
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
        return reader.format("delta").load(_location(uri)) if _is_path(uri) else reader.table(uri)

    def exists(self, name: str) -> bool:
        """Whether there is a table of that name in the catalogue."""
        return bool(self.session.catalog.tableExists(name))

    def replace(self, table: Table, uri: str, frame: DataFrame, partition: dt.date | None) -> None:
        """Put `frame`, which has the columns and types of `table`, in the place of one partition, in one commit.

        partition: None for a table without partitions, whose rows are all replaced. The table is created where it is
        missing, and widened where it lacks a column; columns that `table` no longer has are null. A write that fails or
        is interrupted leaves it as it was.
        """
        from pyspark.sql import functions as f

        column = table.partition_column
        if (column is None) != (partition is None):
            told = "no partitions" if column is None else f"a partition for each {column}"
            raise ValueError(f"table {table.name} has {told}: partition is {partition}")
        by = [] if column is None else [column]
        # Of its own, since pysail widens a table by appending to it alone.
        nothing = self.session.createDataFrame([], spark_schema(table)).write.format("delta").partitionBy(*by)
        _save(nothing.mode("ignore"), uri)
        if set(table.schema) - set(self.scan(uri).columns):
            _save(nothing.mode("append").option("mergeSchema", "true"), uri)
        # After none of the table's own rows the new ones have its very types. Without, pysail refuses lists, whose
        # elements it calls `item` in a frame and `element` in a table.
        rows = self.scan(uri).limit(0).unionByName(frame, allowMissingColumns=True)
        replacing = rows.write.format("delta").mode("overwrite").partitionBy(*by)
        if partition is None:
            _save(replacing, uri)
        elif _is_path(uri):
            replacing.option("replaceWhere", f"{column} = '{partition.isoformat()}'").save(_location(uri))
        else:
            # pysail forgets replaceWhere where a table has a name, and would take all other partitions away.
            rows.writeTo(uri).overwrite(f.col(str(column)) == f.lit(partition))


def spark_schema(table: Table) -> str:
    """The columns of `table` as Spark declares them. Raises KeyError for a type that none of ours has there."""
    return spark_columns(table.schema)


def spark_columns(schema: pl.Schema) -> str:
    """The same of columns that are no table's."""
    return ", ".join(f"`{name}` {spark_type(dtype)}" for name, dtype in schema.items())


def spark_type(dtype: pl.DataType) -> str:
    """A type of our tables as Spark declares it. Raises KeyError for one that none of ours has."""
    if isinstance(dtype, pl.List):
        return f"array<{spark_type(_instance(dtype.inner))}>"
    if isinstance(dtype, pl.Struct):
        fields = (f"`{field.name}`: {spark_type(_instance(field.dtype))}" for field in dtype.fields)
        return f"struct<{', '.join(fields)}>"
    named = {
        pl.String(): "string",
        pl.Date(): "date",
        pl.Boolean(): "boolean",
        pl.Float64(): "double",
        pl.Int64(): "bigint",
        pl.Datetime("us", "UTC"): "timestamp",
    }
    return named[dtype]


def _instance(dtype: PolarsDataType) -> pl.DataType:
    """A type that may be written as its class."""
    return pl.Series([], dtype=dtype).dtype


def _save(writer: DataFrameWriter, uri: str) -> None:
    if _is_path(uri):
        writer.save(_location(uri))
    else:
        writer.saveAsTable(uri)


def _is_path(uri: str) -> bool:
    return "/" in uri


def _location(path: str) -> str:
    """As Spark reads it everywhere: a bare path is one of DBFS on Databricks."""
    return f"file://{path}" if path.startswith("/") else path
