"""Which sources are late: a required week that had to be there by now.

Belongs here: deadlines, counted in days from a Monday's beginning in UTC. Does not: telling anybody (alarms.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from seg_assets.catalogs import Catalogue

EVENTS_DUE_DAYS = 2
"""Of conversions and revenue events, which are no sources of a catalogue."""

LOOK_BACK_WEEKS = 8
"""An older gap is history: nobody is called for it."""


@dataclass(frozen=True)
class Late:
    """A required source that lacks weeks that were due. newest: its newest landed Monday, None where there is none."""

    source: str
    owner: str
    weeks: tuple[dt.date, ...]
    since: dt.datetime
    newest: dt.date | None


def due_at(catalogue: Catalogue, source: str, week: dt.date) -> dt.datetime:
    """The moment by which `source` has to have landed for `week`."""
    days = next((one.due_days for one in catalogue.sources if one.name == source), EVENTS_DUE_DAYS)
    return dt.datetime(week.year, week.month, week.day, tzinfo=dt.UTC) + dt.timedelta(days=days)


def late_sources(catalogue: Catalogue, landed: Mapping[str, Mapping[dt.date, str]], now: dt.datetime) -> list[Late]:
    """The required sources that lack a Monday that other sources have, or the newest Monday that was due.

    A Monday that no source has, with a newer one that landed, is no gap: history often has the ends of months only. A
    home in which nothing has landed yet has no late source. now: with a time zone.
    """
    here = {source.name: landed.get(source.name, {}) for source in catalogue.sources}
    begun = {week for weeks in here.values() for week in weeks}
    if not begun:
        return []
    today = now.astimezone(dt.UTC).date()
    newest_monday = today - dt.timedelta(days=today.weekday())
    found = []
    for source in catalogue.sources:
        if not source.required:
            continue
        last_due = newest_monday
        while now < due_at(catalogue, source.name, last_due):
            last_due -= dt.timedelta(weeks=1)
        oldest = last_due - dt.timedelta(weeks=LOOK_BACK_WEEKS)
        expected = {
            week for week in (*begun, max(last_due, *begun)) if min(begun) <= week <= last_due and week > oldest
        }
        missing = sorted(expected - set(here[source.name]))
        if missing:
            found.append(
                Late(
                    source=source.name,
                    owner=source.owner,
                    weeks=tuple(missing),
                    since=due_at(catalogue, source.name, missing[0]),
                    newest=max(here[source.name], default=None),
                )
            )
    return found
