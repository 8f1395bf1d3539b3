"""The monitoring step on real weeks: shape and keys of its tables, figures counted otherwise, and on Spark the same."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from resources.lakehouse import Lakehouse
from resources.spark import SparkTables
from seg_assets.monitoring_schemas import DRIFT_METRICS, PROFILE_METRICS
from seg_assets.schemas import account_snapshots
from seg_assets.segmentation import Preprocessor, Reference, fit
from seg_assets.segmentation.monitoring.drift import drift
from seg_assets.segmentation.monitoring.placed import placed
from seg_assets.steps.inputs import MonitorInputs
from seg_assets.steps.monitor import Asked, monitor, monitor_week, summary_of
from seg_assets.steps.monitor_on_spark import summary_on_spark
from seg_assets_tests.checks.weeks import CATALOGUE, QUIET, TRAINED_ON, Weeks, accounts_on, segmentation
from seg_assets_tests.segmentation.population import population
from seg_assets_tests.segmentation.small_catalogue import small_catalogue
from seg_assets_tests.spark_sessions import sail_session

WEEK = QUIET[-1]
KEYS = ["slice_key", "slice_value", "column_name"]


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> Weeks:
    """Ordinary weeks under one champion, the last of them monitored."""
    found = Weeks(tmp_path_factory.mktemp("spring"))
    for monday in QUIET:
        found.land(monday, accounts_on(monday))
    found.promote(segmentation(), TRAINED_ON)
    monitor_week(found.lakehouse, CATALOGUE, WEEK)
    return found


@pytest.fixture(scope="module")
def sail() -> Iterator[SparkTables]:
    with sail_session() as session:
        yield SparkTables(session)


def stored(weeks: Weeks, week: dt.date = WEEK) -> tuple[pl.DataFrame, pl.DataFrame]:
    profile, drift = (weeks.lakehouse.scan(table.name, [week]).collect() for table in (PROFILE_METRICS, DRIFT_METRICS))
    return profile, drift


def of_everyone(rows: pl.DataFrame, column: str) -> dict[str, object]:
    return rows.filter(pl.col("slice_key").is_null(), pl.col("column_name") == column).row(0, named=True)


def test_a_profile_row_for_every_column_and_slice_with_figures_as_counted(weeks: Weeks) -> None:
    week = weeks.week(WEEK)
    rows, _ = stored(weeks)
    snapshot = week.snapshot.collect()
    slices = 1 + sum(snapshot[name].drop_nulls().n_unique() for name in week.slices)
    slices += len(segmentation().segments)
    assert rows.height == slices * (len(CATALOGUE.features) + 1)
    assert not rows.select(KEYS).is_duplicated().any()
    values = snapshot["web_visits_30d"]
    told = of_everyone(rows, "web_visits_30d")
    assert told["avg"] == pytest.approx(values.mean())
    assert (told["num_nulls"], told["num_zeros"]) == (values.null_count(), (values == 0).sum())
    assert told["median"] == values.median() == told["quantiles"][5]
    assert told["percent_null"] == pytest.approx(100 * values.null_count() / len(values))
    text = of_everyone(rows, "region")
    assert text["avg"] is None
    assert text["frequent_items"][0]["count"] == snapshot["region"].value_counts()["count"].max()
    assert of_everyone(rows, ":table")["count"] == snapshot.height
    assert rows["window"][0] == {
        "start": dt.datetime(2026, 4, 13, tzinfo=dt.UTC),
        "end": dt.datetime(2026, 4, 20, tzinfo=dt.UTC),
    }


def test_drift_rows_against_the_training_snapshot_and_the_week_before(weeks: Weeks) -> None:
    week = weeks.week(WEEK)
    _, rows = stored(weeks)
    baseline, consecutive = (rows.filter(pl.col("drift_type") == kind) for kind in ("BASELINE", "CONSECUTIVE"))
    assert baseline.height == consecutive.height > 0
    assert baseline["window_cmp"].null_count() == baseline.height
    assert consecutive["window_cmp"][0]["start"] == dt.datetime(2026, 4, 6, tzinfo=dt.UTC)
    number, text = of_everyone(baseline, "web_visits_30d"), of_everyone(baseline, "region")
    assert number["ks_test"]["pvalue"] <= 1 and number["chi_squared_test"] is None and number["tv_distance"] is None
    assert text["chi_squared_test"]["pvalue"] <= 1 and text["ks_test"] is None and text["js_distance"] < 0.1
    assert 0 <= number["population_stability_index"] < 0.1
    came = week.accounts.height - week.told_of(week.before).height
    assert of_everyone(consecutive, ":table")["count_delta"] == came
    assert of_everyone(consecutive, ":table")["non_null_columns_delta"] == {"added": [], "missing": []}


def test_no_drift_row_before_there_is_a_champion(tmp_path: Path, weeks: Weeks) -> None:
    alone = Weeks(tmp_path)
    alone.land(WEEK, weeks.week(WEEK).snapshot.collect())
    told = monitor_week(alone.lakehouse, CATALOGUE, WEEK)
    assert told[DRIFT_METRICS.name] == 0 < told[PROFILE_METRICS.name]
    assert stored(alone)[1].is_empty()


def test_without_its_training_snapshot_a_week_has_a_profile_and_no_drift(tmp_path: Path, weeks: Weeks) -> None:
    alone = Weeks(tmp_path)
    alone.land(WEEK, weeks.week(WEEK).snapshot.collect())
    alone.promote(segmentation(), TRAINED_ON)
    told = monitor_week(alone.lakehouse, CATALOGUE, WEEK)
    assert (told[DRIFT_METRICS.name], told[PROFILE_METRICS.name]) == (0, stored(weeks)[0].height)


@pytest.mark.parametrize("engine", ["polars", "spark"])
def test_a_catalogue_without_slices_and_gates_is_monitored_too(tmp_path: Path, sail: SparkTables, engine: str) -> None:
    """Of no columns a frame has no rows."""
    catalogue = small_catalogue(slices=[])
    catalogue = catalogue.model_copy(
        update={"groups": tuple(one.model_copy(update={"applicable_when": None}) for one in catalogue.groups)}
    )
    lakehouse = Lakehouse(str(tmp_path))
    accounts = population(catalogue, 200, monday=WEEK)
    lakehouse.replace(account_snapshots(catalogue), accounts, WEEK)
    summarise = summary_of if engine == "polars" else partial(summary_on_spark, sail)
    monitor_week(lakehouse, catalogue, WEEK, summarise)
    profile = lakehouse.scan(PROFILE_METRICS.name, [WEEK]).collect()
    assert profile["count"].unique().to_list() == [200] and profile["slice_key"].null_count() == profile.height
    reference = Reference.fit(accounts, catalogue)
    fitted = fit(accounts, catalogue, None, None, preprocessor=Preprocessor.fit(accounts, catalogue, reference))
    asked = Asked.of(catalogue, accounts.columns, fitted)
    assert summarise(lakehouse, WEEK, asked).counts.accounts[0] == 200


def test_every_segment_is_a_slice_by_the_same_definitions_in_every_snapshot(weeks: Weeks) -> None:
    profile, drift = stored(weeks)
    sizes = dict(placed(segmentation(), weeks.week(WEEK).snapshot.collect()).group_by("segment_id").len().iter_rows())
    of_segments = profile.filter(pl.col("slice_key") == "segment_id", pl.col("column_name") == ":table")
    assert dict(of_segments.select("slice_value", "count").iter_rows()) == sizes
    assert {"SEG-01"} < set(drift.filter(pl.col("slice_key") == "segment_id")["slice_value"]) <= set(sizes)


def test_the_step_monitors_every_week_that_it_is_told(weeks: Weeks, tmp_path: Path) -> None:
    shutil.copytree(weeks.lakehouse.root, tmp_path / "lakehouse")
    home = Weeks(tmp_path / "lakehouse")
    inputs = MonitorInputs(lakehouse=home.lakehouse.root, catalogue=CATALOGUE, weeks=QUIET[:2])
    told = {(table, week): figures["dagster/row_count"] for table, week, figures in monitor(inputs)}
    assert list(told) == [(table.name, str(week)) for week in QUIET[:2] for table in (PROFILE_METRICS, DRIFT_METRICS)]
    for week in QUIET[:2]:
        assert tuple(told[table, str(week)] for table in ("profile_metrics", "drift_metrics")) == tuple(
            map(len, stored(home, week))
        )
    # The training snapshot's own week is as it was, and has no week before.
    drift = stored(home, TRAINED_ON)[1]
    assert set(drift["drift_type"]) == {"BASELINE"}
    assert drift["population_stability_index"].max() == 0
    assert_frame_equal(stored(home)[0], stored(weeks)[0])


def test_a_large_snapshot_is_read_some_rows_and_some_columns_after_the_others(
    weeks: Weeks, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = list(account_snapshots(CATALOGUE).schema)
    asked = Asked.of(CATALOGUE, there, segmentation())
    at_once = summary_of(weeks.lakehouse, WEEK, asked)
    monkeypatch.setattr("seg_assets.segmentation.monitoring.reading.ROWS_AT_ONCE", 700)
    monkeypatch.setattr("seg_assets.segmentation.monitoring.reading.VALUES_AT_ONCE", 20_000)
    by_and_by = summary_of(weeks.lakehouse, WEEK, asked)
    assert_frame_equal(by_and_by.profile, at_once.profile, check_exact=True)
    assert drift(by_and_by.counts, at_once.counts, asked.columns)["population_stability_index"].max() == 0


def odd(frame: pl.DataFrame) -> pl.DataFrame:
    """Accounts of whom some have values that are no numbers."""
    random = np.random.default_rng(3)
    chosen = pl.Series(random.random(frame.height) < 0.05)
    value = pl.Series(random.choice([np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0], frame.height))
    numbers = [name for name, dtype in frame.schema.items() if dtype == pl.Float64]
    return frame.with_columns(pl.when(chosen).then(value).otherwise(pl.col(name)).alias(name) for name in numbers)


def test_spark_stores_what_polars_stores(weeks: Weeks, sail: SparkTables, tmp_path: Path) -> None:
    homes = []
    for name in ("by_polars", "by_spark"):
        shutil.copytree(weeks.lakehouse.root, tmp_path / name)
        homes.append(Weeks(tmp_path / name))
        homes[-1].lakehouse.replace(account_snapshots(CATALOGUE), odd(accounts_on(WEEK)), WEEK)
    by_polars, by_spark = homes
    monitor_week(by_polars.lakehouse, CATALOGUE, WEEK)
    monitor_week(
        by_spark.lakehouse, CATALOGUE, WEEK, lambda home, monday, asked: summary_on_spark(sail, home, monday, asked)
    )
    for one, other in zip(stored(by_spark), stored(by_polars), strict=True):
        assert_frame_equal(one, other, check_exact=True)
    assert stored(by_polars)[0]["num_nan"].max() > 0


def test_the_step_asks_the_engine_that_it_is_told(
    weeks: Weeks, sail: SparkTables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(weeks.lakehouse.root, tmp_path / "lakehouse")
    monkeypatch.setenv("SPARK_REMOTE", f"sc://{sail.session.client.host}")
    root = str(tmp_path / "lakehouse")
    inputs = MonitorInputs(lakehouse=root, catalogue=CATALOGUE, weeks=(WEEK,), engine="spark")
    assert {figures["engine"] for _, _, figures in monitor(inputs)} == {"spark"}
    assert_frame_equal(stored(Weeks(tmp_path / "lakehouse"))[1], stored(weeks)[1], check_exact=True)
