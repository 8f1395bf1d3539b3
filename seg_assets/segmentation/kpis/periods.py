"""Months, quarters and years, fiscal or of the calendar, and the snapshots between which one lies.

Belongs here: date arithmetic of periods. Does not: weeks and data months (seg_assets/calendar.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from seg_assets.calendar import month_after, month_before
from seg_assets.catalogs.kpi import Grain

MONTHS = {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12}


@dataclass(frozen=True)
class Year:
    """A fiscal year: what it is called, and its first day.

    One that begins in January is called by its number, another FY and the year in which it ends.
    """

    name: str
    first: dt.date


@dataclass(frozen=True)
class Period:
    """A period between two snapshots. first: its first day; begins_on, ends_on: the last Mondays before and in it."""

    grain: Grain
    name: str
    first: dt.date
    begins_on: dt.date
    ends_on: dt.date


def year_of(day: dt.date, starts: int) -> Year:
    """The fiscal year that `day` lies in. starts: its first month, 1 to 12."""
    first = dt.date(day.year - (day.month < starts), starts, 1)
    return Year(f"{first.year}" if starts == 1 else f"FY{first.year + 1}", first)


def periods_until(month: dt.date, snapshots: Iterable[dt.date], starts: int, grains: Collection[Grain]) -> list[Period]:
    """The periods that are over with the data month `month` and whose two snapshots have landed, by grain and time.

    snapshots: Mondays that have landed. A period begins on the last of the month before it and ends on the last of its
    last month. starts: the fiscal year's first month.
    """
    last = {day.replace(day=1): day for day in sorted(snapshots)}
    found = []
    for grain in (one for one in Grain if one in grains):
        for ends in sorted(one for one in last if one <= month and _ends_with(grain, one, starts)):
            first = _first(grain, ends)
            if month_before(first) in last:
                found.append(Period(grain, _name(grain, first, starts), first, last[month_before(first)], last[ends]))
    return found


def _ends_with(grain: Grain, month: dt.date, starts: int) -> bool:
    return (month_after(month).month - starts) % MONTHS[grain] == 0


def _first(grain: Grain, last_month: dt.date) -> dt.date:
    first = last_month
    for _ in range(MONTHS[grain] - 1):
        first = month_before(first)
    return first


def _name(grain: Grain, first: dt.date, starts: int) -> str:
    year = year_of(first, starts)
    match grain:
        case Grain.MONTH:
            return f"{first:%Y-%m}"
        case Grain.QUARTER:
            return f"{year.name} Q{(first.month - starts) % 12 // 3 + 1}"
        case Grain.YEAR:
            return year.name
