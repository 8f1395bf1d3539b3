"""KPIs are reported once their month is over, under the definitions that served in it."""

from __future__ import annotations

import datetime as dt

from seg_assets.automation import jobs
from seg_assets.automation.due import decide
from seg_assets.automation.world import Work
from seg_assets.partitions import data_months_over
from seg_assets_tests.automation.simulated_home import SOURCES, SimulatedHome, utc
from seg_assets_tests.automation.test_due import home_after

MAY, JUNE, JULY = (dt.date(2026, month, 1) for month in (5, 6, 7))


def reports(home: SimulatedHome) -> list[Work]:
    """The reports that are due now."""
    works = [launch.work for launch in decide(home.world(), home.catalogue).launches]
    return [work for work in works if work.job == jobs.REPORT_KPIS]


def land_july_until(home: SimulatedHome, last: int) -> None:
    for day in range(6, last + 1, 7):
        home.land(dt.date(2026, 7, day))
    home.now = utc(f"2026-07-{last} 09:00")
    home.settle()


def test_a_month_is_over_with_its_last_monday():
    weeks = [dt.date(2026, 5, 25), dt.date(2026, 6, 22)]
    assert data_months_over(weeks) == [MAY]
    assert data_months_over([*weeks, dt.date(2026, 6, 29)]) == [MAY, JUNE]
    # June's last Monday never landed.
    assert data_months_over([*weeks, dt.date(2026, 7, 6)]) == [MAY, JUNE]


def test_a_month_that_a_model_served_is_reported_when_it_is_over():
    home = home_after("2026-06-29")
    # The first month that landed opens no period, and no model served it.
    assert sorted(home.made["segment_kpis"]) == [MAY, JUNE]
    land_july_until(home, 20)
    assert JULY not in home.made["segment_kpis"]
    land_july_until(home, 27)
    assert max(home.made["segment_kpis"]) == JULY
    assert reports(home) == []


def test_a_month_end_that_landed_again_is_reported_again_and_with_it_what_looks_back_to_it():
    home = home_after("2026-06-29")
    before = dict(home.made["segment_kpis"])
    home.land(dt.date(2026, 6, 29), SOURCES[1], mark="corrected")
    home.settle()
    after = home.made["segment_kpis"]
    assert after[JUNE] > before[JUNE] and after[MAY] == before[MAY]
    home.land(dt.date(2026, 5, 25), SOURCES[1], mark="corrected")
    home.settle()
    assert after[MAY] > before[MAY]


def test_a_report_waits_for_weeks_that_are_still_to_be_read():
    home = home_after("2026-06-29")
    home.land(dt.date(2026, 5, 25), SOURCES[1], mark="corrected")
    assert reports(home) == []


def test_a_catalogue_without_kpis_reports_none():
    home = home_after("2026-06-29")
    home.made["segment_kpis"].clear()
    assert reports(home) != []
    home.catalogue = home.catalogue.model_copy(update={"kpis": ()})
    assert reports(home) == []
