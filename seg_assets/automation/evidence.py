"""Asking Dagster, the landing tables and the lakehouse for everything that decisions look at.

Belongs here: one look, and its parts that `seg run` asks too. Does not: deciding anything (due.py, plan.py).

All of it is in the event log, the runs and the tables, so that a sensor needs no cursor, and a daemon that was killed
goes on where the tables and runs are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import dagster as dg
import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.automation import jobs
from seg_assets.automation.launch import RANGE_END, RANGE_START, newest_records
from seg_assets.automation.made import made_and_held
from seg_assets.automation.plan import Made, usable_weeks
from seg_assets.automation.world import Failed, Running, Stop, World
from seg_assets.catalogs import Catalogue
from seg_assets.checks.contract import CROSS_FIELD_RULES, LANDING_CONTRACT
from seg_assets.kpi_schemas import SEGMENT_KPIS
from seg_assets.landing import Landing, LandingError
from seg_assets.lift_schemas import CONVERSION_LIFT_REPORT
from seg_assets.partitions import month_ends
from seg_assets.schemas import LANDINGS, SEGMENT_PROFILES, SEGMENT_SCORES
from seg_assets.segmentation.conversion.design import Landed
from seg_assets.segmentation.overrides import NONE, weeks_changed
from seg_assets.steps.models import read_promotions, versions_of_partitions
from seg_assets.steps.overrides import OVERRIDES_SHOWN, read_overrides
from seg_assets.steps.refresh_data import history_from

PARTITION = "dagster/partition"
WORK, MAKES, FIRST, LAST = "seg/work", "seg/makes", "seg/first", "seg/last"
"""Tags of automation's own runs: what they are counted by, and the asset and partitions that the work was about."""

AUTOMATION = "seg/automation"
"""Tag of every run that automation started; its value is the sensor."""

SENSOR = "landing_sensor"
MOST_FAILURES = 1_000
MOST_CHECKS = 1_000

UNDER_WAY = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)
CHECKED = ("account_snapshots", "account_features")
"""Assets whose blocking checks stop what would be made of them."""
REFUSING = (LANDING_CONTRACT, CROSS_FIELD_RULES)
"""Checks whose failure as an error means that what landed was not taken."""


@dataclass(frozen=True)
class Evidence:
    """The places to ask. repository: the graph and its jobs."""

    catalogue: Catalogue
    instance: dg.DagsterInstance
    repository: dg.RepositoryDefinition
    landing: Landing
    lakehouse: Lakehouse

    def world(self, now: dt.datetime) -> World:
        """Everything as it is; `now` has a time zone."""
        # Before what was made: a run that ends between the two looks is then seen as both, and not as neither.
        running = tuple(self._running())
        landed, unreadable = self._landed(now)
        # Whatever code made it: a changed catalogue remakes nothing by itself.
        made = {asset: made_and_held(self.instance, self.lakehouse, asset) for asset in self._assets()}
        conversions = sorted(made["raw/pipeline_conversions"])
        return World(
            now=now,
            landed=landed,
            read={source: identities_read(self.lakehouse, source) for source in self._sources()},
            made=made,
            snapshot_made_at=self._made_at("account_snapshots"),
            promotions=tuple(read_promotions(self.lakehouse)),
            for_lift=Landed(
                tuple(month_ends(made["account_snapshots"])),
                frozenset(conversions),
                history_from(self.lakehouse, conversions),
            ),
            stopped={asset: self._stopped(asset, made[asset]) for asset in CHECKED},
            running=running,
            failed=self._failed(),
            unreadable=unreadable,
            described=versions_of_partitions(self.lakehouse, SEGMENT_PROFILES.name, "service_month"),
            overridden=overrides_changed(self.instance, self.lakehouse),
        )

    def _sources(self) -> list[str]:
        return [*(source.name for source in self.catalogue.sources), jobs.ACCOUNT_MASTER, *jobs.EVENT_SOURCES]

    def _assets(self) -> list[str]:
        made = ("account_snapshots", "account_features", "account_tiers", "segment_model", *jobs.DESCRIPTIONS)
        raw = (f"raw/{source}" for source in self._sources())
        return [*raw, *made, "segment_scores", *jobs.MONITORED, CONVERSION_LIFT_REPORT.name, SEGMENT_KPIS.name]

    def _landed(self, now: dt.datetime) -> tuple[dict[str, dict[dt.date, str]], dict[str, str]]:
        """The usable weeks of every source, and why others cannot be opened."""
        today = now.astimezone(dt.UTC).date()
        newest = today - dt.timedelta(days=today.weekday())
        landed: dict[str, dict[dt.date, str]] = {}
        unreadable = {}
        for source in self._sources():
            try:
                found = self.landing.weeks(source) if self.landing.has(source) else {}
            except LandingError as error:
                unreadable[source], found = str(error), {}
            landed[source], _ = usable_weeks(found, self.catalogue.first_month, newest)
        return landed, unreadable

    def _made_at(self, asset: str) -> dict[dt.date, dt.datetime]:
        records = newest_records(self.instance, _key(asset))
        return {day: dt.datetime.fromtimestamp(record.timestamp, dt.UTC) for day, record in records.items()}

    def _running(self) -> Iterable[Running]:
        for run in self.instance.get_runs(dg.RunsFilter(statuses=list(UNDER_WAY))):
            partitions = _partitions(run)
            if partitions is not None:
                yield Running(self._run_assets(run), *partitions, run.tags.get(WORK))

    def _run_assets(self, run: dg.DagsterRun) -> frozenset[str]:
        if run.asset_selection:
            keys: Iterable[dg.AssetKey] = run.asset_selection
        elif self.repository.has_job(run.job_name):
            keys = self.repository.get_job(run.job_name).asset_layer.selected_asset_keys
        else:
            keys = ()
        return frozenset(key.to_user_string() for key in keys)

    def _failed(self) -> dict[str, Failed]:
        """Automation's runs that failed or were cancelled, by work."""
        wanted = dg.RunsFilter(
            statuses=[dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED], tags={AUTOMATION: SENSOR}
        )
        found: dict[str, Failed] = {}
        for record in self.instance.get_run_records(wanted, limit=MOST_FAILURES):
            run = record.dagster_run
            key = run.tags[WORK]
            # Records come newest first.
            ended = dt.datetime.fromtimestamp(record.end_time or record.update_timestamp.timestamp(), dt.UTC)
            before = found.get(key)
            found[key] = Failed(
                attempts=1 + (before.attempts if before else 0),
                last_ended=before.last_ended if before else ended,
                run_id=before.run_id if before else run.run_id,
                makes=run.tags[MAKES],
                first=dt.date.fromisoformat(run.tags[FIRST]),
                last=dt.date.fromisoformat(run.tags[LAST]),
                refused=before.refused if before else self._refused(run.run_id),
            )
        return found

    def _refused(self, run_id: str) -> bool:
        """Whether a check refused what landed, in that run."""
        kind = dg.DagsterEventType.ASSET_CHECK_EVALUATION
        for record in self.instance.get_records_for_run(run_id, of_type=kind, limit=MOST_CHECKS).records:
            evaluation = record.event_log_entry.asset_check_evaluation
            if evaluation is None or evaluation.check_name not in REFUSING:
                continue
            if not evaluation.passed and evaluation.severity == dg.AssetCheckSeverity.ERROR:
                return True
        return False

    def _stopped(self, asset: str, made: Made) -> dict[dt.date, Stop]:
        """Partition to a blocking check whose newest evaluation failed as an error."""
        graph = self.repository.asset_graph
        stopped: dict[dt.date, Stop] = {}
        for key in sorted(graph.get(_key(asset)).check_keys, key=lambda key: key.name):
            if graph.get(key).blocking:
                stopped |= self._failing(key, made)
        return stopped

    def _failing(self, check: dg.AssetCheckKey, made: Made) -> dict[dt.date, Stop]:
        """The partitions of `made` on which the newest evaluation of a check failed as an error."""
        seen: set[dt.date] = set()
        failing: dict[dt.date, Stop] = {}
        for record in self.instance.event_log_storage.get_asset_check_execution_history(check, limit=MOST_CHECKS):
            evaluation = record.event.asset_check_evaluation if record.event else None
            if evaluation is None:
                continue
            covered = self._covered(evaluation.partition, record.run_id, made) - seen
            seen |= covered
            if not evaluation.passed and evaluation.severity == dg.AssetCheckSeverity.ERROR:
                at = dt.datetime.fromtimestamp(record.create_timestamp, dt.UTC)
                failing |= dict.fromkeys(covered, Stop(check.name, at))
        return failing

    def _covered(self, partition: str | None, run_id: str, made: Made) -> set[dt.date]:
        """The partitions that an evaluation was about: its own, or those of its run."""
        if partition is not None:
            return {dt.date.fromisoformat(partition)}
        run = self.instance.get_run_by_id(run_id)
        span = _partitions(run) if run else None
        return set() if span is None else {day for day in made if span[0] <= day <= span[1]}


def identities_read(lakehouse: Lakehouse, source: str) -> dict[dt.date, str]:
    """Monday to the identity that the landing of `source` had when it was last read."""
    if not lakehouse.exists(LANDINGS.name):
        return {}
    rows = lakehouse.scan(LANDINGS.name).filter(pl.col("source") == source).sort("read_at")
    return dict(rows.select("snapshot_date", "identity").collect().iter_rows())


def overrides_changed(instance: dg.DagsterInstance, lakehouse: Lakehouse) -> dict[dt.date, str]:
    """The scored weeks for which other overrides hold than their scores show, with when the newest was recorded.

    That moment, and no hash of what holds: a run key is launched once, and what was ended may be set again.
    """
    rows = read_overrides(lakehouse)
    if not rows:
        return {}
    shown = {}
    for week, record in newest_records(instance, _key(SEGMENT_SCORES.name)).items():
        materialization = record.asset_materialization
        told = materialization.metadata.get(OVERRIDES_SHOWN) if materialization else None
        shown[week] = NONE if told is None else str(told.value)
    return dict.fromkeys(weeks_changed(rows, shown), max(row.recorded_at for row in rows).isoformat())


def _key(asset: str) -> dg.AssetKey:
    return dg.AssetKey(asset.split("/"))


def _partitions(run: dg.DagsterRun) -> tuple[dt.date, dt.date] | None:
    """The first and last partition of a run over dates; None for any other."""
    first = run.tags.get(RANGE_START) or run.tags.get(PARTITION)
    last = run.tags.get(RANGE_END) or run.tags.get(PARTITION)
    try:
        return (dt.date.fromisoformat(first), dt.date.fromisoformat(last)) if first and last else None
    except ValueError:
        return None
