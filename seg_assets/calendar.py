"""Mondays, months and maturity: plain date arithmetic, the same for assets and steps.

Belongs here: rules of the contract's section on time that need nothing but dates.
Does not: Dagster's partition definitions (partitions.py).
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Collection, Iterable


def is_monday(day: dt.date) -> bool:
    """Whether `day` can be a snapshot date."""
    return day.weekday() == 0


def month_of(day: dt.date) -> dt.date:
    """The first day of the month that `day` lies in; a week belongs to the month that its Monday begins in."""
    return day.replace(day=1)


def month_after(month: dt.date) -> dt.date:
    """The first day of the next month."""
    return (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1)


def month_before(month: dt.date) -> dt.date:
    """The first day of the month before."""
    return (month - dt.timedelta(days=1)).replace(day=1)


def months_earlier(day: dt.date, months: int) -> dt.date:
    """The same day so many months before, or the last day of that month where it is too short for it."""
    year, month = divmod(12 * day.year + day.month - 1 - months, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, calendar.monthrange(year, month + 1)[1]))


def event_weeks(landed: Iterable[dt.date], day: dt.date, months: int) -> list[dt.date]:
    """The landed Mondays that hold events of the `months` before `day` and had landed by then, ascending.

    A Monday holds the events of the seven days before it, the earliest all history. The events of `day` itself land a
    week later and are not looked at, so that what is made of them comes out the same whenever it is made.
    """
    return sorted(week for week in landed if months_earlier(day, months) < week <= day)


def weeks_remembered(hold_weeks: int) -> int:
    """How many Mondays before a week its hold depends on: those that it may last, and one to see what was before."""
    return hold_weeks + 1 if hold_weeks else 0


def remembered_mondays(week: dt.date, hold_weeks: int) -> list[dt.date]:
    """The Mondays before `week` that its hold depends on, nearest first; none where nothing is held."""
    return [week - dt.timedelta(weeks=back) for back in range(1, weeks_remembered(hold_weeks) + 1)]


def mondays(first: dt.date, last: dt.date) -> list[dt.date]:
    """Every Monday from `first` to `last`, both included."""
    start = first + dt.timedelta(days=-first.weekday() % 7)
    return [start + dt.timedelta(weeks=i) for i in range((last - start).days // 7 + 1)]


def parse_month(text: str) -> dt.date:
    """`2026-07` or `2026-07-01` as the first day of that month. Raises ValueError with the form to use."""
    for form in ("%Y-%m", "%Y-%m-%d"):
        try:
            day = dt.datetime.strptime(text, form).date()
        except ValueError:
            continue
        if day.day == 1:
            return day
    raise ValueError(f"{text!r} is not a month: write it as 2026-07")


def parse_monday(text: str) -> dt.date:
    """`2026-07-06` as a date. Raises ValueError when it is no date or no Monday, naming the Monday of its week."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a date: write it as 2026-07-06") from None
    if not is_monday(day):
        monday = day - dt.timedelta(days=day.weekday())
        raise ValueError(f"{text} is a {day:%A}; snapshots are of Mondays, the Monday of its week is {monday}")
    return day


def matured_snapshots(
    snapshots: Iterable[dt.date],
    moment: dt.date,
    *,
    conversion_weeks: Collection[dt.date],
    history_from: dt.date | None,
    horizon_days: int,
    lag_days: int,
) -> list[dt.date]:
    """The snapshots whose outcomes are all known at `moment`, ascending.

    A snapshot S counts conversions in (S, S + horizon]. It is matured when S + horizon + lag <= moment and every event
    week that holds a day of that window has landed: week M holds the days M - 7 to M - 1. The earliest landed week may
    hold history before its own seven days: those days are known from `history_from` on, the earliest event date found
    in it (None: it holds no event), and unknown before, since nothing tells that an event of theirs would have landed.
    """
    if not conversion_weeks:
        return []
    earliest = min(conversion_weeks)
    known_from = earliest - dt.timedelta(days=7)
    if history_from is not None:
        known_from = min(known_from, history_from)
    found = []
    for snapshot in sorted(set(snapshots)):
        first_day, last_day = snapshot + dt.timedelta(days=1), snapshot + dt.timedelta(days=horizon_days)
        needed = mondays(first_day + dt.timedelta(days=1), last_day + dt.timedelta(days=7))
        landed = first_day >= known_from and all(week in conversion_weeks or week < earliest for week in needed)
        if landed and last_day + dt.timedelta(days=lag_days) <= moment:
            found.append(snapshot)
    return found
