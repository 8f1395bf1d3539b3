"""Which weeks have to be scored, which of them to monitor, and which data months have outcomes to report.

Belongs here: when a week may be scored, by the contract's order under load. Does not: landing (due_landing.py),
months (due_months.py).

A week is scored again where its accounts or tiers were made again, or a person set an account's segment for it. Another
champion alone does not change it: stored weeks change when somebody scores them again.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from seg_assets.automation import jobs
from seg_assets.automation.due_landing import newest_of
from seg_assets.automation.due_months import RAW_EVENTS, MonthsDue
from seg_assets.automation.made_of import lift_made_of, scores_made_of
from seg_assets.automation.open_works import OpenWorks
from seg_assets.automation.plan import Skip, stale, weeks_to_monitor
from seg_assets.automation.priorities import BACKFILL, REPORT, SCORING
from seg_assets.automation.world import Work, World
from seg_assets.calendar import month_of, remembered_mondays
from seg_assets.catalogs import Catalogue
from seg_assets.lift_schemas import CONVERSION_LIFT_REPORT
from seg_assets.segmentation.conversion.design import complete_on
from seg_assets.segmentation.promotion import champion_of
from seg_assets.steps.lift_data import lift_plan

REFRESH_WAIT = dt.timedelta(hours=24)
"""How long, from its account snapshot on, a month's first week waits for the month's refresh."""


@dataclass(frozen=True)
class WeeksDue:
    """works: to be done. waits, stopped: weeks that are not scored now, or not by themselves, and why."""

    works: tuple[Work, ...]
    waits: tuple[Skip, ...]
    stopped: tuple[Skip, ...]


def weeks_due(world: World, catalogue: Catalogue, months: MonthsDue, landing: OpenWorks) -> WeeksDue:
    """Weeks with an account snapshot whose scores are missing, old, or show other overrides than hold for them."""
    snapshots, scores = world.newest("account_snapshots"), world.newest("segment_scores")
    works, waits, stopped = [], [], []
    for week, made_of in scores_made_of(world.newest, catalogue, sorted(snapshots)).items():
        if week not in world.overridden and not stale(week, scores, made_of):
            continue
        champion = champion_of(world.promotions, week)
        check = world.stopped_by("account_snapshots", week, week)
        what = f"week {week}"
        if check:
            why = f"the blocking check {check} failed on its account_snapshots"
            stopped.append(Skip(what, why))
        elif why_not := _waits(world, catalogue, week, months, landing):
            waits.append(Skip(what, why_not))
        elif champion is None:
            waits.append(Skip(what, "no model has been promoted yet"))
        else:
            cause = [newest_of(made_of), champion.definition_version, world.overridden.get(week, "")]
            works.append(
                Work(
                    job=jobs.SCORE,
                    makes="segment_scores",
                    first=week,
                    last=week,
                    cause=" ".join(cause).strip(),
                    priority=SCORING if week == max(snapshots) else BACKFILL,
                )
            )
    return WeeksDue(tuple(works), tuple(waits), tuple(stopped))


def _waits(world: World, catalogue: Catalogue, week: dt.date, months: MonthsDue, landing: OpenWorks) -> str | None:
    """Why a week is not scored yet, None where it can be."""
    first = min([week, *remembered_mondays(week, catalogue.limits.hold_weeks)])
    if landing.expects(("account_snapshots",), first, week):
        return "its account snapshot, or one that its hold looks at, is still to be made"
    month = month_of(week)
    opened = months.open_until(month)
    if opened and opened[0] < month:
        return f"a backfill is under way: service month {opened[0]:%Y-%m} comes first"
    if opened and _waits_for_its_month(world, week):
        until = world.snapshot_made_at[week] + REFRESH_WAIT
        if world.now < until:
            return (
                f"the refresh of {month:%Y-%m} comes first; by the champion before from {until:%Y-%m-%d %H:%M} UTC on"
            )
    return None


def _waits_for_its_month(world: World, week: dt.date) -> bool:
    """A month's first week waits, and a later one while a backfill has not scored the first."""
    earlier = [one for one in world.newest("account_snapshots") if month_of(one) == month_of(week) and one < week]
    return all(one not in world.newest("segment_scores") for one in earlier)


def monitoring_due(world: World) -> list[Work]:
    """Weeks to measure that are scored, or that a check stopped: their figures tell why."""
    accounts, scored = world.newest("account_snapshots"), world.newest("segment_scores")
    found = {week: champion_of(world.promotions, week) for week in accounts}
    champions = {
        week: champion.definition_version
        for week, champion in found.items()
        if champion and (week in scored or world.stopped_by("account_snapshots", week, week))
    }
    makes = jobs.MONITORED[-1]
    works = []
    for week in weeks_to_monitor(champions, world.newest(makes), accounts, {}):
        cause = newest_of([(accounts, [week, week - dt.timedelta(weeks=1)])])
        works.append(Work(jobs.MONITOR, makes, week, week, cause, BACKFILL if week == max(accounts) else REPORT))
    return works


def lift_due(world: World, catalogue: Catalogue, months: MonthsDue, landing: OpenWorks) -> list[Work]:
    """Data months whose outcomes are complete and that a model served, without a report or with an older one."""
    table = CONVERSION_LIFT_REPORT.name
    works = []
    for as_of in world.for_lift.month_ends:
        month = month_of(as_of)
        plan = lift_plan(month, world.for_lift, world.promotions, catalogue)
        if isinstance(plan, str) or months.open_until(month):
            continue
        if landing.expects(("account_snapshots", *RAW_EVENTS), dt.date.min, complete_on(as_of, catalogue)):
            continue
        made_of = lift_made_of(world.newest, catalogue, plan)
        if stale(month, world.newest(table), made_of):
            cause = f"{newest_of(made_of)} {plan.definition_version}"
            works.append(Work(jobs.REPORT_LIFT, table, month, month, cause, REPORT))
    return works
