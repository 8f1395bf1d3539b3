"""The lift report through the real asset, its step and Delta tables; figures are tested where they are made."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from resources.compute import LocalSteps
from resources.lakehouse import Lakehouse
from resources.pages import Pages
from seg_assets.assets.lift import build_lift
from seg_assets.assets.raw import raw_table
from seg_assets.calendar import mondays
from seg_assets.catalogs import Catalogue
from seg_assets.lift_schemas import LIFT_TABLES
from seg_assets.partitions import Partitions
from seg_assets.schemas import PREPROCESSORS, SEGMENT_MODEL, TIMESTAMP, account_snapshots
from seg_assets.segmentation.promotion import Promotion
from seg_assets.steps.models import append_promotion
from seg_assets_tests.segmentation.conversion.shop import (
    TEST,
    TRAINING,
    accounts_on,
    all_conversions,
    bought_after,
    champion,
    shop,
)

MARCH, APRIL = dt.date(2026, 3, 1), dt.date(2026, 4, 1)
TRAINED_ON = dt.date(2026, 2, 23)
FIRST, LAST = dt.date(2025, 10, 6), dt.date(2026, 6, 1)
CATALOGUE = shop(first_month="2025-10-01")


def land(
    lakehouse: Lakehouse, catalogue: Catalogue, accounts: dict[dt.date, pl.DataFrame], until: dt.date = LAST
) -> None:
    """Snapshots, weeks of conversions, and the champion of March; no revenue at all."""
    for day, frame in accounts.items():
        table = account_snapshots(catalogue)
        lakehouse.replace(table, frame.select(table.schema.names()), day)
    bought = all_conversions(catalogue)
    for week in mondays(FIRST, LAST):
        of_week = bought.filter(pl.col("qualified_at") >= week - dt.timedelta(days=7), pl.col("qualified_at") < week)
        lakehouse.replace(raw_table(catalogue, "pipeline_conversions"), of_week, week)
    segmentation, preprocessor = champion(catalogue)
    fitted = dict.fromkeys(SEGMENT_MODEL.schema) | {
        "definition_version": "2026-03.1",
        "trained_on": TRAINED_ON,
        "fitted_at": dt.datetime(2026, 3, 1, tzinfo=dt.UTC),
        "segmentation": segmentation.to_json(),
    }
    schema = {**SEGMENT_MODEL.schema, "fitted_at": TIMESTAMP}
    lakehouse.replace(SEGMENT_MODEL, pl.DataFrame([fitted], schema=schema), MARCH)
    row = pl.DataFrame({"trained_on": TRAINED_ON, "preprocessor": json.dumps(preprocessor.to_dict())})
    lakehouse.replace(PREPROCESSORS, row, TRAINED_ON.replace(day=1))
    at = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
    append_promotion(lakehouse, Promotion(MARCH, "2026-03.1", "promote", "test", at, "test", None, "2026-03.1"))


def snapshots() -> dict[dt.date, pl.DataFrame]:
    return {day: accounts_on(day, CATALOGUE) for day in (*TRAINING, TRAINED_ON, TEST)}


def materialize(lakehouse: Lakehouse, month: dt.date) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [build_lift(CATALOGUE, Partitions(CATALOGUE.first_month))],
        partition_key=month.isoformat(),
        resources={"lakehouse": lakehouse, "steps": LocalSteps(), "pages": Pages(f"{lakehouse.root}-pages")},
        raise_on_error=False,
    )


@pytest.fixture(scope="module")
def landed(tmp_path_factory) -> Lakehouse:
    lakehouse = Lakehouse(str(tmp_path_factory.mktemp("lift")))
    land(lakehouse, CATALOGUE, snapshots())
    return lakehouse


@pytest.fixture(scope="module")
def reported(landed: Lakehouse) -> dg.ExecuteInProcessResult:
    result = materialize(landed, MARCH)
    assert result.success
    return result


def test_all_tables_hold_the_month(landed: Lakehouse, reported: dg.ExecuteInProcessResult) -> None:
    for table in LIFT_TABLES:
        assert list(landed.partitions(table.name)) == [MARCH]
    report = landed.scan("conversion_lift_report", [MARCH]).collect()
    assert report["as_of"].unique().to_list() == [TEST]
    assert report["trained_on"][0].to_list() == list(TRAINING)
    left_out = report.filter(pl.col("figure") == "left_out", pl.col("population") == "eligible")
    assert set(left_out["candidate"]) == {"tiers", "tiers_retuned", "tier_scores", "rfm"}


def test_the_metadata_tells_the_verdict_and_what_it_is_not(reported: dg.ExecuteInProcessResult) -> None:
    (made,) = reported.asset_materializations_for_node("conversion_lift_report")
    told = {name: value.value for name, value in made.metadata.items()}
    assert "against Hand rules as they are" in told["verdict"]
    assert "what a campaign does to them" in told["what_it_is_not"]
    assert "| Segments | 4 |" in told["headline_table"]
    assert told["families"].startswith("account_master has not landed")
    assert told["dagster/row_count"] > 100
    (check,) = reported.get_asset_check_evaluations()
    assert (check.check_name, check.passed, check.blocking) == ("controls", True, True)


def test_a_month_made_again_is_the_same(landed: Lakehouse, reported: dg.ExecuteInProcessResult) -> None:
    before = {table.name: landed.scan(table.name).collect() for table in LIFT_TABLES}
    assert materialize(landed, MARCH).success
    for name, frame in before.items():
        assert landed.scan(name).collect().equals(frame)


@pytest.mark.parametrize(
    ("month", "told"),
    [
        (APRIL, "data month 2026-04 cannot be reported: no snapshot of 2026-04 has landed"),
        (dt.date(2026, 2, 1), "data month 2026-02 cannot be reported: no model served 2026-02"),
    ],
)
def test_a_month_that_cannot_be_reported_says_what_is_missing(landed: Lakehouse, month: dt.date, told: str) -> None:
    result = materialize(landed, month)
    assert not result.success
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    assert told in failure.step_failure_data.user_failure_data.description


def test_a_feature_that_knows_the_outcome_fails_the_report_by_its_name(tmp_path: Path) -> None:
    accounts = snapshots()
    for day in (*TRAINING, TEST):
        knows = pl.col("account_id").is_in(bought_after(day, accounts[day])["account_id"].implode())
        accounts[day] = accounts[day].with_columns(orders=100.0 * knows + pl.col("orders").fill_null(1.0) / 1e6)
    lakehouse = Lakehouse(str(tmp_path))
    land(lakehouse, CATALOGUE, accounts)
    result = materialize(lakehouse, MARCH)
    (check,) = result.get_asset_check_evaluations()
    assert not check.passed
    assert "leak screen" in check.description and "orders" in check.description
    controls = lakehouse.scan("conversion_lift_controls").collect()
    assert controls.filter(~pl.col("passed"))["control"].to_list() == ["leak screen"]
