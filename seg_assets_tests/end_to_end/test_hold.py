"""The hold in the graph: what it reads, what it tells, and which weeks are scored again when one lands again."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from seg_assets_tests.end_to_end.conftest import JULY, JUNE
from seg_assets_tests.end_to_end.landed import accounts_of, conversions_of, land

pytestmark = pytest.mark.slow

NEXT, AFTER = JULY + dt.timedelta(weeks=1), JULY + dt.timedelta(weeks=2)


def options(*weeks: dt.date) -> tuple[str, ...]:
    return ("--months", "2026-07", "--weeks", ",".join(map(str, weeks)))


def test_a_week_that_lands_again_makes_the_weeks_that_remember_it_stale(home):
    for week in (NEXT, AFTER):
        land(home.landing, week, accounts_of(week) | {"pipeline_conversions": conversions_of(week, week)[week].clear()})
    assert home.seg_run(*options(JULY, NEXT, AFTER)).exit_code == 0
    scores = home.scores(AFTER)
    held = scores.filter("held")
    assert 0 < held.height < scores.height / 10
    assert (held["segment_id"] != held["rule_segment_id"]).all()
    assert held["reasons"].list.last().str.starts_with("held at the border of ").all()
    source = accounts_of(JULY)["marketing_engagement"].with_columns(pl.col("web_visits_30d") * 1.05)
    land(home.landing, JULY, {"marketing_engagement": source})
    told = home.seg_run(*options(JUNE, JULY, NEXT, AFTER))
    scored = [("score", str(week)) for week in (JULY, NEXT, AFTER)]
    assert told.runs == [("land_snapshot", str(JULY)), *scored, ("monitor", f"{JULY} to {NEXT}")]
    assert told.skipped[f"week {JUNE} of segment_scores"].startswith("up to date")


def test_turning_the_hold_off_scores_again_and_fits_nothing(home):
    off = home.catalogue(**{"hold_weeks: 2": "hold_weeks: 0"})
    assert home.scores(JULY)["held"].any()
    told = home.seg_run(*options(JUNE, JULY), catalogue=off)
    assert told.runs == [("score", str(JUNE)), ("score", str(JULY))]
    assert not home.scores(JULY)["held"].any()
    assert home.seg_run(*options(JUNE, JULY), catalogue=off).runs == []
