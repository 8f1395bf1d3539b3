"""The page of a stored report: what is read beside its tables, and what is not there yet."""

from __future__ import annotations

import datetime as dt
import pathlib
import shutil
from dataclasses import replace

import polars as pl
import pytest

from resources.lakehouse import Lakehouse, TableError
from resources.pages import Pages
from seg_assets import lift_schemas, schemas
from seg_assets.assets.lift_page import read_report, write_page
from seg_assets.reports.lift_report import LiftReport
from seg_assets_tests.assets.scored_home import CATALOGUE, VERSION, WEEKS
from seg_assets_tests.reports import frames

MASTER = schemas.Table(
    "raw/account_master",
    {
        "account_id": schemas.ACCOUNT_ID,
        "snapshot_date": schemas.SNAPSHOT_DATE,
        "email_consent": schemas.Column(pl.Boolean, "May be written to"),
    },
    "snapshot_date",
)


@pytest.fixture
def lakehouse(tmp_path):
    """A home whose report of one month is stored, and nothing beside it."""
    lakehouse = Lakehouse(str(tmp_path / "lakehouse"))
    store(lakehouse, frames.lift_report())
    return lakehouse


def store(lakehouse: Lakehouse, made: LiftReport) -> None:
    for table, frame in (
        (lift_schemas.CONVERSION_LIFT_FUNNEL, made.funnel),
        (lift_schemas.CONVERSION_LIFT_CLASSES, made.classes),
        (lift_schemas.CONVERSION_LIFT_CONTROLS, made.controls),
        (lift_schemas.CONVERSION_LIFT_VERDICTS, made.verdicts),
        (lift_schemas.CONVERSION_LIFT_REPORT, made.figures),
    ):
        lakehouse.replace(table, frame, frames.MONTH)


def scored(version: str = frames.VERSION) -> pl.DataFrame:
    """Twelve accounts of the as-of week, two labels."""
    rows = [
        {
            "account_id": f"A{number:07}",
            "snapshot_date": frames.AS_OF,
            "segment_id": "SEG-01" if number < 8 else "SEG-03",
            "labels": ["lapsed", "high_value"] if number % 2 else [],
            "definition_version": version,
        }
        for number in range(12)
    ]
    return pl.DataFrame(rows, schema=schemas.SEGMENT_SCORES.schema)


def test_without_profiles_scores_and_account_master_the_page_says_so(lakehouse, tmp_path):
    path = write_page(lakehouse, Pages(str(tmp_path / "reports")), frames.CATALOGUE, frames.MONTH)
    assert path == pathlib.Path(tmp_path / "reports" / "conversion_lift" / "2026-04.html")
    html = path.read_text(encoding="utf-8")
    assert "materialize segment_profiles" in html
    report = read_report(lakehouse, frames.CATALOGUE, frames.MONTH)
    assert report.labels is None and report.reach is None


def test_reach_of_a_week_that_was_not_scored_is_by_the_definitions(scored_folder, tmp_path):
    home = shutil.copytree(scored_folder, tmp_path / "home")
    lakehouse = Lakehouse(str(home / "lakehouse"))
    scored_week, week = WEEKS[-1], WEEKS[-1] + dt.timedelta(weeks=1)
    accounts = lakehouse.scan("account_snapshots", [scored_week]).collect().with_columns(snapshot_date=week)
    lakehouse.replace(schemas.account_snapshots(CATALOGUE), accounts, week)
    lakehouse.replace(MASTER, accounts.select("account_id", "snapshot_date", email_consent=True), week)
    made = frames.lift_report()
    store(lakehouse, replace(made, figures=made.figures.with_columns(as_of=week, definition_version=pl.lit(VERSION))))
    report = read_report(lakehouse, CATALOGUE, frames.MONTH)
    assert report.labels is None
    by_rule = lakehouse.scan(schemas.SEGMENT_SCORES.name, [scored_week]).select("rule_segment_id").collect()
    assert set(report.reach["segment_id"]) == set(by_rule["rule_segment_id"])
    assert set(report.reach["share"]) == {1.0}


def test_labels_and_reach_are_counted_by_segment_in_the_as_of_week(lakehouse):
    lakehouse.replace(schemas.SEGMENT_SCORES, scored(), frames.AS_OF)
    lakehouse.replace(schemas.SEGMENT_PROFILES, frames.profiles(), frames.MONTH)
    consents = scored().select("account_id", "snapshot_date", (pl.col("segment_id") == "SEG-01").alias("email_consent"))
    lakehouse.replace(MASTER, consents, frames.AS_OF)
    report = read_report(lakehouse, frames.CATALOGUE, frames.MONTH)
    assert report.labels.rows() == [
        ("SEG-01", "high_value", 4),
        ("SEG-01", "lapsed", 4),
        ("SEG-03", "high_value", 2),
        ("SEG-03", "lapsed", 2),
    ]
    assert report.reach.rows() == [("SEG-01", "e-mail", 1.0), ("SEG-03", "e-mail", 0.0)]
    assert report.profiles["segment_id"].to_list() == ["SEG-01", "SEG-02", "SEG-03"]


def test_segments_of_another_version_are_not_mixed_in(lakehouse):
    lakehouse.replace(schemas.SEGMENT_SCORES, scored("2026-03.1"), frames.AS_OF)
    other = frames.profiles().with_columns(pl.lit("2026-03.1").alias("definition_version"))
    lakehouse.replace(schemas.SEGMENT_PROFILES, other, frames.MONTH)
    report = read_report(lakehouse, frames.CATALOGUE, frames.MONTH)
    assert report.labels is None and report.profiles.is_empty()


def test_no_account_of_the_tables_gets_onto_the_page(lakehouse, tmp_path):
    lakehouse.replace(schemas.SEGMENT_SCORES, scored(), frames.AS_OF)
    lakehouse.replace(schemas.SEGMENT_PROFILES, frames.profiles(), frames.MONTH)
    html = write_page(lakehouse, Pages(str(tmp_path)), frames.CATALOGUE, frames.MONTH).read_text(encoding="utf-8")
    assert not [account for account in [*scored()["account_id"], frames.ACCOUNT] if account in html]


def test_a_month_without_a_report_has_no_page(lakehouse, tmp_path):
    with pytest.raises(TableError, match="materialize conversion_lift_report"):
        write_page(lakehouse, Pages(str(tmp_path)), frames.CATALOGUE, frames.TRAINED_ON[0].replace(day=1))
    assert not list(tmp_path.glob("*.html"))
