"""The sensor that starts what is due: a thin shell around one decision.

Belongs here: asking (evidence.py), deciding (due.py), and saying it as run requests. Does not: either of them.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import dagster as dg

from resources.alerts import Alerts
from resources.lakehouse import Lakehouse, TableError
from seg_assets.automation import jobs
from seg_assets.automation.alarms import KIND, TABLES, of_damaged
from seg_assets.automation.choose import Launch
from seg_assets.automation.due import Decision, decide
from seg_assets.automation.evidence import AUTOMATION, FIRST, LAST, MAKES, SENSOR, WORK, Evidence
from seg_assets.automation.launch import RANGE_END, RANGE_START
from seg_assets.automation.lost_runs import fail_lost_runs
from seg_assets.catalogs import Catalogue
from seg_assets.landing import Landing

LAUNCHES = (
    jobs.LAND_EVENTS,
    jobs.LAND_SNAPSHOT,
    jobs.BUILD_FEATURES,
    jobs.BUILD_TIERS,
    jobs.REFRESH,
    jobs.SCORE,
    jobs.MONITOR,
    jobs.REPORT_LIFT,
    jobs.REPORT_KPIS,
)
SECONDS = 30
MOST_HOURS = 6
"""A run that takes longer is stuck: run monitoring ends it, and it counts as failed."""

# A run's steps are light, the heavy ones are programs of their own: a further process a step costs seconds each.
IN_PROCESS: dict[str, Any] = {"execution": {"config": {"in_process": {}}}}


def build_sensor(catalogue: Catalogue, defined: "Sequence[dg.UnresolvedAssetJobDefinition]") -> dg.SensorDefinition:
    """The sensor over the jobs that it launches, from all that are `defined`."""

    @dg.sensor(
        name=SENSOR,
        jobs=[job for job in defined if job.name in LAUNCHES],
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Reads weeks that landed or landed again, scores them, refreshes a service month once it has begun "
        "and its training snapshot has landed, and reports lift once outcomes are complete. Tries a failed run again, "
        "3 times in all. Looks at landing tables, the event log and runs alone: stop and start it at any time.",
    )
    def landing_sensor(
        context: dg.SensorEvaluationContext,
        lakehouse: dg.ResourceParam[Lakehouse],
        landing: dg.ResourceParam[Landing],
        alerts: dg.ResourceParam[Alerts],
    ) -> dg.SensorResult:
        if context.repository_def is None:
            raise dg.DagsterInvariantViolationError("the sensor needs its code location")
        for run_id in fail_lost_runs(context.instance):
            context.log.warning(f"run {run_id} was lost: its process died")
        evidence = Evidence(catalogue, context.instance, context.repository_def, landing, lakehouse)
        try:
            world = evidence.world(dt.datetime.now(dt.UTC))
        except TableError as error:
            alerts.standing(TABLES, [of_damaged(str(error))])
            return dg.SensorResult(skip_reason=str(error))
        alerts.standing(TABLES, [])
        decision = decide(world, catalogue)
        alerts.standing(KIND, decision.alarms)
        return result_of(decision)

    return landing_sensor


def result_of(decision: Decision) -> dg.SensorResult:
    """A decision as run requests; without any, what waits and why, in a sentence each."""
    requests = [request_of(launch) for launch in decision.launches]
    if requests:
        return dg.SensorResult(run_requests=requests)
    waits = "; ".join(map(str, decision.waits)) or "all that has landed is read, scored and reported"
    return dg.SensorResult(skip_reason=waits)


def request_of(launch: Launch) -> dg.RunRequest:
    """One attempt at a work. Its tags are how automation knows the run again."""
    work = launch.work
    one = work.first == work.last
    spans = {} if one else {RANGE_START: work.first.isoformat(), RANGE_END: work.last.isoformat()}
    return dg.RunRequest(
        run_key=launch.run_key,
        job_name=work.job,
        partition_key=work.first.isoformat() if one else None,
        asset_selection=None if work.assets is None else [dg.AssetKey(asset.split("/")) for asset in work.assets],
        run_config={**IN_PROCESS, "ops": {step: {"config": dict(config)} for step, config in work.config.items()}},
        tags={
            **spans,
            AUTOMATION: SENSOR,
            WORK: work.key,
            MAKES: work.makes,
            FIRST: work.first.isoformat(),
            LAST: work.last.isoformat(),
            "seg/attempt": str(launch.attempt),
            "dagster/priority": str(work.priority),
            "dagster/max_runtime": str(MOST_HOURS * 3600),
        },
    )
