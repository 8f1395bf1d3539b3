"""Tiers as `seg run` makes them: once events have landed, again where they changed, and not otherwise."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from seg_assets.calendar import mondays
from seg_assets.sample_data import revenue_events
from seg_assets_tests.end_to_end.conftest import BEFORE, JUNE, OPTIONS
from seg_assets_tests.end_to_end.landed import ACCOUNTS, SEED, WEEK, land

pytestmark = pytest.mark.slow

MAY_DATA, JUNE_DATA = dt.date(2026, 5, 1), dt.date(2026, 6, 1)


def test_without_revenue_events_tiers_are_left_out_with_the_reason(told):
    assert told.skipped["account_tiers"] == "no revenue_events have landed"
    assert not any(job == "build_tiers" for job, _ in told.runs)


def test_events_that_land_later_make_tiers_and_a_week_landed_again_those_it_touches(home):
    weeks = mondays(BEFORE, JUNE)
    events = {
        week: revenue_events(None if week == BEFORE else week - WEEK, week, accounts=ACCOUNTS, seed=SEED)
        for week in weeks
    }
    for week, frame in events.items():
        land(home.landing, week, {"revenue_events": frame})
    told = home.seg_run(*OPTIONS)
    assert told.exit_code == 0
    assert [run for run in told.runs if run[0] == "build_tiers"] == [
        ("build_tiers", str(MAY_DATA)),
        ("build_tiers", str(JUNE_DATA)),
    ]
    tiers = home.table("account_tiers", JUNE_DATA)
    snapshot = home.table("account_snapshots", JUNE)
    assert sorted(tiers["account_id"]) == sorted(snapshot["account_id"])
    assert set(tiers["tier"]) == {"A", "B", "C", "D", "none"}
    customers = tiers.filter(pl.col("tier") != "none").join(snapshot, "account_id")
    assert set(customers["lifecycle_stage"]) <= {"customer", "churned"}
    assert not any(job == "build_tiers" for job, _ in home.seg_run(*OPTIONS).runs)
    land(home.landing, JUNE, {"revenue_events": events[JUNE].head(1)})
    again = home.seg_run(*OPTIONS).runs
    assert [run for run in again if run[0] == "build_tiers"] == [("build_tiers", str(JUNE_DATA))]
