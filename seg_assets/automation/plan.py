"""What `seg run` has to do: which partitions are missing or older than what they are made of.

Belongs here: pure decisions on plain values. Does not: asking Dagster or the landing tables (population.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from seg_assets.calendar import is_monday, month_after, month_before, month_of
from seg_assets.partitions import month_ends, service_months

Made = Mapping[dt.date, int]
"""Partition to the position in the event log of its newest materialization by the present catalogue."""


@dataclass(frozen=True)
class Skip:
    """Something that was not done, and why."""

    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.what}: {self.why}"


def weeks_to_read(landed: Mapping[dt.date, str], read: Mapping[dt.date, str], made: Made) -> list[dt.date]:
    """Mondays of one source that have to be read: never read, re-landed since, or read by another catalogue.

    landed and read map a Monday to the identity of its landing.
    """
    return sorted(week for week, identity in landed.items() if read.get(week) != identity or week not in made)


def usable_weeks(
    found: Mapping[dt.date, str], first_month: dt.date, newest: dt.date | None
) -> tuple[dict[dt.date, str], dict[dt.date, str]]:
    """The Mondays of one source with their identities, and other dates with why they are left out.

    newest: the Monday of the current week, None before the first month has begun.
    """
    usable, left_out = {}, {}
    for day, identity in sorted(found.items()):
        if not is_monday(day):
            left_out[day] = f"{day} is a {day:%A}, snapshots are of Mondays"
        elif newest is None or day > newest:
            left_out[day] = f"in the future: this machine's newest Monday is {newest}; correct its clock, or the date"
        elif day < first_month:
            left_out[day] = f"before the catalogue's first_month {first_month}"
        else:
            usable[day] = identity
    return usable, left_out


def complete_weeks(
    landed: Mapping[str, Collection[dt.date]], required: Sequence[str], wanted: Collection[dt.date] | None
) -> tuple[list[dt.date], list[Skip]]:
    """The Mondays on which every required source has landed, and those that lack one.

    landed: source to its Mondays. wanted: only these, where given; one of them that lacks a source is named.
    """
    sources = required or list(landed)
    candidates = set(wanted) if wanted is not None else {week for name in sources for week in landed.get(name, ())}
    complete, skipped = [], []
    for week in sorted(candidates):
        missing = [name for name in required if week not in landed.get(name, ())]
        if not any(week in weeks for weeks in landed.values()):
            missing = list(sources)
        if missing:
            skipped.append(Skip(f"week {week}", f"{', '.join(missing)} has not landed"))
        else:
            complete.append(week)
    return complete, skipped


def months_to_serve(
    landed: Collection[dt.date], wanted: Collection[dt.date] | None, begun: dt.date
) -> tuple[list[dt.date], list[Skip]]:
    """The service months to refresh, and those left out.

    landed: Mondays with an account snapshot. wanted: only these, where given. begun: the newest month that has begun.
    By default a month is refreshed once it has begun and its training snapshot has landed; the newest training
    snapshot of all is used at once where there is no other, since public data is often one snapshot of any Monday.
    """
    last_landed = {month_after(month_of(week)): week for week in month_ends(landed)}
    newest = sorted(last_landed)[-1:]
    if wanted is None:
        chosen = [month for month in service_months(landed) if month <= begun] or newest
    else:
        chosen = [month for month in sorted(last_landed) if month in wanted]
    left_out = {*(wanted if wanted is not None else newest)} - {*chosen}
    return chosen, [Skip(f"month {month:%Y-%m}", _why_not(month, last_landed, begun)) for month in sorted(left_out)]


def _why_not(month: dt.date, last_landed: Mapping[dt.date, dt.date], begun: dt.date) -> str:
    data_month = f"{month_before(month):%Y-%m}"
    if month not in last_landed:
        return f"no snapshot of {data_month} has landed"
    if month > begun:
        return f"it has not begun; --months {month:%Y-%m} refreshes it now, on {last_landed[month]}"
    return f"{data_month} is not over, its last landed snapshot is {last_landed[month]}; --months takes that one"


def stale(partition: dt.date, made: Made, upstream: Iterable[tuple[Made, Collection[dt.date]]]) -> bool:
    """Whether a partition is missing, or older than any of the upstream partitions it is made of."""
    if partition not in made:
        return True
    return any(parts[key] > made[partition] for parts, keys in upstream for key in keys if key in parts)


def weeks_to_monitor(
    champions: Mapping[dt.date, str], made: Made, accounts: Made, versions: Mapping[dt.date, str]
) -> list[dt.date]:
    """Mondays whose drift has to be measured: never measured, under another champion, or their accounts came anew.

    champions: the version in force in each Monday that can be measured; versions: the one that it was measured under.
    """
    return sorted(
        week
        for week, version in champions.items()
        if versions.get(week, version) != version
        or stale(week, made, [(accounts, [week, week - dt.timedelta(weeks=1)])])
    )


def consecutive(weeks: Sequence[dt.date]) -> list[tuple[dt.date, dt.date]]:
    """Ascending Mondays as (first, last) of each unbroken run of weeks."""
    ranges: list[tuple[dt.date, dt.date]] = []
    for week in weeks:
        if ranges and week - ranges[-1][1] == dt.timedelta(days=7):
            ranges[-1] = (ranges[-1][0], week)
        else:
            ranges.append((week, week))
    return ranges
