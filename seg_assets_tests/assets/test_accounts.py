"""The sources of a Monday through the real asset: what is missing, what is damaged, what breaks a rule."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from resources.lakehouse import Lakehouse
from seg_assets.assets.accounts import build_accounts
from seg_assets.assets.raw import raw_table
from seg_assets.catalogs import Catalogue
from seg_assets.partitions import Partitions
from seg_assets_tests.landing.conftest import CATALOGUE as VALUES

WEEK = dt.date(2026, 6, 29)
CATALOGUE = Catalogue.model_validate(VALUES)
ASSET = build_accounts(CATALOGUE, Partitions(CATALOGUE.first_month))
ROWS = {
    "engagement": {
        "account_id": ["a", "b", "c", "d"],
        "open_rate": [0.1, 0.2, 0.3, None],
        "visits": [1.0, 2.0, 3.0, 4.0],
        "stage": ["lead", "trial", "customer", "customer"],
        "country": ["DE", "US", None, "FR"],
        "is_trial": [False, True, False, False],
    },
    "usage": {"account_id": ["b", "c"], "runs": [5.0, 6.0], "admin": [True, False]},
    "extras": {"account_id": ["a"], "note": ["x"]},
}


class Place:
    """Raw tables in a lakehouse, and the asset over them."""

    def __init__(self, folder: Path) -> None:
        self.lakehouse = Lakehouse(str(folder))

    def land(self, *sources: str, **changes: list[object]) -> None:
        for source in sources:
            table = raw_table(CATALOGUE, source)
            rows = {**ROWS[source], **{name: values for name, values in changes.items() if name in table.schema}}
            schema = {name: dtype for name, dtype in table.schema.items() if name in rows}
            self.lakehouse.replace(table, pl.DataFrame(rows, schema), WEEK)

    def materialize(self) -> dg.ExecuteInProcessResult:
        return dg.materialize(
            [ASSET], partition_key=str(WEEK), resources={"lakehouse": self.lakehouse}, raise_on_error=False
        )

    def stored(self) -> pl.DataFrame:
        return self.lakehouse.scan("account_snapshots", [WEEK]).sort("account_id").collect()


def failure(result: dg.ExecuteInProcessResult) -> str:
    (event,) = [event for event in result.all_events if event.is_step_failure]
    return event.step_failure_data.user_failure_data.description


@pytest.fixture
def place(tmp_path) -> Place:
    return Place(tmp_path)


def test_every_source_is_joined_and_an_optional_one_may_be_absent(place):
    place.land("engagement", "usage")
    assert place.materialize().success
    assert place.stored()["note"].to_list() == [None] * 4
    place.land("extras")
    assert place.materialize().success
    assert place.stored()["note"].to_list() == ["x", None, None, None]
    assert place.stored()["runs"].to_list() == [None, 5.0, 6.0, None]


def test_a_required_source_that_was_not_read_is_named(place):
    place.land("engagement", "extras")
    told = failure(place.materialize())
    assert f"week {WEEK}: table raw/usage has no partition {WEEK}: materialize raw/usage for it first" in told
    assert not place.lakehouse.exists("account_snapshots")


def half_a_commit(table: Path) -> None:
    newest = max((table / "_delta_log").glob("*.json"))
    newest.write_bytes(newest.read_bytes()[:40])


def lost_file(table: Path) -> None:
    next(table.rglob("*.parquet")).unlink()


def cut_file(table: Path) -> None:
    file = next(table.rglob("*.parquet"))
    file.write_bytes(file.read_bytes()[:100])


@pytest.mark.parametrize("damage", [half_a_commit, lost_file, cut_file])
@pytest.mark.parametrize("source", ["usage", "extras"])
def test_a_damaged_table_is_no_source_that_did_not_land(place, source, damage):
    """The accounts were stored without the features of an optional source whose last commit was cut short."""
    place.land("engagement", "usage", "extras")
    assert place.materialize().success
    before = place.stored()
    damage(Path(place.lakehouse.uri(f"raw/{source}")))
    told = failure(place.materialize())
    assert f"week {WEEK}: table raw/{source}" in told
    assert "cannot be" in told
    assert place.stored().equals(before)


def test_rows_that_break_a_rule_are_set_aside_with_the_rule_and_the_others_are_stored(place):
    place.land("engagement", "usage", "extras", is_trial=[True, True, False, False])
    result = place.materialize()
    assert result.success
    assert place.stored()["account_id"].to_list() == ["b", "c", "d"]
    aside = place.lakehouse.scan("quarantine/account_snapshots", [WEEK]).collect()
    assert aside["account_id"].to_list() == ["a"]
    assert "trial_flag" in aside["reason"][0]
    assert json.loads(aside["row"][0])["stage"] == "lead"
    (check,) = result.get_asset_check_evaluations()
    assert not check.passed
    assert "trial_flag" in check.description
    place.land("engagement")
    assert place.materialize().success
    assert place.lakehouse.scan("quarantine/account_snapshots", [WEEK]).collect().is_empty()


def test_a_week_that_breaks_rules_by_more_than_half_fails_and_keeps_what_was_stored(place):
    place.land("engagement", "usage")
    assert place.materialize().success
    before = place.stored()
    place.land("engagement", is_trial=[True, False, True, True])
    told = failure(place.materialize())
    assert f"account_snapshots, week {WEEK}" in told
    assert place.stored().equals(before)
