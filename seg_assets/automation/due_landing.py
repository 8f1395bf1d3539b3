"""Which landed weeks have to be read: events of a week, and the account snapshot of a Monday.

Belongs here: works whose cause is what lies in the landing tables. Does not: what is made of them (due_months.py,
due_weeks.py), which of the works starts now (choose.py).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable

from seg_assets.automation import jobs
from seg_assets.automation.made_of import Upstream, snapshot_made_of
from seg_assets.automation.plan import complete_weeks, consecutive, stale, weeks_to_read
from seg_assets.automation.priorities import BACKFILL, SCORING
from seg_assets.automation.world import Work, World
from seg_assets.catalogs import Catalogue


def complete_in_landing(world: World, catalogue: Catalogue) -> list[dt.date]:
    """The Mondays on which every required source has landed, ascending."""
    landed = {source.name: world.landed.get(source.name, {}) for source in catalogue.sources}
    return complete_weeks(landed, catalogue.required_sources, None)[0]


def events_due(world: World) -> list[Work]:
    """Event weeks that have not been read as they lie there now.

    Neighbouring weeks are one run, so that a first landing of years is; a week that was in a failed run is one by
    itself, so that it keeps no other out.
    """
    works = []
    for source in jobs.EVENT_SOURCES:
        landed, makes = world.landed.get(source, {}), f"raw/{source}"
        weeks = weeks_to_read(landed, world.read.get(source, {}), world.newest(makes))
        failed = [one for one in world.failed.values() if one.makes == makes]
        alone = [week for week in weeks if any(one.first <= week <= one.last for one in failed)]
        together = consecutive([week for week in weeks if week not in alone])
        for first, last in [*together, *((week, week) for week in alone)]:
            works.append(
                Work(
                    job=jobs.LAND_EVENTS,
                    makes=makes,
                    first=first,
                    last=last,
                    cause=cause_of(landed[week] for week in weeks if first <= week <= last),
                    priority=SCORING if last == max(landed) else BACKFILL,
                    assets=(makes,),
                )
            )
    return works


def snapshots_due(world: World, catalogue: Catalogue, complete: Collection[dt.date]) -> list[Work]:
    """Mondays to read and join: new ones, those with a source that landed or re-landed since, half-made ones."""
    sources = [source.name for source in catalogue.sources]
    read = [*sources, jobs.ACCOUNT_MASTER]
    landed = {name: world.landed.get(name, {}) for name in read}
    unread = {
        name: set(weeks_to_read(landed[name], world.read.get(name, {}), world.newest(f"raw/{name}"))) for name in read
    }
    made = world.newest("account_snapshots")
    works = []
    for week in complete:
        if any(week in unread[name] for name in read) or stale(
            week, made, snapshot_made_of(world.newest, sources, week)
        ):
            present = [name for name in read if week in landed[name]]
            works.append(
                Work(
                    job=jobs.LAND_SNAPSHOT,
                    makes="account_snapshots",
                    first=week,
                    last=week,
                    cause=cause_of(f"{name}={landed[name][week]}" for name in present),
                    priority=SCORING if week == max(complete) else BACKFILL,
                    assets=(*(f"raw/{name}" for name in present), "account_snapshots"),
                )
            )
    return works


def cause_of(texts: Iterable[str]) -> str:
    """A short hash of what made a work due."""
    return hashlib.sha256("|".join(texts).encode()).hexdigest()[:12]


def newest_of(made_of: Upstream) -> str:
    """The cause of a work that is due for what it is made of: where its newest input stands in the event log."""
    return cause_of([str(max((made[day] for made, days in made_of for day in days if day in made), default=0))])
