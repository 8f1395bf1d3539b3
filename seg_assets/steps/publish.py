"""Copy the tables of a home to Unity Catalog, partition by partition: what changed since it was copied last.

Belongs here: which partitions are to be copied, and copying one. Does not: the names and columns of the copies
(unity_catalog.py), how a partition is replaced (resources/spark.py), describing the tables (seg describe).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from resources.lakehouse import Lakehouse
from resources.spark import SparkTables, spark_type
from seg_assets.catalogs import Catalogue
from seg_assets.publication_schemas import PUBLICATIONS
from seg_assets.schemas import Column, Table
from seg_assets.steps.week_reads import SNAPSHOTS
from seg_assets.unity_catalog import copy_of, full_name, is_sliced

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Published:
    """A partition that was copied; None for a table without partitions."""

    table: str
    partition: dt.date | None
    rows: int


def publish(
    lakehouse: Lakehouse,
    spark: SparkTables,
    tables: Collection[Table],
    catalogue: Catalogue,
    schema: str,
    now: Callable[[], dt.datetime],
) -> Iterator[Published]:
    """Replace, in `schema` (<catalog>.<schema>), what differs from its copy; yields each partition once it is there.

    A copy has the columns that copy_of says. It is replaced in one commit, and noted after it: what was interrupted is
    copied again, and so is all of a table that is no longer there. One process of a machine publishes at a time. Raises
    ValueError where schema is none.
    """
    names = {table.name: full_name(table.name, schema) for table in tables}
    with lakehouse.alone("publish"):
        already = _published(lakehouse, schema)
        for declared in sorted(tables, key=lambda one: one.name):
            if not lakehouse.exists(declared.name):
                continue
            table, name = copy_of(_as_stored(lakehouse, declared), catalogue), names[declared.name]
            copied = already if spark.exists(name) else {}
            for partition, files in _contents(lakehouse, table).items():
                if copied.get((table.name, partition)) == files:
                    continue
                spark.replace(table, name, _rows(spark, lakehouse, table, partition, catalogue.slices), partition)
                rows = _stored(lakehouse, table, partition)
                note = {"schema": schema, "table": table.name, "partition": partition, "files": files}
                row = {**note, "rows": rows, "at": now()}
                lakehouse.append(PUBLICATIONS, pl.DataFrame([row], schema=PUBLICATIONS.schema))
                yield Published(table.name, partition, rows)


def published_at(lakehouse: Lakehouse, schema: str, table: str) -> dt.datetime | None:
    """When a partition of `table` was copied to `schema` last; None where none was."""
    if not lakehouse.exists(PUBLICATIONS.name):
        return None
    there = lakehouse.scan(PUBLICATIONS.name).filter(pl.col("schema") == schema, pl.col("table") == table)
    newest: dt.datetime | None = there.select(pl.col("at").max()).collect().item()
    return newest


def published_tables(lakehouse: Lakehouse, schema: str) -> list[str]:
    """The tables of which something was copied to `schema`, by name."""
    return sorted({table for table, _ in _published(lakehouse, schema)})


def _as_stored(lakehouse: Lakehouse, table: Table) -> Table:
    """The table with the further columns that it may have, and has."""
    if not table.open_ended:
        return table
    stored = lakehouse.scan(table.name).collect_schema()
    further = {name: Column(dtype, "") for name, dtype in stored.items() if name not in table.columns}
    return replace(table, columns={**table.columns, **further})


def _published(lakehouse: Lakehouse, schema: str) -> Mapping[tuple[str, dt.date | None], str]:
    """What each partition consisted of when it was copied there last."""
    if not lakehouse.exists(PUBLICATIONS.name):
        return {}
    there = lakehouse.scan(PUBLICATIONS.name).filter(pl.col("schema") == schema).sort("at")
    return {(table, day): files for table, day, files in there.select("table", "partition", "files").collect().rows()}


def _contents(lakehouse: Lakehouse, table: Table) -> dict[dt.date | None, str]:
    """Every partition with a hash of what its copy is made of, the oldest first: files, whose names are never used
    again, and of a copy with slices also its columns and the snapshot's files.
    """
    if table.partition_column is None:
        return {None: _hash(lakehouse.files(table.name))}
    stored = sorted(lakehouse.partitions(table.name).items())
    if not is_sliced(table):
        return {day: _hash(files) for day, files in stored}
    snapshots = lakehouse.partitions(SNAPSHOTS)
    return {day: _hash([*files, *snapshots.get(day, ()), *table.columns]) for day, files in stored}


def _hash(names: Collection[str]) -> str:
    return hashlib.sha256("\n".join(sorted(name.rpartition("/")[2] for name in names)).encode()).hexdigest()


def _rows(
    spark: SparkTables, lakehouse: Lakehouse, table: Table, partition: dt.date | None, slices: Collection[str]
) -> DataFrame:
    """The rows of a partition with all columns that the copy declares: null where they are not stored yet."""
    from pyspark.sql import functions as f

    stored = _partition(spark, lakehouse, table, partition)
    if is_sliced(table) and partition in lakehouse.partitions(SNAPSHOTS):
        snapshot = _partition(spark, lakehouse, replace(table, name=SNAPSHOTS), partition)
        further = [name for name in slices if name in snapshot.columns and name not in stored.columns]
        stored = stored.join(snapshot.select("account_id", *further), "account_id", "left")
    there = set(stored.columns)
    return stored.select(
        *(
            f.col(name) if name in there else f.lit(None).cast(spark_type(dtype)).alias(name)
            for name, dtype in table.schema.items()
        )
    )


def _partition(spark: SparkTables, lakehouse: Lakehouse, table: Table, partition: dt.date | None) -> DataFrame:
    from pyspark.sql import functions as f

    stored = spark.scan(lakehouse.uri(table.name))
    return stored if partition is None else stored.filter(f.col(str(table.partition_column)) == f.lit(partition))


def _stored(lakehouse: Lakehouse, table: Table, partition: dt.date | None) -> int:
    days = None if partition is None else [partition]
    rows: int = lakehouse.scan(table.name, days).select(pl.len()).collect().item()
    return rows
