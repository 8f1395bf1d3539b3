"""One look at the world: what to start now, what waits and why, what on-call must hear of.

Belongs here: putting the decisions together. Does not: any of them (due_landing.py, due_months.py, due_weeks.py,
choose.py, lateness.py), launching (sensors.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from resources.alert import Alert
from seg_assets.automation.alarms import alarms
from seg_assets.automation.choose import Launch, choose, given_up
from seg_assets.automation.due_kpis import kpis_due
from seg_assets.automation.due_landing import complete_in_landing, events_due, snapshots_due
from seg_assets.automation.due_months import months_due
from seg_assets.automation.due_weeks import lift_due, monitoring_due, weeks_due
from seg_assets.automation.lateness import late_sources
from seg_assets.automation.open_works import OpenWorks
from seg_assets.automation.plan import Skip
from seg_assets.automation.world import World
from seg_assets.catalogs import Catalogue


@dataclass(frozen=True)
class Decision:
    """launches: to start now, in order. waits: what starts later by itself, and why. alarms: all that stand."""

    launches: tuple[Launch, ...]
    waits: tuple[Skip, ...]
    alarms: tuple[Alert, ...]


def decide(world: World, catalogue: Catalogue) -> Decision:
    """What automation does about the world; the same world gives the same decision."""
    complete = complete_in_landing(world, catalogue)
    landing = OpenWorks(world, (*events_due(world), *snapshots_due(world, catalogue, complete)))
    months = months_due(world, catalogue, complete, landing)
    weeks = weeks_due(world, catalogue, months, landing)
    kpis = kpis_due(world, catalogue, months, landing)
    reports = (*monitoring_due(world), *lift_due(world, catalogue, months, landing), *kpis)
    works = (*landing.works, *months.works, *weeks.works, *reports)
    failed = [(work, world.failed[work.key]) for work in given_up(world, works)]
    lost = [(work, why) for work, why in failed if not why.refused]
    return Decision(
        launches=tuple(choose(world, works)),
        waits=(*months.waits, *weeks.waits),
        alarms=alarms(
            late_sources(catalogue, world.landed, world.now), world.unreadable, lost, (*months.stopped, *weeks.stopped)
        ),
    )
