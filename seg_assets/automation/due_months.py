"""Which service months have to be refreshed: features, tiers, model and what is told about it, in order of months.

Belongs here: when a month may start, and what it still lacks. Does not: landing (due_landing.py), weeks (due_weeks.py).

A month that has a model is not fitted again by itself, also where its snapshot is re-landed or the catalogue changes:
definitions that moved unannounced are what promotion is there to prevent. `seg run`, or a person, fits it again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from seg_assets.automation import jobs
from seg_assets.automation.due_landing import cause_of, newest_of
from seg_assets.automation.lateness import due_at
from seg_assets.automation.made_of import descriptions_made_of, features_made_of, tiers_made_of
from seg_assets.automation.open_works import OpenWorks
from seg_assets.automation.plan import Skip, months_to_serve, stale
from seg_assets.automation.priorities import BACKFILL, REFRESH
from seg_assets.automation.world import Work, World
from seg_assets.calendar import month_before, month_of
from seg_assets.catalogs import Catalogue
from seg_assets.partitions import month_ends
from seg_assets.segmentation.promotion import champion_of, out_of_order
from seg_assets.steps.inputs import FITTED_MODEL

RAW_EVENTS = tuple(f"raw/{source}" for source in jobs.EVENT_SOURCES)


@dataclass
class MonthsDue:
    """works: to be done. unfitted: service months whose model is still to come; untiered: whose tiers are.

    waits, stopped: months that do not start now, or not by themselves, and why.
    """

    works: list[Work] = field(default_factory=list)
    unfitted: list[dt.date] = field(default_factory=list)
    untiered: list[dt.date] = field(default_factory=list)
    waits: list[Skip] = field(default_factory=list)
    stopped: list[Skip] = field(default_factory=list)

    def open_until(self, month: dt.date) -> list[dt.date]:
        """The months up to `month` for which something is still to come that its weeks are scored with."""
        return sorted(one for one in {*self.unfitted, *self.untiered} if one <= month)


@dataclass(frozen=True)
class _Month:
    """A service month and the snapshot that trains it; newest: the newest month that has begun."""

    month: dt.date
    trained_on: dt.date
    newest: bool

    @property
    def data_month(self) -> dt.date:
        return month_before(self.month)

    def work(self, job: str, makes: str, partition: dt.date, cause: str) -> Work:
        config = {FITTED_MODEL: {"every_count": False}} if makes == "segment_model" and not self.newest else {}
        return Work(
            job=job,
            makes=makes,
            first=partition,
            last=partition,
            cause=cause,
            priority=REFRESH if self.newest else BACKFILL,
            config=config,
        )


def months_due(world: World, catalogue: Catalogue, complete: Collection[dt.date], landing: OpenWorks) -> MonthsDue:
    """What the service months lack that have begun and whose training snapshot has landed.

    complete: Mondays on which every required source has landed. landing: works and runs that read them.
    """
    found = MonthsDue()
    fitted = world.newest("segment_model")
    lacks_features = False
    for one in _begun(world, complete, landing):
        what = f"month {one.month:%Y-%m}"
        unfitted = one.month not in fitted and not out_of_order(one.month, fitted)
        stopped = _stopped(world, one) if unfitted else None
        if stopped:
            found.stopped.append(Skip(what, stopped))
            unfitted = False
        why = _waits(world, catalogue, one, landing) if unfitted else None
        if why:
            found.waits.append(Skip(what, why))
            found.unfitted.append(one.month)
            lacks_features = True
            continue
        if tiers := _tiers(world, catalogue, one):
            found.works.append(tiers)
            found.untiered += [] if world.gave_up(tiers) else [one.month]
        if unfitted:
            features = _features(world, one)
            if features and not lacks_features:
                found.works.append(features)
            refresh = _refresh(world, one)
            making = OpenWorks(world, (features,) if features else ())
            if not making.expects(("account_features",), one.data_month, one.data_month) and not found.unfitted:
                found.works += [] if features else [refresh]
            if not world.gave_up(features or refresh):
                found.unfitted.append(one.month)
                lacks_features |= features is not None
        elif one.month in fitted:
            found.works += _descriptions(world, one)
    return found


def _begun(world: World, complete: Collection[dt.date], landing: OpenWorks) -> list[_Month]:
    """The service months that have begun and have a training snapshot, ascending.

    The weeks are those that lie in the landing tables, read or not: a backfill that has read half a month must not
    train on it. A week that could not be read is none.
    """
    made = world.newest("account_snapshots")
    lost = {work.first for work in landing.works if work.makes == "account_snapshots" and world.gave_up(work)}
    weeks = {*made, *complete} - (lost - {*made})
    begun = month_of(world.today)
    last = {month_of(week): week for week in month_ends(weeks)}
    months = [month for month in months_to_serve(weeks, None, begun)[0] if month <= begun]
    return [_Month(month, last[month_before(month)], month == begun) for month in months]


def _stopped(world: World, one: _Month) -> str | None:
    """The blocking check that failed on what a month would be fitted on."""
    on = [("account_snapshots", one.trained_on), ("account_features", one.data_month)]
    for asset, partition in on:
        if check := world.stopped_by(asset, partition, one.trained_on):
            return f"the blocking check {check} failed on {asset} {partition}, which it would be fitted on"
    return None


def _waits(world: World, catalogue: Catalogue, one: _Month, landing: OpenWorks) -> str | None:
    if landing.expects(("account_snapshots", *RAW_EVENTS), dt.date.min, one.trained_on):
        return f"weeks up to its training snapshot {one.trained_on} are still to be read"
    for source in jobs.EVENT_SOURCES:
        landed = world.landed.get(source, {})
        until = due_at(catalogue, source, one.trained_on)
        if landed and max(landed) < one.trained_on and world.now < until:
            return f"{source} of {one.trained_on} has not landed; without it from {until:%Y-%m-%d %H:%M} UTC on"
    return None


def _features(world: World, one: _Month) -> Work | None:
    snapshots, made = world.newest("account_snapshots"), world.newest("account_features")
    if one.trained_on not in snapshots:
        return None
    if not stale(one.data_month, made, features_made_of(world.newest, one.trained_on)):
        return None
    cause = cause_of([str(snapshots[one.trained_on])])
    return one.work(jobs.BUILD_FEATURES, "account_features", one.data_month, cause)


def _tiers(world: World, catalogue: Catalogue, one: _Month) -> Work | None:
    """None also where no revenue event has landed: there are no tiers to make."""
    made_of = tiers_made_of(world.newest, catalogue, one.trained_on)
    snapshots = world.newest("account_snapshots")
    if not world.newest("raw/revenue_events") or one.trained_on not in snapshots:
        return None
    if not stale(one.data_month, world.newest("account_tiers"), made_of):
        return None
    return one.work(jobs.BUILD_TIERS, "account_tiers", one.data_month, newest_of(made_of))


def _refresh(world: World, one: _Month) -> Work:
    cause = cause_of([str(world.newest("account_features").get(one.data_month))])
    return one.work(jobs.REFRESH, "segment_model", one.month, cause)


def _descriptions(world: World, one: _Month) -> list[Work]:
    """What is told about a month's champion, where a run ended between the two or the account master landed again.

    All of it, where a person has put another version in force for the month.
    """
    made_of = descriptions_made_of(world.newest, one.month, one.trained_on)
    old = [asset for asset in jobs.DESCRIPTIONS if stale(one.month, world.newest(asset), made_of)]
    champion, described = champion_of(world.promotions, one.month), world.described.get(one.month)
    if champion is not None and described not in (None, champion.definition_version):
        old = list(jobs.DESCRIPTIONS)
    if not old:
        return []
    cause = f"{newest_of(made_of)} {champion.definition_version if champion else ''}".rstrip()
    work = one.work(jobs.REFRESH, old[0], one.month, cause)
    return [replace(work, assets=tuple(old))]
