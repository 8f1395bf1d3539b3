"""The report of KPIs through the real asset and Delta tables; figures are tested where they are made."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from seg_assets.assets.kpis import build_kpis
from seg_assets.catalogs import Catalogue
from seg_assets.catalogs.kpi import Kpi
from seg_assets.schemas import SEGMENT_MODEL, account_snapshots
from seg_assets.segmentation.promotion import Promotion
from seg_assets.steps.models import append_promotion, read_segmentation
from seg_assets_tests.assets.scored_home import CATALOGUE, JULY, PARTITIONS, VERSION, WEEKS, ScoredHome, why_failed

AUGUST, SECOND = dt.date(2026, 8, 1), "2026-08.1"
ENDS = (dt.date(2026, 6, 29), dt.date(2026, 7, 27), dt.date(2026, 8, 31))


def kpi(name: str, **values: object) -> Kpi:
    given = {"name": name, "title": name, "description": name, "owner": "team:shop", "direction": "up"}
    return Kpi.model_validate(given | {"of": "member", "periods": ["month"]} | values)


KPIS = (
    kpi("kept", kind="net_retention", value="visits"),
    kpi("stayed", kind="outcome", counts="NOT gone"),
    kpi("busy", kind="share", of="intent IS NULL", counts="activity > 50", leads="kept"),
)
WITH_KPIS: Catalogue = CATALOGUE.model_copy(update={"kpis": KPIS})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, scored_folder: Path) -> Path:
    """Three month-ends; a model of July, one of August with its segments under other names; two reports made."""
    home = ScoredHome(tmp_path_factory.mktemp("kpis") / "home")
    shutil.copytree(scored_folder, home.home)
    people = home.lakehouse.scan("account_snapshots", [WEEKS[0]]).collect()
    table = account_snapshots(CATALOGUE)
    for number, day in enumerate(ENDS):
        # Each month fifty accounts are gone, and visits grow by a tenth.
        frame = people.slice(50 * number).with_columns(pl.col("visits") * 1.1**number, snapshot_date=day)
        home.lakehouse.replace(table, frame, day)
    segmentation = read_segmentation(home.lakehouse, VERSION)
    renamed = tuple(replace(one, name=f"{one.name} anew") for one in segmentation.segments)
    row = home.lakehouse.scan(SEGMENT_MODEL.name, [JULY]).drop("service_month").collect()
    text = replace(segmentation, segments=renamed).to_json()
    again = row.with_columns(definition_version=pl.lit(SECOND), segmentation=pl.lit(text))
    home.lakehouse.replace(SEGMENT_MODEL, again, AUGUST)
    promote(home, JULY, VERSION)
    made = materialize(home, JULY)
    assert made.success, why_failed(made)
    promote(home, AUGUST, SECOND)
    assert materialize(home, AUGUST).success
    return home.home


@pytest.fixture
def home(folder: Path, tmp_path: Path) -> ScoredHome:
    shutil.copytree(folder, tmp_path / "home")
    return ScoredHome(tmp_path / "home")


def promote(home: ScoredHome, month: dt.date, version: str) -> None:
    at = dt.datetime.combine(month, dt.time(), dt.UTC)
    append_promotion(home.lakehouse, Promotion(month, version, "promote", "automatic", at, "", None, version))


def materialize(home: ScoredHome, month: dt.date, catalogue: Catalogue = WITH_KPIS) -> dg.ExecuteInProcessResult:
    return home.materialize(build_kpis(catalogue, PARTITIONS), month)


def rows(home: ScoredHome, month: dt.date) -> pl.DataFrame:
    return home.lakehouse.scan("segment_kpis", [month]).collect()


def test_a_report_holds_every_period_under_the_version_that_served_at_its_end(home):
    july, august = rows(home, JULY), rows(home, AUGUST)
    assert july["period"].unique().to_list() == ["2026-07"]
    assert set(july["definition_version"]) == {VERSION} and not july["restated"].any()
    assert august["period"].unique().sort().to_list() == ["2026-07", "2026-08"]
    assert set(august["definition_version"]) == {SECOND}
    told = august.select("period", "version_then", "restated").unique().sort("period").rows()
    assert told == [("2026-07", VERSION, True), ("2026-08", SECOND, False)]
    assert all(name.endswith(" anew") or name == "all accounts" for name in august["segment_name"])


def test_a_figure_is_of_all_accounts_and_of_each_segment(home):
    july = rows(home, JULY)
    kept = july.filter(pl.col("kpi") == "kept")
    whole = kept.row(0, named=True)
    assert (whole["segment_id"], whole["segment_name"]) == (None, "all accounts")
    parts = kept.filter(pl.col("segment_id").is_not_null())
    assert parts.height > 1
    assert parts["numerator"].sum() == pytest.approx(whole["numerator"])
    assert parts["accounts"].sum() == whole["accounts"]
    assert (whole["begins_on"], whole["ends_on"]) == ENDS[:2]
    # Fifty are gone, and the visits of all others are a tenth more.
    assert whole["value"] == pytest.approx(1.1, abs=0.05) and whole["gone"] > 0
    stayed = july.filter(pl.col("kpi") == "stayed").row(0, named=True)
    assert stayed["denominator"] - stayed["numerator"] == stayed["gone"] == whole["gone"]
    busy = july.filter(pl.col("kpi") == "busy").row(0, named=True)
    assert (busy["begins_on"], busy["leads"], busy["unit"]) == (None, "kept", "share")
    assert "No limits: 1 of the 8 periods" in busy["says"]


def test_the_same_report_made_again_is_the_same_and_leaves_the_others(home):
    before, july = rows(home, AUGUST), rows(home, JULY)
    assert materialize(home, AUGUST).success
    assert rows(home, AUGUST).equals(before) and rows(home, JULY).equals(july)


def test_a_rollback_restates_the_month_under_the_version_before(home):
    at = dt.datetime(2026, 8, 20, tzinfo=dt.UTC)
    append_promotion(home.lakehouse, Promotion(AUGUST, SECOND, "rollback", "ada", at, "worse", SECOND, VERSION))
    result = materialize(home, AUGUST)
    assert set(rows(home, AUGUST)["definition_version"]) == {VERSION}
    (made,) = result.asset_materializations_for_node("segment_kpis")
    assert made.metadata["restated"].value == "none"


@pytest.mark.parametrize(
    ("month", "catalogue", "told"),
    [
        (AUGUST, CATALOGUE, "catalogue shop has no KPIs; name a file of them as kpis_file"),
        (dt.date(2026, 6, 1), WITH_KPIS, "2026-06 is the first month that has landed"),
        (dt.date(2026, 9, 1), WITH_KPIS, "no snapshot of 2026-09 has landed"),
    ],
)
def test_what_cannot_be_reported_says_why(home, month, catalogue, told):
    result = materialize(home, month, catalogue)
    assert not result.success and told in why_failed(result)


def test_a_month_before_every_model_is_not_reported(home):
    shutil.rmtree(Path(home.lakehouse.uri("promotions")))
    promote(home, AUGUST, SECOND)
    result = materialize(home, JULY)
    assert "no model served 2026-07" in why_failed(result)
