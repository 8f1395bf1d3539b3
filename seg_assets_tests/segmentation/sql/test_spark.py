"""The SQL of Spark, run by Spark: pyspark comes with dagster-databricks, Java may be there or not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from resources.lakehouse import Lakehouse
from resources.spark import SparkTables, spark_schema
from seg_assets.catalogs.label_language import parsed
from seg_assets.schemas import SEGMENT_SCORES, Column, Table, account_snapshots
from seg_assets.segmentation.label_conditions import expression
from seg_assets.segmentation.labels import Labels
from seg_assets.segmentation.monitoring.drift import drift
from seg_assets.segmentation.sql import held_sql, labels_sql, select_sql
from seg_assets.segmentation.sql.label_predicates import Predicates
from seg_assets.segmentation.sql.syntax import column
from seg_assets.steps.monitor import Asked, summary_of
from seg_assets.steps.monitor_on_spark import summary_on_spark
from seg_assets.steps.score import score_week
from seg_assets.steps.score_on_spark import score_week_on_spark
from seg_assets_tests.segmentation.conftest import Fitted
from seg_assets_tests.segmentation.sql.held_weeks import Weeks, expected
from seg_assets_tests.segmentation.sql.label_cases import NUMBERS, SCHEMA, conditions, rows
from seg_assets_tests.segmentation.sql.models import Case, cases
from seg_assets_tests.spark_sessions import NEEDS_JAVA, jvm_session
from seg_assets_tests.steps.spark_home import CATALOGUE, LABELS, LAST, stored, task
from seg_assets_tests.steps.spark_home import fitted as fitted_small

pytestmark = [pytest.mark.slow, NEEDS_JAVA]


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with jvm_session(tmp_path_factory.mktemp("warehouse")) as session:
        yield session


def run(spark: Any, text: str, accounts: pl.DataFrame, folder: Path) -> pl.DataFrame:
    accounts.write_parquet(folder / "accounts.parquet")
    spark.read.parquet(str(folder / "accounts.parquet")).createOrReplaceTempView("accounts")
    spark.sql(text).coalesce(1).write.mode("overwrite").parquet(str(folder / "found"))
    return pl.read_parquet(folder / "found" / "*.parquet").sort("account_id")


def test_spark_gives_a_fitted_segmentation_the_same_answer(spark: Any, fitted: Fitted, tmp_path: Path) -> None:
    found = run(spark, select_sql(fitted.segmentation, "accounts", "spark"), fitted.snapshot, tmp_path)
    scores = fitted.segmentation.assign(fitted.snapshot).select("account_id", "snapshot_date", "rule_segment_id")
    wanted = fitted.segmentation.indices(fitted.snapshot).join(scores, on="account_id").collect()
    assert_frame_equal(found, wanted.select(found.columns).sort("account_id"), check_dtypes=False)
    assert pl.Decimal not in {dtype.base_type() for dtype in found.dtypes}, "Spark computed an index in decimals"


@pytest.mark.parametrize("hold_weeks", [2])
def test_spark_holds_the_same_accounts(
    spark: Any, fitted: Fitted, weeks: Weeks, tmp_path: Path, hold_weeks: int
) -> None:
    text = held_sql(fitted.segmentation, "accounts", hold_weeks, "spark")
    found = run(spark, text, pl.concat(weeks.values()), tmp_path).sort("snapshot_date", "account_id")
    assert_frame_equal(found, expected(fitted.segmentation, weeks, hold_weeks))


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_spark_gives_every_account_what_polars_gives_it(
    spark: Any, fitted: Fitted, tmp_path_factory: pytest.TempPathFactory, case: Case
) -> None:
    """Spark says that null is not NaN, where DuckDB says null: missing values once counted as the highest."""
    text = select_sql(case.segmentation(fitted.segmentation), "accounts", "spark")
    found = run(spark, text, case.accounts, tmp_path_factory.mktemp("case"))
    assert_frame_equal(found, case.expected, check_dtypes=False)


def test_spark_gives_the_labels_that_scoring_gives(spark: Any, fitted: Fitted, tmp_path: Path) -> None:
    labels = Labels.of(fitted.catalogue.labels)
    text = labels_sql(fitted.segmentation, labels, "accounts", fitted.snapshot.schema, dialect="spark")
    found = run(spark, text, fitted.snapshot, tmp_path)
    told = fitted.segmentation.assign(fitted.snapshot, labels=labels).collect().sort("account_id")
    for name in labels.names:
        assert found[name].equals(told["labels"].list.contains(name), null_equal=False), name


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(conditions, min_size=30, max_size=60), st.lists(rows, min_size=10, max_size=20))
def test_spark_answers_conditions_as_polars_does(
    spark: Any, tmp_path_factory: pytest.TempPathFactory, texts: list[str], values: list[dict[str, object]]
) -> None:
    accounts = pl.DataFrame(values, schema=SCHEMA).with_row_index("account_id")
    predicates = Predicates({name: column(name) for name in SCHEMA}, NUMBERS, "spark")
    asked = [f"COALESCE({predicates.of(parsed(text)).sql('spark')}, FALSE) AS c{n}" for n, text in enumerate(texts)]
    own = {name: pl.col(name) for name in SCHEMA}
    wanted = accounts.with_columns(
        expression(parsed(text), own).fill_null(False).alias(f"c{n}") for n, text in enumerate(texts)
    )
    found = run(
        spark, f"SELECT account_id, {', '.join(asked)} FROM accounts", accounts, tmp_path_factory.mktemp("case")
    )
    for n, text in enumerate(texts):
        assert found[f"c{n}"].to_list() == wanted[f"c{n}"].to_list(), text


class ParquetTables(SparkTables):
    """The same tables as their Parquet files: this Spark has no reader of Delta."""

    def scan(self, uri: str) -> Any:
        schema = Lakehouse(str(Path(uri).parent)).scan(Path(uri).name).collect_schema()
        (column,) = DeltaTable(uri).metadata().partition_columns
        types = Table("", {name: Column(dtype, "") for name, dtype in schema.items()}, column)
        # With the types nothing has to be read to find them.
        reader = self.session.read.schema(spark_schema(types)).option("basePath", uri)
        return reader.parquet(*DeltaTable(uri).file_uris())

    def replace(self, table: Table, uri: str, frame: Any, partition: dt.date) -> None:
        folder = Path(uri).parent / "by_jvm"
        frame.write.mode("overwrite").parquet(str(folder))
        stored = pl.read_parquet(folder / "*.parquet").select(*table.schema)
        Lakehouse(str(Path(uri).parent)).replace(table, stored, partition)


def test_the_monitoring_step_agrees_with_polars_in_every_figure(spark: Any, tmp_path: Path) -> None:
    home = stored(tmp_path, fitted_small())
    asked = Asked.of(CATALOGUE, list(account_snapshots(CATALOGUE).schema), home.segmentation)
    by_jvm = summary_on_spark(ParquetTables(spark), home.lakehouse, LAST, asked)
    by_polars = summary_of(home.lakehouse, LAST, asked)
    assert_frame_equal(by_jvm.profile, by_polars.profile, check_exact=True)
    moved = drift(by_polars.counts, by_jvm.counts, asked.columns)
    assert moved.height > 0 and moved["population_stability_index"].max() == 0 == moved["percent_null_delta"].max()


def test_the_scoring_step_agrees_with_polars_in_every_column(spark: Any, tmp_path: Path) -> None:
    home = stored(tmp_path, fitted_small())
    by_polars = score_week(home.lakehouse, task(), home.segmentation, 2, LABELS)
    home.lakehouse.replace(SEGMENT_SCORES, home.scores().clear(), LAST)
    by_jvm = score_week_on_spark(ParquetTables(spark), home.lakehouse, task(), home.segmentation, 2, LABELS)
    assert by_jvm == by_polars
    assert_frame_equal(home.scores(), home.wanted, check_exact=True)
