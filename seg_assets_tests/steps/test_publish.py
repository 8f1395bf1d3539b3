"""Copying to a catalogue of pysail, which stands for Unity Catalog: every table, what changed alone, whole again."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

from resources.lakehouse import Lakehouse
from resources.spark import SparkTables
from seg_assets.assets.tables import tables_of
from seg_assets.catalogs import default_catalogue
from seg_assets.cli import app
from seg_assets.monitoring_schemas import DRIFT_METRICS
from seg_assets.publication_schemas import PUBLICATIONS
from seg_assets.schemas import PROMOTIONS, SEGMENT_SCORES, Column, Table
from seg_assets.steps.publish import Published, publish
from seg_assets.unity_catalog import copy_of
from seg_assets_tests.spark_sessions import sail_session

JUNE, JULY = dt.date(2026, 6, 29), dt.date(2026, 7, 6)
NOW = dt.datetime(2026, 7, 7, 9, tzinfo=dt.UTC)
SCHEMA = "sail.segments"
TABLES = tables_of(default_catalogue())


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkTables]:
    # pysail keeps tables with a name below the current folder.
    with pytest.MonkeyPatch.context() as patch, sail_session() as session:
        patch.chdir(tmp_path_factory.mktemp("warehouse"))
        for schema in (SCHEMA, "sail.elsewhere", "sail.interrupted", "sail.dropped", "sail.further", "sail.sliced"):
            session.sql(f"CREATE SCHEMA {schema}")
        yield SparkTables(session)


def value(dtype: pl.DataType, number: int) -> Any:
    """Some value of a type."""
    if isinstance(dtype, pl.List):
        return [value(pl.Series([], dtype=dtype.inner).dtype, number + one) for one in range(number)]
    if isinstance(dtype, pl.Struct):
        return {field.name: value(pl.Series([], dtype=field.dtype).dtype, number) for field in dtype.fields}
    return {
        pl.String(): f"it's {number}",
        pl.Date(): JUNE + dt.timedelta(days=number),
        pl.Boolean(): number % 2 == 0,
        pl.Float64(): number / 3,
        pl.Int64(): number,
        pl.Datetime("us", "UTC"): NOW + dt.timedelta(microseconds=number),
    }[dtype]


def rows(table: Table, first: int = 0) -> pl.DataFrame:
    """Three rows of a table, in the last of which everything is null."""
    some = [{name: value(dtype, first + one) for name, dtype in table.schema.items()} for one in (1, 2)]
    return pl.DataFrame([*some, dict.fromkeys(table.schema)], schema=table.schema)


def store(lakehouse: Lakehouse, table: Table, day: dt.date = JUNE, first: int = 0) -> None:
    if table.partition_column is None:
        lakehouse.append(table, rows(table, first))
    else:
        lakehouse.replace(table, rows(table, first), day)


def copied(lakehouse: Lakehouse, spark: SparkTables, *tables: Table, schema: str = SCHEMA) -> list[Published]:
    return list(publish(lakehouse, spark, tables, default_catalogue(), schema, lambda: NOW))


def there(spark: SparkTables, name: str, schema: str = SCHEMA) -> pl.DataFrame:
    return pl.DataFrame(spark.session.read.table(f"{schema}.{name}").toArrow())


def test_every_table_of_the_graph_arrives_as_it_is(spark: SparkTables, tmp_path: Path) -> None:
    lakehouse = Lakehouse(str(tmp_path))
    for table in TABLES.values():
        store(lakehouse, table)
    done = copied(lakehouse, spark, *TABLES.values())
    assert [one.table for one in done] == sorted(TABLES) and {one.rows for one in done} == {3}
    for name, table in TABLES.items():
        wanted, found = lakehouse.scan(name).collect(), there(spark, name.replace("/", "_"))
        assert_frame_equal(found.select(wanted.columns), wanted, check_row_order=False, check_dtypes=False)
        assert set(found.columns) == set(copy_of(table, default_catalogue()).schema)
    assert copied(lakehouse, spark, *TABLES.values()) == []


def test_what_changed_is_copied_again_and_nothing_else(spark: SparkTables, tmp_path: Path) -> None:
    lakehouse = Lakehouse(str(tmp_path))
    for day in (JUNE, JULY):
        store(lakehouse, DRIFT_METRICS, day)
    store(lakehouse, PROMOTIONS)
    other = [Published(DRIFT_METRICS.name, JUNE, 3), Published(DRIFT_METRICS.name, JULY, 3)]
    assert copied(lakehouse, spark, DRIFT_METRICS, PROMOTIONS) == [*other, Published(PROMOTIONS.name, None, 3)]
    store(lakehouse, DRIFT_METRICS, JULY, first=5)
    store(lakehouse, PROMOTIONS, first=7)
    assert copied(lakehouse, spark, DRIFT_METRICS, PROMOTIONS) == [other[1], Published(PROMOTIONS.name, None, 6)]
    for table in (DRIFT_METRICS, PROMOTIONS):
        wanted = lakehouse.scan(table.name).collect()
        found = there(spark, table.name).select(wanted.columns)
        assert_frame_equal(found, wanted, check_row_order=False, check_dtypes=False)
    assert lakehouse.scan(PUBLICATIONS.name).collect().height == 5
    # Another schema has its own copies.
    assert len(copied(lakehouse, spark, DRIFT_METRICS, schema="sail.elsewhere")) == 2


def test_a_copy_gets_the_columns_that_a_table_has_been_given_since(spark: SparkTables, tmp_path: Path) -> None:
    lakehouse = Lakehouse(str(tmp_path))
    number = Column(pl.Float64, "A number")
    narrow = Table("widened", {"snapshot_date": Column(pl.Date, "A day"), "a": number}, "snapshot_date")
    wide = Table("widened", {**narrow.columns, "b": number}, "snapshot_date")
    store(lakehouse, narrow)
    copied(lakehouse, spark, wide)
    store(lakehouse, wide, JULY)
    copied(lakehouse, spark, wide)
    found = there(spark, "widened").sort("snapshot_date", "a", nulls_last=True)
    assert found["b"].to_list() == [None, None, None, 1 / 3, 2 / 3, None]
    # And is written still when one of them has left the catalogue.
    lakehouse.replace(wide, rows(wide, 5), JULY)
    copied(lakehouse, spark, narrow)
    found = there(spark, "widened").sort("snapshot_date", "a", nulls_last=True)
    assert found["a"].to_list() == [1 / 3, 2 / 3, None, 2, 7 / 3, None] and found["b"].null_count() == 6


def test_copies_of_scores_have_the_accounts_slices_of_their_week(spark: SparkTables, tmp_path: Path) -> None:
    lakehouse, snapshots = Lakehouse(str(tmp_path)), TABLES["account_snapshots"]
    for day in (JUNE, JULY):
        lakehouse.replace(SEGMENT_SCORES, accounts(SEGMENT_SCORES, "a", "b"), day)
        lakehouse.replace(snapshots, accounts(snapshots, "a", region="EMEA"), day)

    def regions() -> dict[tuple[dt.date, str], str | None]:
        found = there(spark, SEGMENT_SCORES.name, "sail.sliced").select("snapshot_date", "account_id", "region")
        return {(day, account): region for day, account, region in found.rows()}

    assert len(copied(lakehouse, spark, SEGMENT_SCORES, schema="sail.sliced")) == 2
    assert regions() == {(day, one): "EMEA" if one == "a" else None for day in (JUNE, JULY) for one in "ab"}
    # A snapshot that was made again may have moved accounts.
    lakehouse.replace(snapshots, accounts(snapshots, "a", "b", region="AMER"), JULY)
    assert copied(lakehouse, spark, SEGMENT_SCORES, schema="sail.sliced") == [Published("segment_scores", JULY, 2)]
    assert regions() == {
        (JUNE, "a"): "EMEA",
        (JUNE, "b"): None,
        (JULY, "a"): "AMER",
        (JULY, "b"): "AMER",
    }


def accounts(table: Table, *names: str, **values: str) -> pl.DataFrame:
    """A row an account, in which nothing else is known than `values`."""
    return pl.DataFrame([{"account_id": name, **values} for name in names], schema=table.schema)


def test_what_was_interrupted_is_copied_again_and_is_there_once(spark: SparkTables, tmp_path: Path) -> None:
    lakehouse = Lakehouse(str(tmp_path))
    for day in (JUNE, JULY):
        store(lakehouse, DRIFT_METRICS, day)

    def killed() -> dt.datetime:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(publish(lakehouse, spark, [DRIFT_METRICS], default_catalogue(), "sail.interrupted", killed))
    assert [one.partition for one in copied(lakehouse, spark, DRIFT_METRICS, schema="sail.interrupted")] == [JUNE, JULY]
    assert there(spark, DRIFT_METRICS.name, "sail.interrupted").height == 6


def test_a_copy_that_was_dropped_comes_back_whole(spark: SparkTables, tmp_path: Path) -> None:
    lakehouse = Lakehouse(str(tmp_path))
    for day in (JUNE, JULY):
        store(lakehouse, DRIFT_METRICS, day)
    copied(lakehouse, spark, DRIFT_METRICS, schema="sail.dropped")
    spark.session.sql(f"DROP TABLE sail.dropped.{DRIFT_METRICS.name}")
    assert len(copied(lakehouse, spark, DRIFT_METRICS, schema="sail.dropped")) == 2


def test_further_columns_of_an_open_ended_table_are_copied_too(spark: SparkTables, tmp_path: Path) -> None:
    lakehouse = Lakehouse(str(tmp_path))
    table = TABLES["account_features"]
    lakehouse.replace(table, rows(table).with_columns(x_1=pl.lit(0.5)), JUNE)
    copied(lakehouse, spark, table, schema="sail.further")
    assert there(spark, table.name, "sail.further")["x_1"].to_list() == [0.5] * 3


def test_the_command_says_what_it_copied_and_what_is_wrong(
    spark: SparkTables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(Lakehouse(str(tmp_path / "lakehouse")), SEGMENT_SCORES)
    monkeypatch.setenv("SEG_HOME", str(tmp_path))

    def told(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["publish", *arguments])
        return result.exit_code, result.output

    monkeypatch.delenv("SPARK_REMOTE", raising=False)
    monkeypatch.delenv("DATABRICKS_RUNTIME_VERSION", raising=False)
    code, says = told(SCHEMA)
    assert code == 2 and "set SPARK_REMOTE" in says
    monkeypatch.setenv("SPARK_REMOTE", f"sc://{spark.session.client.host}")
    code, says = told("segments")
    assert code == 2 and "write <catalog>.<schema>, such as main.segments" in says
    code, says = told(SCHEMA, "--tables", "segment_score")
    assert code == 2 and "there is no table segment_score; there are" in says
    code, says = told(SCHEMA, "--tables", "segment_profiles")
    assert code == 2 and f"none of these tables is below {tmp_path / 'lakehouse'} yet: run `seg run`" in says
    code, says = told("sail.nowhere")
    assert code == 1 and "Is there a schema sail.nowhere, and may you make tables in it?" in says
    code, says = told(SCHEMA, "--tables", "segment_scores")
    assert code == 0 and says.splitlines() == [
        f"segment_scores {JUNE}: 3 rows",
        f"1 partitions of 1 tables copied to {SCHEMA}",
    ]
    code, says = told(SCHEMA, "--json")
    assert (code, json.loads(says)) == (0, {"schema": SCHEMA, "tables": {}, "unknown": []})
    Lakehouse(str(tmp_path / "lakehouse")).append(Table("raw/theirs", PROMOTIONS.columns), rows(PROMOTIONS))
    assert "this catalogue does not know them (SEG_CATALOG, --catalog): raw/theirs" in told(SCHEMA)[1]
