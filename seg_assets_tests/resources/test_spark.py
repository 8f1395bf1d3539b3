"""Delta tables by Spark Connect: one partition replaced, the table made or widened where it has to be."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from resources.lakehouse import Lakehouse
from resources.spark import SparkError, SparkTables, open_session, spark_schema
from seg_assets.schemas import Column, Table
from seg_assets_tests.spark_sessions import sail_session

NARROW = Table(
    "scores",
    {
        "account_id": Column(pl.String, "The account"),
        "snapshot_date": Column(pl.Date, "The Monday"),
        "reasons": Column(pl.List(pl.String), "Why"),
    },
    "snapshot_date",
)
WIDE = Table("scores", {**NARROW.columns, "points": Column(pl.Float64, "Points")}, "snapshot_date")
FIRST, SECOND = dt.date(2026, 6, 1), dt.date(2026, 6, 8)


def test_a_partition_is_replaced_alone_and_a_column_that_is_new_is_added(tmp_path: Path) -> None:
    """pysail widens no table that it replaces a part of, and has no partition to replace in a table that is not there.

    Its `partitionOverwriteMode` (0.7.2) took all other partitions away.
    """
    lakehouse = Lakehouse(str(tmp_path))
    uri = lakehouse.uri(WIDE.name)
    with sail_session() as session:
        tables = SparkTables(session)
        for week in (FIRST, SECOND):
            rows = session.createDataFrame([("a", week, ["x", "y"])], spark_schema(NARROW))
            tables.replace(NARROW, uri, rows, week)
        for points in (1.0, 2.0):
            rows = session.createDataFrame([("b", SECOND, ["z"], points)], spark_schema(WIDE))
            tables.replace(WIDE, uri, rows, SECOND)
        assert sorted(row["account_id"] for row in tables.scan(uri).collect()) == ["a", "b"]
    assert lakehouse.scan(WIDE.name).select(*WIDE.schema).sort("snapshot_date").collect().rows() == [
        ("a", FIRST, ["x", "y"], None),
        ("b", SECOND, ["z"], 2.0),
    ]


def test_without_a_server_the_error_says_what_to_set() -> None:
    with pytest.raises(SparkError, match="set SPARK_REMOTE, for example to sc://localhost:50051"):
        open_session({})
