"""A real Dagster instance with the real graph's keys and jobs, whose assets only write what automation looks at.

Belongs here: assets that cost milliseconds, landing tables as files, ticking and running. Does not: what must hold
(test_sensors.py), the real assets (end_to_end/test_automation.py).
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
import polars as pl

from resources.alerts import Alerts
from resources.lakehouse import Lakehouse
from seg_assets.assets.raw import raw_table
from seg_assets.automation import jobs
from seg_assets.automation.due import Decision, decide
from seg_assets.automation.evidence import Evidence
from seg_assets.automation.jobs import ACCOUNT_MASTER, DESCRIPTIONS, EVENT_SOURCES, MONITORED
from seg_assets.automation.sensors import build_sensor, request_of
from seg_assets.catalogs import default_catalogue
from seg_assets.checks.contract import LANDING_CONTRACT
from seg_assets.kpi_schemas import SEGMENT_KPIS
from seg_assets.landing import Landing
from seg_assets.lift_schemas import CONVERSION_LIFT_REPORT
from seg_assets.partitions import Partitions
from seg_assets.schemas import LANDINGS
from seg_assets.segmentation.promotion import Promotion
from seg_assets.steps.inputs import FITTED_MODEL
from seg_assets.steps.models import append_promotion
from seg_assets_tests.automation.simulated_home import LOOKS_ON

CATALOGUE = default_catalogue()
SOURCES = tuple(source.name for source in CATALOGUE.sources)
CHECK = "movement"
MADE_BY = {
    jobs.LAND_EVENTS: tuple(f"raw/{source}" for source in EVENT_SOURCES),
    jobs.LAND_SNAPSHOT: (*(f"raw/{source}" for source in (*SOURCES, ACCOUNT_MASTER)), "account_snapshots"),
    jobs.BUILD_FEATURES: ("account_features",),
    jobs.BUILD_TIERS: ("account_tiers",),
    jobs.REFRESH: ("segment_count_report", "segment_model", *DESCRIPTIONS),
    jobs.SCORE: ("segment_scores",),
    jobs.MONITOR: MONITORED,
    jobs.REPORT_LIFT: (CONVERSION_LIFT_REPORT.name,),
    jobs.REPORT_KPIS: (SEGMENT_KPIS.name,),
}
Fails = Callable[[str, dt.date], bool]


@dataclass
class TickedHome:
    """fails: which assets fail for which partition. suspicious: weeks on whose snapshots the blocking check fails.
    refused: which sources' contracts refuse which week.
    """

    folder: Path
    instance: dg.DagsterInstance
    fails: Fails = lambda asset, day: False
    suspicious: set[dt.date] = field(default_factory=set)
    refused: set[tuple[str, dt.date]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.lakehouse = Lakehouse(str(self.folder / "lakehouse"))
        self.landing = Landing(str(self.folder / "landing"))
        self.alerts = Alerts(self.lakehouse)
        chosen = [
            dg.define_asset_job(name, dg.AssetSelection.assets(*(dg.AssetKey(key.split("/")) for key in keys)))
            for name, keys in MADE_BY.items()
        ]
        self.definitions = dg.Definitions(
            assets=self._assets(),
            jobs=chosen,
            sensors=[build_sensor(CATALOGUE, chosen)],
            resources={"lakehouse": self.lakehouse, "landing": self.landing, "alerts": self.alerts},
        )
        self.repository = self.definitions.get_repository_def()

    def land(self, week: dt.date, *sources: str, mark: str = "") -> None:
        """Write a file of `sources`, by default of all; another mark is another landing."""
        for source in sources or (*SOURCES, *EVENT_SOURCES):
            folder = self.folder / "landing" / source / f"snapshot_date={week}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "part.csv").write_text(f"account_id\nA{mark}\n", encoding="utf-8")

    def tick(self, now: dt.datetime) -> Decision:
        """What automation decides at `now`."""
        evidence = Evidence(CATALOGUE, self.instance, self.repository, self.landing, self.lakehouse)
        return decide(evidence.world(now), CATALOGUE)

    def settle(self, now: dt.datetime) -> tuple[list[str], Decision]:
        """Tick and run until nothing starts: `asset partition` of each run but LOOKS_ON, and the last decision."""
        done = []
        while True:
            decision = self.tick(now)
            if not decision.launches:
                return done, decision
            for launch in decision.launches:
                if launch.work.job not in LOOKS_ON:
                    done.append(f"{launch.work.makes} {launch.work.partition}")
                self.run(request_of(launch))

    def run(self, request: dg.RunRequest) -> bool:
        """Run a request as the daemon would: the same job, partition, selection, configuration and tags."""
        result = self.definitions.resolve_job_def(str(request.job_name)).execute_in_process(
            instance=self.instance,
            partition_key=request.partition_key,
            tags=dict(request.tags),
            run_config={
                "ops": request.run_config["ops"],
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
            asset_selection=request.asset_selection,
            raise_on_error=False,
        )
        return result.success

    def _assets(self) -> list[dg.AssetsDefinition]:
        partitions = Partitions(CATALOGUE.first_month)
        week, data, service = partitions.week, partitions.data_month, partitions.service_month
        raw = [self._raw(one, week) for one in (*SOURCES, ACCOUNT_MASTER, *EVENT_SOURCES)]
        others = {"account_features": data, "account_tiers": data, **dict.fromkeys(DESCRIPTIONS, service)}
        others |= {"segment_scores": week, **dict.fromkeys(MONITORED, week), CONVERSION_LIFT_REPORT.name: data}
        others[SEGMENT_KPIS.name] = data
        made = [self._asset([name], definition) for name, definition in others.items()]
        return [*raw, self._snapshots(week), self._model(service), *made]

    def _raw(self, source: str, week: dg.PartitionsDefinition) -> dg.AssetsDefinition:
        key = dg.AssetKey(["raw", source])
        spec = dg.AssetCheckSpec(LANDING_CONTRACT, asset=key, blocking=True)

        @dg.asset(key=key, partitions_def=week, backfill_policy=dg.BackfillPolicy.single_run(), check_specs=[spec])
        def raw(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
            for day in map(dt.date.fromisoformat, context.partition_keys):
                if (source, day) in self.refused:
                    yield dg.AssetCheckResult(asset_key=key, check_name=LANDING_CONTRACT, passed=False)
                    raise dg.Failure("half of the rows in quarantine", allow_retries=False)
                self._make(f"raw/{source}", day)
            result = dg.AssetCheckResult(asset_key=key, check_name=LANDING_CONTRACT, passed=True)
            yield dg.MaterializeResult(check_results=[result])

        return raw

    def _asset(self, key: list[str], definition: dg.PartitionsDefinition) -> dg.AssetsDefinition:
        @dg.asset(key=key, partitions_def=definition, backfill_policy=dg.BackfillPolicy.single_run())
        def made(context: dg.AssetExecutionContext) -> None:
            for day in context.partition_keys:
                self._make("/".join(key), dt.date.fromisoformat(day))

        return made

    def _snapshots(self, week: dg.PartitionsDefinition) -> dg.AssetsDefinition:
        spec = dg.AssetCheckSpec(CHECK, asset="account_snapshots", blocking=True)

        @dg.asset(partitions_def=week, deps=[dg.AssetKey(["raw", source]) for source in SOURCES], check_specs=[spec])
        def account_snapshots(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
            day = dt.date.fromisoformat(context.partition_key)
            self._make("account_snapshots", day)
            return dg.MaterializeResult(
                check_results=[dg.AssetCheckResult(check_name=CHECK, passed=day not in self.suspicious)]
            )

        return account_snapshots

    def _model(self, service: dg.PartitionsDefinition) -> dg.AssetsDefinition:
        specs = [dg.AssetSpec(name, partitions_def=service) for name in ("segment_count_report", "segment_model")]

        @dg.multi_asset(name=FITTED_MODEL, specs=specs, config_schema={"every_count": dg.Field(bool, True)})
        def fitted_model(context: dg.AssetExecutionContext):
            month = dt.date.fromisoformat(context.partition_key)
            self._make("segment_model", month)
            version = f"{month:%Y-%m}.1"
            now = dt.datetime.now(dt.UTC)
            append_promotion(self.lakehouse, Promotion(month, version, "promote", "automatic", now, "", None, version))
            yield dg.MaterializeResult("segment_count_report")
            yield dg.MaterializeResult("segment_model")

        return fitted_model

    def _make(self, asset: str, day: dt.date) -> None:
        if self.fails(asset, day):
            raise dg.Failure(f"{asset} {day} fails", allow_retries=False)
        if not asset.startswith("raw/"):
            return
        source = asset.removeprefix("raw/")
        if source == "pipeline_conversions":
            events = pl.DataFrame({"account_id": ["A"], "qualified_at": [day - dt.timedelta(days=1)]})
            self.lakehouse.replace(raw_table(CATALOGUE, source), events, day)
        row = {
            "source": source,
            "snapshot_date": day,
            "identity": self.landing.weeks(source)[day],
            "landed": 1,
            "accepted": 1,
            "quarantined": 0,
            "problems": [[]],
            "read_at": dt.datetime.now(dt.UTC),
        }
        self.lakehouse.append(LANDINGS, pl.DataFrame(row, schema=LANDINGS.schema))
