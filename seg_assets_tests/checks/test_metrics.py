"""The monitoring tables of real weeks: shape, keys, figures that can be counted otherwise."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from seg_assets.checks.metrics import metrics
from seg_assets.checks.mix import placed
from seg_assets.monitoring_schemas import DRIFT_METRICS, PROFILE_METRICS
from seg_assets_tests.checks.weeks import CATALOGUE, QUIET, Weeks

WEEK = QUIET[-1]
KEYS = ["slice_key", "slice_value", "column_name"]


@pytest.fixture(scope="module")
def weeks(spring_folder) -> Weeks:
    return Weeks(spring_folder)


def of_everyone(rows: pl.DataFrame, column: str) -> dict[str, object]:
    return rows.filter(pl.col("slice_key").is_null(), pl.col("column_name") == column).row(0, named=True)


def test_a_profile_row_for_every_column_and_slice_with_figures_as_counted(weeks):
    week = weeks.week(WEEK)
    rows = metrics(week).profile
    assert rows.schema == PROFILE_METRICS.schema
    slices = 1 + sum(week.snapshot[name].drop_nulls().n_unique() for name in week.slices)
    slices += len(week.champion.segmentation.segments)
    assert rows.height == slices * (len(CATALOGUE.features) + 1)
    assert not rows.select(KEYS).is_duplicated().any()
    values = week.snapshot["web_visits_30d"]
    told = of_everyone(rows, "web_visits_30d")
    assert told["avg"] == pytest.approx(values.mean())
    assert (told["num_nulls"], told["num_zeros"]) == (values.null_count(), (values == 0).sum())
    assert told["quantiles"][5] == told["median"] == values.median()
    assert told["percent_null"] == pytest.approx(100 * values.null_count() / len(values))
    text = of_everyone(rows, "region")
    assert text["avg"] is None
    assert text["frequent_items"][0]["count"] == week.snapshot["region"].value_counts()["count"].max()
    assert of_everyone(rows, ":table")["count"] == week.snapshot.height
    assert rows["window"][0] == {
        "start": dt.datetime(2026, 4, 13, tzinfo=dt.UTC),
        "end": dt.datetime(2026, 4, 20, tzinfo=dt.UTC),
    }


def test_drift_rows_against_the_training_snapshot_and_the_week_before(weeks):
    week = weeks.week(WEEK)
    rows = metrics(week).drift
    assert rows.schema == DRIFT_METRICS.schema
    baseline, consecutive = (rows.filter(pl.col("drift_type") == kind) for kind in ("BASELINE", "CONSECUTIVE"))
    assert baseline.height == consecutive.height > 0
    assert baseline["window_cmp"].null_count() == baseline.height
    assert consecutive["window_cmp"][0]["start"] == dt.datetime(2026, 4, 6, tzinfo=dt.UTC)
    number, text = of_everyone(baseline, "web_visits_30d"), of_everyone(baseline, "region")
    assert number["ks_test"]["pvalue"] <= 1 and number["chi_squared_test"] is None and number["tv_distance"] is None
    assert text["chi_squared_test"]["pvalue"] <= 1 and text["ks_test"] is None and text["js_distance"] < 0.1
    assert 0 <= number["population_stability_index"] < 0.1
    assert of_everyone(consecutive, ":table")["count_delta"] == week.snapshot.height - week.before.height
    assert of_everyone(consecutive, ":table")["non_null_columns_delta"] == {"added": [], "missing": []}


def test_no_drift_row_before_there_is_a_champion(tmp_path, weeks):
    alone = Weeks(tmp_path)
    alone.land(WEEK, weeks.week(WEEK).snapshot)
    rows = metrics(alone.week(WEEK)).drift
    assert rows.is_empty() and rows.schema == DRIFT_METRICS.schema


def test_every_segment_is_a_slice_by_the_same_definitions_in_every_snapshot(weeks):
    week = weeks.week(WEEK)
    found = metrics(week)
    sizes = dict(placed(week.champion.segmentation, week.snapshot).group_by("segment_id").len().iter_rows())
    of_segments = found.profile.filter(pl.col("slice_key") == "segment_id", pl.col("column_name") == ":table")
    assert dict(of_segments.select("slice_value", "count").iter_rows()) == sizes
    assert {"SEG-01"} < set(found.drift.filter(pl.col("slice_key") == "segment_id")["slice_value"]) <= set(sizes)
