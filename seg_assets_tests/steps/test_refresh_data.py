"""A refresh learns from outcomes that are known at its training snapshot: none that never landed, none from later."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from resources.lakehouse import Lakehouse
from seg_assets.assets.raw import raw_table
from seg_assets.calendar import mondays
from seg_assets.schemas import account_snapshots
from seg_assets.steps.refresh_data import read_outcomes
from seg_assets_tests.segmentation.small_catalogue import small_catalogue

CATALOGUE = small_catalogue()
MONTH_ENDS = [dt.date.fromisoformat(f"2026-{day}") for day in ("01-26", "02-23", "03-30", "04-27", "05-25", "06-29")]
MOMENT = MONTH_ENDS[-1]
WEEK = dt.timedelta(days=7)


class Landed:
    """Ten accounts at every month-end, and the conversions that a test lands."""

    def __init__(self, lakehouse: Lakehouse) -> None:
        self.lakehouse = lakehouse
        for monday in MONTH_ENDS:
            self.accounts(monday)

    def accounts(self, monday: dt.date) -> None:
        table = account_snapshots(CATALOGUE)
        nulls = {name: pl.Series(name, [None] * 10, dtype) for name, dtype in table.schema.items()}
        frame = pl.DataFrame(nulls | {"account_id": [f"A{number}" for number in range(10)]})
        self.lakehouse.replace(table, frame, monday)

    def conversions(self, monday: dt.date, *days: dt.date) -> None:
        ids = [f"A{number}" for number in range(len(days))]
        frame = pl.DataFrame(
            {"account_id": ids, "qualified_at": days}, {"account_id": pl.String, "qualified_at": pl.Date}
        )
        self.lakehouse.replace(raw_table(CATALOGUE, "pipeline_conversions"), frame, monday)

    def snapshots(self, moment: dt.date = MOMENT) -> list[dt.date]:
        outcomes = read_outcomes(self.lakehouse, CATALOGUE, moment)
        return list(outcomes.snapshots) if outcomes else []


@pytest.fixture
def landed(tmp_path) -> Landed:
    return Landed(Lakehouse(str(tmp_path)))


def test_conversions_that_began_to_land_late_give_no_outcomes_for_earlier_snapshots(landed):
    """Five month-ends counted as matured, with not one conversion."""
    landed.conversions(MOMENT, MOMENT - WEEK, MOMENT - dt.timedelta(days=1))
    assert landed.snapshots() == []


def test_a_history_in_the_earliest_week_is_known_from_its_first_conversion_on(landed):
    landed.conversions(MOMENT, dt.date(2026, 2, 10), MOMENT - WEEK)
    assert landed.snapshots() == MONTH_ENDS[1:4]


def test_an_empty_earliest_week_tells_of_its_own_seven_days_only(landed):
    landed.conversions(dt.date(2026, 3, 2))
    for monday in mondays(dt.date(2026, 3, 9), MOMENT):
        landed.conversions(monday, monday - WEEK)
    assert landed.snapshots() == MONTH_ENDS[1:4]
    landed.conversions(dt.date(2026, 2, 23))
    assert landed.snapshots() == MONTH_ENDS[1:4]


def test_no_conversions_at_all_are_no_outcomes(landed):
    assert landed.snapshots() == []


def test_what_lands_after_the_moment_changes_nothing(landed):
    for monday in mondays(MONTH_ENDS[0], MOMENT):
        landed.conversions(monday, monday - WEEK, monday - dt.timedelta(days=1))
    before = read_outcomes(landed.lakehouse, CATALOGUE, MOMENT)
    assert before is not None
    assert list(before.snapshots) == MONTH_ENDS[:4]
    frame = before.frame.sort("snapshot_date", "account_id").collect()
    assert frame.filter("converted").group_by("snapshot_date").len()["len"].to_list() == [2] * 4
    for monday in mondays(MOMENT + WEEK, dt.date(2026, 8, 31)):
        landed.conversions(monday, *[monday - WEEK] * 10)
        landed.accounts(monday)
    after = read_outcomes(landed.lakehouse, CATALOGUE, MOMENT)
    assert after is not None
    assert after.snapshots == before.snapshots
    assert_frame_equal(after.frame.sort("snapshot_date", "account_id").collect(), frame)
