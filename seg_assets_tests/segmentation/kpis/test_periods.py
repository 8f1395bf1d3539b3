"""Periods of a fiscal year lie between the last Mondays of months."""

from __future__ import annotations

import datetime as dt

import pytest

from seg_assets.calendar import mondays
from seg_assets.catalogs.kpi import Grain
from seg_assets.partitions import month_ends
from seg_assets.segmentation.kpis.periods import Year, periods_until, year_of

WEEKS = mondays(dt.date(2025, 1, 27), dt.date(2026, 7, 20))
ENDS = month_ends(WEEKS)
JUNE = dt.date(2026, 6, 1)


@pytest.mark.parametrize(
    ("day", "starts", "year"),
    [
        ((2026, 1, 31), 2, Year("FY2026", dt.date(2025, 2, 1))),
        ((2026, 2, 1), 2, Year("FY2027", dt.date(2026, 2, 1))),
        ((2026, 12, 31), 2, Year("FY2027", dt.date(2026, 2, 1))),
        ((2026, 1, 1), 1, Year("2026", dt.date(2026, 1, 1))),
        ((2026, 11, 30), 12, Year("FY2026", dt.date(2025, 12, 1))),
    ],
)
def test_a_fiscal_year_is_called_after_the_year_in_which_it_ends(day, starts, year):
    assert year_of(dt.date(*day), starts) == year


def test_a_month_lies_between_two_last_mondays():
    months = periods_until(JUNE, WEEKS, 1, [Grain.MONTH])
    assert [period.name for period in months] == [f"{first:%Y-%m}" for first in (p.first for p in months)]
    assert (months[0].name, months[0].begins_on, months[0].ends_on) == ("2025-02", *ENDS[:2])
    assert (months[-1].name, months[-1].begins_on) == ("2026-06", dt.date(2026, 5, 25))
    assert months[-1].ends_on == dt.date(2026, 6, 29)


@pytest.mark.parametrize(
    ("starts", "quarters", "years"),
    [
        (1, ["2025 Q2", "2025 Q3", "2025 Q4", "2026 Q1", "2026 Q2"], []),
        (2, ["FY2026 Q1", "FY2026 Q2", "FY2026 Q3", "FY2026 Q4", "FY2027 Q1"], ["FY2026"]),
        (7, ["FY2025 Q4", "FY2026 Q1", "FY2026 Q2", "FY2026 Q3", "FY2026 Q4"], ["FY2026"]),
    ],
)
def test_quarters_and_years_are_whole_ones_of_the_fiscal_year(starts, quarters, years):
    found = periods_until(JUNE, WEEKS, starts, [Grain.QUARTER, Grain.YEAR])
    assert [period.name for period in found if period.grain is Grain.QUARTER] == quarters
    assert [period.name for period in found if period.grain is Grain.YEAR] == years
    assert all(period.begins_on < period.first <= period.ends_on for period in found)


def test_a_month_that_did_not_land_opens_and_closes_no_period():
    landed = [week for week in WEEKS if (week.year, week.month) != (2026, 3)]
    names = [period.name for period in periods_until(JUNE, landed, 1, [Grain.MONTH, Grain.QUARTER])]
    assert "2026-02" in names and "2026-05" in names and "2026 Q1" not in names
    assert not {"2026-03", "2026-04", "2026 Q2"} & set(names)
