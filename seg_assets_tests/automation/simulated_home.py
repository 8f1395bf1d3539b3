"""A home in memory: what lands, what automation decides about it, and runs that succeed or fail at once.

Belongs here: the consequences of a run for what the next decision looks at. Does not: Dagster (ticked_home.py), what
must hold (tests).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from seg_assets.automation import jobs
from seg_assets.automation.choose import Launch
from seg_assets.automation.due import Decision, decide
from seg_assets.automation.world import Failed, Running, Stop, Work, World
from seg_assets.calendar import mondays
from seg_assets.catalogs import Catalogue, default_catalogue
from seg_assets.partitions import month_ends
from seg_assets.segmentation.conversion.design import Landed
from seg_assets.segmentation.promotion import Promotion, champion_of

CATALOGUE = default_catalogue()
SOURCES = tuple(source.name for source in CATALOGUE.sources)
EVENTS = jobs.EVENT_SOURCES
Fails = Callable[[Work], bool]


def utc(text: str) -> dt.datetime:
    """`2026-07-01 09:00` as a moment in UTC."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@dataclass
class SimulatedHome:
    """`now` moves by hand; `done` lists the runs that succeeded, in order, without those that only look on."""

    now: dt.datetime
    catalogue: Catalogue = CATALOGUE
    landed: dict[str, dict[dt.date, str]] = field(default_factory=dict)
    read: dict[str, dict[dt.date, str]] = field(default_factory=dict)
    made: dict[str, dict[dt.date, int]] = field(default_factory=dict)
    made_at: dict[dt.date, dt.datetime] = field(default_factory=dict)
    promotions: list[Promotion] = field(default_factory=list)
    scored_by: dict[dt.date, str] = field(default_factory=dict)
    failed: dict[str, Failed] = field(default_factory=dict)
    stopped: dict[str, dict[dt.date, Stop]] = field(default_factory=dict)
    running: tuple[Running, ...] = ()
    done: list[tuple[str, dt.date]] = field(default_factory=list)
    position: int = 0

    def land(self, week: dt.date, *sources: str, mark: str = "") -> None:
        """Land a week of `sources`, by default of all that a week needs; another mark is another landing."""
        for source in sources or (*SOURCES, *EVENTS):
            self.landed.setdefault(source, {})[week] = f"{source} {week} {mark}"

    def world(self) -> World:
        """What automation sees now."""
        conversions = frozenset(self.made.get("raw/pipeline_conversions", {}))
        history = min(conversions) - dt.timedelta(days=400) if conversions else None
        return World(
            now=self.now,
            landed=self.landed,
            read=self.read,
            made=self.made,
            snapshot_made_at=self.made_at,
            promotions=tuple(self.promotions),
            for_lift=Landed(tuple(month_ends(self.made.get("account_snapshots", {}))), conversions, history),
            stopped=self.stopped,
            running=self.running,
            failed=self.failed,
        )

    def tick(self) -> Decision:
        """One decision, with nothing done about it."""
        return decide(self.world(), self.catalogue)

    def settle(self, fails: Fails = lambda work: False) -> Decision:
        """Tick and run until nothing starts any more; the last decision."""
        while True:
            decision = self.tick()
            if not decision.launches:
                return decision
            for launch in decision.launches:
                self.run(launch, ok=not fails(launch.work))

    def run(self, launch: Launch, *, ok: bool = True) -> None:
        """One run, over at once."""
        work = launch.work
        if not ok:
            self.failed[work.key] = Failed(launch.attempt, self.now, "run", work.makes, work.first, work.last)
            return
        if work.job not in LOOKS_ON:
            self.done.append((work.makes, work.first))
        if work.job == jobs.REFRESH and work.makes == "segment_model":
            self._refreshed(work.first)
        days = [work.first] if work.first == work.last else mondays(work.first, work.last)
        for asset in work.assets or MAKES[work.job]:
            for day in days:
                self._materialized(asset, day)

    def jobs_done(self, asset: str) -> list[dt.date]:
        """The partitions of the runs that made `asset`, in order."""
        return [day for made, day in self.done if made == asset]

    def _refreshed(self, month: dt.date) -> None:
        version = f"{month:%Y-%m}.1"
        moment = dt.datetime.combine(month, dt.time(), dt.UTC) + dt.timedelta(microseconds=self.position)
        self.promotions.append(Promotion(month, version, "promote", "automatic", moment, "", None, version))

    def _materialized(self, asset: str, day: dt.date) -> None:
        self.position += 1
        self.made.setdefault(asset, {})[day] = self.position
        source = asset.removeprefix("raw/")
        if asset.startswith("raw/") and day in self.landed.get(source, {}):
            self.read.setdefault(source, {})[day] = self.landed[source][day]
        if asset == "account_snapshots":
            self.made_at[day] = self.now
        champion = champion_of(self.promotions, day)
        if asset == "segment_scores" and champion is not None:
            self.scored_by[day] = champion.definition_version


LOOKS_ON = (jobs.MONITOR, jobs.REPORT_KPIS)
MAKES: Mapping[str, tuple[str, ...]] = {
    jobs.BUILD_FEATURES: ("account_features",),
    jobs.BUILD_TIERS: ("account_tiers",),
    jobs.REFRESH: ("segment_model", *jobs.DESCRIPTIONS),
    jobs.SCORE: ("segment_scores",),
    jobs.MONITOR: jobs.MONITORED,
    jobs.REPORT_LIFT: ("conversion_lift_report",),
    jobs.REPORT_KPIS: ("segment_kpis",),
}
