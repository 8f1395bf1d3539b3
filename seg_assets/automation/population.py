"""`seg run`: everything that the landing tables allow and that is not there yet, as Dagster runs, in order.

Belongs here: the order of stages and their partitions; each decision is plan.py's, each run launch.py's.
Does not: printing (cli.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import dagster as dg

from resources.lakehouse import Lakehouse
from seg_assets.automation import jobs
from seg_assets.automation.evidence import identities_read, overrides_changed
from seg_assets.automation.launch import Run, launch
from seg_assets.automation.lost_runs import fail_lost_runs
from seg_assets.automation.made import made_and_held
from seg_assets.automation.made_of import (
    descriptions_made_of,
    features_made_of,
    kpis_made_of,
    lift_made_of,
    model_made_of,
    scores_made_of,
    snapshot_made_of,
    tiers_made_of,
)
from seg_assets.automation.plan import (
    Made,
    Skip,
    complete_weeks,
    consecutive,
    months_to_serve,
    stale,
    usable_weeks,
    weeks_to_monitor,
    weeks_to_read,
)
from seg_assets.automation.triggers import unread_triggers
from seg_assets.calendar import mondays, month_before, month_of
from seg_assets.catalogs import Catalogue
from seg_assets.kpi_schemas import SEGMENT_KPIS
from seg_assets.landing import Landing, LandingError
from seg_assets.lift_schemas import CONVERSION_LIFT_REPORT
from seg_assets.monitoring_schemas import DRIFT_METRICS
from seg_assets.partitions import Partitions, data_months_over, month_ends
from seg_assets.schemas import SEGMENT_MODEL, SEGMENT_PROFILES, SEGMENT_SCORES
from seg_assets.segmentation.kpis.plan import kpi_plan
from seg_assets.segmentation.overruling import weeks_to_score_again
from seg_assets.segmentation.promotion import champion_of, out_of_order
from seg_assets.steps.inputs import FITTED_MODEL
from seg_assets.steps.lift_data import landed_for_lift, lift_plan
from seg_assets.steps.models import read_promotions, versions_of_partitions

Progress = Callable[[Run], None]


@dataclass(frozen=True)
class PopulationRun:
    """What one call did: the months and weeks it was about, its runs, and what it left out."""

    months: tuple[dt.date, ...]
    weeks: tuple[dt.date, ...]
    runs: tuple[Run, ...]
    skipped: tuple[Skip, ...]
    failures: tuple[Skip, ...]
    rescored: tuple[Skip, ...]
    """Weeks that were scored again since another version is in force for them now, or other overrides hold."""

    @property
    def ok(self) -> bool:
        """Whether something landed, could be read, every run succeeded and every blocking check passed."""
        return not self.failures and all(
            run.ok and all(check.passed for check in run.checks if check.blocking) for run in self.runs
        )


@dataclass
class Population:
    """One catalogue's graph in one home. `run` goes through the stages once."""

    catalogue: Catalogue
    definitions: dg.Definitions
    instance: dg.DagsterInstance
    landing: Landing
    lakehouse: Lakehouse
    progress: Progress
    _runs: list[Run] = field(default_factory=list, init=False)
    _skipped: list[Skip] = field(default_factory=list, init=False)
    _failures: list[Skip] = field(default_factory=list, init=False)
    _rescored: list[Skip] = field(default_factory=list, init=False)
    _landings: dict[str, dict[dt.date, str]] = field(default_factory=dict, init=False)

    def run(self, months: Collection[dt.date] | None, weeks: Collection[dt.date] | None) -> PopulationRun:
        """Do the service months and weeks named, or by default all that have landed; skip what is up to date."""
        fail_lost_runs(self.instance)
        self._land_events()
        landed = self._land_snapshots(weeks)
        wanted_months = self._months(landed, months)
        for month in wanted_months:
            self._refresh(month, landed, every_count=month == wanted_months[-1])
        wanted_weeks = [week for week in sorted(landed) if weeks is None or week in weeks]
        self._score(wanted_weeks)
        self._score_triggers(wanted_weeks)
        self._monitor(wanted_weeks)
        self._report_lift()
        self._report_kpis()
        return PopulationRun(
            months=tuple(wanted_months),
            weeks=tuple(wanted_weeks),
            runs=tuple(self._runs),
            skipped=tuple(self._skipped),
            failures=tuple(self._failures),
            rescored=tuple(self._rescored),
        )

    def _land_events(self) -> None:
        for source in jobs.EVENT_SOURCES:
            if not self._landed(source) and self.catalogue.outcome_column is None:
                self._skipped.append(Skip(f"raw/{source}", "the landing tables have no such source"))
            for first, last in consecutive(self._weeks_to_read(source)):
                whole = self._launch(jobs.LAND_EVENTS, first, last, [f"raw/{source}"])
                if not whole.ok and first != last:
                    # One bad week must not keep the others out.
                    for week in mondays(first, last):
                        self._launch(jobs.LAND_EVENTS, week, week, [f"raw/{source}"])

    def _land_snapshots(self, weeks: Collection[dt.date] | None) -> set[dt.date]:
        """Read every Monday that is complete and not up to date; the Mondays that have an account snapshot now."""
        sources = {name: self._landed(name) for name in self._snapshot_sources()}
        if not any(sources.values()) and not self._failures:
            self._failures.append(Skip(f"landing at {self.landing.base}", self._nothing_landed()))
        else:
            self._failures += [
                Skip(
                    f"landing of {name}",
                    f"the catalogue requires it, and there is no table {name} with a usable week at "
                    f"{self.landing.base}; land it, or set `required: false` for it in the catalogue",
                )
                for name in self.catalogue.required_sources
                if not self._landed(name) and not any(f.what == f"landing of {name}" for f in self._failures)
            ]
        complete, skipped = complete_weeks(sources, self.catalogue.required_sources, None)
        if weeks is None:
            self._skipped += skipped
        else:
            _, missed = complete_weeks(sources, self.catalogue.required_sources, weeks)
            self._failures += missed
        read = [*sources, jobs.ACCOUNT_MASTER]
        reading = {name: set(self._weeks_to_read(name)) for name in read}
        raw = {f"raw/{name}": self._made(f"raw/{name}") for name in sources}
        made = self._made("account_snapshots")
        for week in complete:
            unread = any(week in reading[name] for name in read)
            if unread or stale(week, made, snapshot_made_of(raw.__getitem__, sources, week)):
                present = [f"raw/{name}" for name in read if week in self._landed(name)]
                self._launch(jobs.LAND_SNAPSHOT, week, week, [*present, "account_snapshots"])
            else:
                self._up_to_date(f"week {week} of account_snapshots")
        return set(self.lakehouse.partitions("account_snapshots"))

    def _months(self, landed: Collection[dt.date], wanted: Collection[dt.date] | None) -> list[dt.date]:
        months, left_out = months_to_serve(landed, wanted, month_of(dt.datetime.now(dt.UTC).date()))
        fitted = self.lakehouse.partitions(SEGMENT_MODEL.name)
        reasons = {month: out_of_order(month, fitted) for month in months}
        left_out += [Skip(f"month {month:%Y-%m}", why) for month, why in reasons.items() if why]
        if wanted is None:
            self._skipped += left_out
        else:
            self._failures += left_out
        return [month for month in months if not reasons[month]]

    def _refresh(self, month: dt.date, landed: Collection[dt.date], *, every_count: bool) -> None:
        """Bring a service month up to date; where its features cannot be built, its model stays as it is."""
        data_month = month_before(month)
        ends = month_ends(landed)
        trained_on = max(week for week in ends if month_of(week) == data_month)
        if stale(data_month, self._made("account_features"), features_made_of(self._made, trained_on)):
            built = self._launch(jobs.BUILD_FEATURES, data_month, data_month)
            if not built.ok:
                why = f"check {built.stopped_by} stops it" if built.stopped_by else "its features failed"
                self._failures.append(Skip(f"month {month:%Y-%m}", f"not refreshed, since {why}"))
                return
        self._tier(data_month, trained_on)
        told_of = descriptions_made_of(self._made, month, trained_on)
        old = [asset for asset in jobs.DESCRIPTIONS if stale(month, self._made(asset), told_of)]
        champion = champion_of(read_promotions(self.lakehouse), month)
        described = self._versions(SEGMENT_PROFILES.name, "service_month").get(month)
        if champion is not None and described not in (None, champion.definition_version):
            # A person has put another version in force for the month since it was described.
            old = list(jobs.DESCRIPTIONS)
        if stale(month, self._made("segment_model"), model_made_of(self._made, ends, trained_on)):
            config = {} if every_count else {FITTED_MODEL: {"every_count": False}}
            self._launch(jobs.REFRESH, month, month, config=config)
        elif old:
            self._launch(jobs.REFRESH, month, month, old)
        else:
            self._up_to_date(f"month {month:%Y-%m}")

    def _tier(self, data_month: dt.date, trained_on: dt.date) -> None:
        """Bring the tiers of a data month up to date; without any revenue event in the home there are none to make."""
        if not self._made("raw/revenue_events"):
            skip = Skip("account_tiers", "no revenue_events have landed")
            self._skipped += [skip] if skip not in self._skipped else []
            return
        made_of = tiers_made_of(self._made, self.catalogue, trained_on)
        if stale(data_month, self._made("account_tiers"), made_of):
            self._launch(jobs.BUILD_TIERS, data_month, data_month)

    def _score(self, weeks: Sequence[dt.date]) -> None:
        promotions = read_promotions(self.lakehouse)
        if weeks and not promotions:
            self._skipped.append(Skip("segment_scores", "no model has been promoted yet"))
            return
        made, versions = self._made("segment_scores"), self._versions(SEGMENT_SCORES.name, "snapshot_date")
        behind = {week: (was, now) for week, was, now in weeks_to_score_again(versions, promotions)}
        overridden = overrides_changed(self.instance, self.lakehouse)
        for week, made_of in scores_made_of(self._made, self.catalogue, weeks).items():
            current = week in versions and week not in behind and week not in overridden
            if current and not stale(week, made, made_of):
                self._up_to_date(f"week {week} of segment_scores")
                continue
            if week in behind:
                was, now = behind[week]
                why = f"scored again, by {now}, which is in force for it now; it was scored by {was}"
                self._rescored.append(Skip(f"week {week} of segment_scores", why))
            elif week in overridden and week in versions:
                why = "scored again: other overrides of accounts' segments hold for it now"
                self._rescored.append(Skip(f"week {week} of segment_scores", why))
            self._launch(jobs.SCORE, week, week)

    def _score_triggers(self, weeks: Sequence[dt.date]) -> None:
        """Score what lies in trigger files that have not been read, where the newest week is wanted and served."""
        stored = self.lakehouse.partitions("account_snapshots")
        if not stored or (newest := max(stored)) not in weeks or not read_promotions(self.lakehouse):
            return
        if unread_triggers(self.landing, self.lakehouse):
            self._launch(jobs.SCORE_TRIGGERS, newest, newest)

    def _monitor(self, weeks: Sequence[dt.date]) -> None:
        """Profile and drift of every week that a champion serves, also of one whose scoring a check has stopped."""
        promotions, table = read_promotions(self.lakehouse), DRIFT_METRICS.name
        found = {week: champion_of(promotions, week) for week in weeks}
        champions = {week: one.definition_version for week, one in found.items() if one is not None}
        made, accounts = self._made(table), self._made("account_snapshots")
        versions = self._versions(table, "snapshot_date")
        for first, last in consecutive(weeks_to_monitor(champions, made, accounts, versions)):
            self._launch(jobs.MONITOR, first, last)

    def _report_lift(self) -> None:
        """Report every data month whose outcomes are known and that a model served, where it is not up to date."""
        landed, promotions = landed_for_lift(self.lakehouse), read_promotions(self.lakehouse)
        table = CONVERSION_LIFT_REPORT.name
        made, versions = self._made(table), self._versions(table, "data_month")
        for month in [month_of(day) for day in landed.month_ends]:
            plan = lift_plan(month, landed, promotions, self.catalogue)
            if isinstance(plan, str):
                continue
            current = versions.get(month) == plan.definition_version
            if current and not stale(month, made, lift_made_of(self._made, self.catalogue, plan)):
                self._up_to_date(f"month {month:%Y-%m} of {table}")
            else:
                self._launch(jobs.REPORT_LIFT, month, month)

    def _report_kpis(self) -> None:
        """Report the KPIs of every data month that is over and that a model served, where they are not up to date."""
        landed, promotions = self.lakehouse.partitions("account_snapshots"), read_promotions(self.lakehouse)
        table = SEGMENT_KPIS.name
        made, versions = self._made(table), self._versions(table, "data_month")
        for month in data_months_over(landed):
            plan = kpi_plan(month, landed, promotions, self.catalogue)
            if isinstance(plan, str):
                continue
            current = versions.get(month) == plan.definition_version
            if current and not stale(month, made, kpis_made_of(self._made, plan)):
                self._up_to_date(f"month {month:%Y-%m} of {table}")
            else:
                self._launch(jobs.REPORT_KPIS, month, month)

    def _versions(self, table: str, partition: str) -> dict[dt.date, str]:
        return versions_of_partitions(self.lakehouse, table, partition)

    def _snapshot_sources(self) -> list[str]:
        return [source.name for source in self.catalogue.sources]

    def _landed(self, source: str) -> dict[dt.date, str]:
        """The Mondays of a source with their identities; other dates are named as skipped."""
        if source not in self._landings:
            found = self._weeks(source)
            newest = Partitions(self.catalogue.first_month).newest_week()
            usable, left_out = usable_weeks(found, self.catalogue.first_month, newest)
            self._skipped += [Skip(f"{source}, snapshot_date={day}", why) for day, why in left_out.items()]
            self._landings[source] = usable
        return self._landings[source]

    def _nothing_landed(self) -> str:
        expected = ", ".join(self._snapshot_sources())
        return (
            f"no source of catalogue {self.catalogue.name} has landed there; expected are tables {expected}, each with "
            "snapshot_date partitions. Point --landing (or SEG_LANDING) at their folder, or write some by `seg sample`"
        )

    def _weeks(self, source: str) -> dict[dt.date, str]:
        """What has landed of a source; a table that cannot be opened counts as nothing landed, and as a failure."""
        try:
            return self.landing.weeks(source) if self.landing.has(source) else {}
        except LandingError as error:
            self._failures.append(Skip(f"landing of {source}", str(error)))
            return {}

    def _weeks_to_read(self, source: str) -> list[dt.date]:
        read = identities_read(self.lakehouse, source)
        return weeks_to_read(self._landed(source), read, self._made(f"raw/{source}"))

    def _made(self, asset: str) -> Made:
        version = self.definitions.resolve_asset_graph().get(dg.AssetKey(asset.split("/"))).code_version
        return made_and_held(self.instance, self.lakehouse, asset, version)

    def _launch(
        self,
        job: str,
        first: dt.date,
        last: dt.date,
        assets: Sequence[str] | None = None,
        config: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    ) -> Run:
        keys = None if assets is None else [dg.AssetKey(asset.split("/")) for asset in assets]
        run = launch(self.definitions, self.instance, job, first, last, keys, config)
        self._runs.append(run)
        self.progress(run)
        return run

    def _up_to_date(self, what: str) -> None:
        self._skipped.append(Skip(what, "up to date, its inputs are unchanged"))
