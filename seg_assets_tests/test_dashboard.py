"""The dashboard of Databricks: its queries run, and every widget draws what its query gives."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import polars as pl
import pytest
import sqlglot

from seg_assets.monitoring_schemas import DRIFT_METRICS, PROFILE_METRICS
from seg_assets.steps.monitor import monitor_week
from seg_assets_tests.checks.weeks import CATALOGUE, EVENT_WEEK, QUIET, TRAINED_ON, Weeks, accounts_on, segmentation
from seg_assets_tests.shared import CHECKOUT

DASHBOARD = json.loads((CHECKOUT / "examples/databricks/monitoring.lvdash.json").read_text(encoding="utf-8"))
PLACED = [one for page in DASHBOARD["pages"] for one in page["layout"]]
WIDGETS = [one["widget"] for one in PLACED if "queries" in one["widget"]]
WIDTH = 6


def gone(accounts: pl.DataFrame) -> pl.DataFrame:
    """One feature missing in one region, and one that moved everywhere."""
    lost = pl.when(pl.col("region") == "EMEA").then(None).otherwise("web_visits_30d")
    return accounts.with_columns(lost.alias("web_visits_30d"), pl.col("employee_count") * 3)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """What each query gives over two monitored weeks, of which something happened in the second."""
    weeks = Weeks(tmp_path_factory.mktemp("spring"))
    for monday in (TRAINED_ON, QUIET[-1]):
        weeks.land(monday, accounts_on(monday))
    weeks.land(EVENT_WEEK, gone(accounts_on(EVENT_WEEK)))
    weeks.promote(segmentation(), TRAINED_ON)
    for monday in (QUIET[-1], EVENT_WEEK):
        monitor_week(weeks.lakehouse, CATALOGUE, monday)
    with duckdb.connect() as connection:
        for table in (PROFILE_METRICS.name, DRIFT_METRICS.name):
            connection.register(table, weeks.lakehouse.scan(table).collect().to_arrow())
        found = {}
        for one in DASHBOARD["datasets"]:
            asked = connection.execute(_duckdb(one))
            names = [column[0] for column in asked.description]
            found[one["name"]] = pl.DataFrame(asked.fetchall(), schema=names, orient="row")
        return found


def _duckdb(dataset: dict[str, Any]) -> str:
    (text,) = sqlglot.transpile("".join(dataset["queryLines"]), read="databricks", write="duckdb")
    return text


def test_every_widget_asks_a_query_for_columns_that_it_gives_and_draws_these(answers):
    for widget in WIDGETS:
        (query,) = [one["query"] for one in widget["queries"]]
        asked = [field["name"] for field in query["fields"]]
        assert set(asked) <= set(answers[query["datasetName"]].columns), widget["name"]
        assert [field["expression"] for field in query["fields"]] == [f"`{name}`" for name in asked]
        encodings = widget["spec"]["encodings"]
        drawn = [*encodings.get("columns", []), *(one for one in encodings.values() if isinstance(one, dict))]
        assert sorted(one["fieldName"] for one in drawn) == sorted(asked)
    assert {widget["queries"][0]["query"]["datasetName"] for widget in WIDGETS} == set(answers)


def test_widgets_lie_side_by_side_within_the_page():
    taken: set[tuple[int, int]] = set()
    for one in PLACED:
        x, y, width, height = (one["position"][name] for name in ("x", "y", "width", "height"))
        cells = {(column, row) for column in range(x, x + width) for row in range(y, y + height)}
        assert x + width <= WIDTH and not taken & cells
        taken |= cells
    assert len({one["widget"]["name"] for one in PLACED}) == len(PLACED)


def test_the_newest_week_shows_what_moved_and_what_is_missing(answers):
    assert answers["newest_week"]["snapshot_date"].to_list() == [EVENT_WEEK]
    moved = answers["moved_features"]
    assert moved["column_name"][0] == "employee_count" and moved["population_stability_index"][0] > 0.25
    assert set(moved["drift_type"]) == {"BASELINE", "CONSECUTIVE"} and moved["distance"].null_count() == 0
    assert answers["moved_now"].item() >= 1
    missing = answers["missing_values"].row(0, named=True)
    assert missing["column_name"] == "web_visits_30d"
    assert missing["rise"] == pytest.approx(missing["percent_null"] - missing["percent_null_before"])
    slices = answers["slices_that_moved"]
    assert slices.height > 0 and set(slices["slice_key"]) >= {"region", "segment_id"}
    by_week = answers["drift_by_week"]
    assert by_week.sort("largest_index")["snapshot_date"][-1] == EVENT_WEEK and by_week["against"].n_unique() == 2
    sizes = answers["segments_by_week"].group_by("snapshot_date").agg(pl.col("accounts").sum())
    assert sizes["snapshot_date"].n_unique() == 2 and sizes["accounts"].min() > 2_000
