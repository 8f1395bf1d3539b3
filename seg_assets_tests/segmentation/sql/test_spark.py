"""The SQL of Spark, run by Spark: pyspark comes with dagster-databricks, Java may be there or not."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from seg_assets.catalogs.label_language import parsed
from seg_assets.segmentation.label_conditions import expression
from seg_assets.segmentation.labels import Labels
from seg_assets.segmentation.sql import held_sql, labels_sql, select_sql
from seg_assets.segmentation.sql.label_predicates import Predicates
from seg_assets.segmentation.sql.syntax import column
from seg_assets_tests.segmentation.conftest import Fitted
from seg_assets_tests.segmentation.sql.held_weeks import Weeks, expected
from seg_assets_tests.segmentation.sql.label_cases import NUMBERS, SCHEMA, conditions, rows
from seg_assets_tests.segmentation.sql.models import Case, cases

pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java")]


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    sql = pytest.importorskip("pyspark.sql")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        settings = {
            "spark.ui.enabled": "false",
            "spark.sql.shuffle.partitions": "1",
            "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse")),
        }
        builder = sql.SparkSession.builder.master("local[1]")
        session = builder.config(map=settings).getOrCreate()
        yield session
        session.stop()


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


@pytest.mark.parametrize("hold_weeks", [1, 2])
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
