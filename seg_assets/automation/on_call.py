"""The sensor that tells on-call: a thin shell that asks Dagster and the landing tables, and hands values on.

Belongs here: what is asked, and the cursor. Does not: what is a problem (alerting.py, freshness.py), telling it once
(resources/alerts.py).
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecord

from resources.alerts import STORAGE_ERRORS, Alerts
from resources.lakehouse import Lakehouse
from seg_assets.automation.alerting import (
    BEFORE_ANY_STEP,
    FRESHNESS,
    CheckSeen,
    RunSeen,
    Span,
    of_check,
    of_freshness,
    of_run,
    settled,
)
from seg_assets.automation.freshness import Waiting, newest_unscored, overdue, waiting
from seg_assets.automation.launch import RANGE_END, RANGE_START, why_failed
from seg_assets.automation.plan import usable_weeks
from seg_assets.automation.promote import PROMOTE, ROLLBACK
from seg_assets.catalogs import Catalogue
from seg_assets.landing import Landing, LandingError
from seg_assets.schemas import SEGMENT_SCORES

SENSOR = "on_call_sensor"
SECONDS = 30
LOOK_BACK = dt.timedelta(days=7)
"""How far the first look goes: an older failure is history, and nobody is called for it."""
OVERLAP = dt.timedelta(minutes=2)
"""A look begins so much before the last one, so that what ended during that one is not lost."""
MOST_RUNS, MOST_CHECKS = 500, 50
PARTITION = "dagster/partition"
BY_PEOPLE = (PROMOTE, ROLLBACK)
"""Whoever starts these sees how they end."""


def build_on_call_sensor(catalogue: Catalogue) -> dg.SensorDefinition:
    """The sensor. It runs unless it is stopped: it changes nothing, and one that is off tells nobody that it is."""

    @dg.sensor(
        name=SENSOR,
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells on-call, by webhook (SEG_ALERT_WEBHOOK) or mail (SEG_ALERT_EMAIL), of every check and run "
        "that failed and of a newest week that is not scored: once, and once when it is over. Without either, alerts "
        "are logged and kept in table alerts.",
    )
    def on_call_sensor(
        context: dg.SensorEvaluationContext,
        lakehouse: dg.ResourceParam[Lakehouse],
        landing: dg.ResourceParam[Landing],
        alerts: dg.ResourceParam[Alerts],
    ) -> dg.SkipReason:
        if context.repository_def is None:
            raise dg.DagsterInvariantViolationError("the sensor needs its code location")
        now = dt.datetime.now(dt.UTC)
        after, before = _read_cursor(context.cursor, now)
        keys = context.repository_def.asset_graph.asset_check_keys
        told = tell_results(context.instance, keys, alerts, after, now)
        waits = waiting(_unscored(catalogue, landing, lakehouse, before), before, now)
        late = waits is not None and overdue(waits, now)
        told += len(alerts.standing(FRESHNESS, [of_freshness(waits)] if waits and late else [], now))
        context.update_cursor(_cursor(now, waits))
        return dg.SkipReason(f"{told} news told")

    return on_call_sensor


def tell_results(
    instance: dg.DagsterInstance,
    checks: Iterable[dg.AssetCheckKey],
    alerts: Alerts,
    after: dt.datetime,
    now: dt.datetime,
) -> int:
    """Tell of the checks and runs that ended after `after`; how many news there were."""
    seen = sorted(_checks(instance, checks, after), key=lambda check: check.at)
    # A blocking check fails its run too; it is told once, as the check.
    stopped = {check.run_id for check in seen if not check.passed and check.blocks}
    ended = sorted(_runs(instance, after), key=lambda run: run.at)
    runs = [run for run in ended if not (run.failed and run.run_id in stopped)]
    news = [*map(of_check, seen), *(one for run in runs for one in of_run(run))]
    try:
        known = alerts.open()
    except STORAGE_ERRORS:
        known = {}
    problems, over = settled(news, known)
    return len(alerts.tell(problems, over, now))


def _checks(instance: dg.DagsterInstance, keys: Iterable[dg.AssetCheckKey], after: dt.datetime) -> Iterator[CheckSeen]:
    spans: dict[str, Span] = {}
    for key in keys:
        for record in instance.event_log_storage.get_asset_check_execution_history(key, limit=MOST_CHECKS):
            seen = _check(instance, record, after, spans)
            if seen is not None:
                yield seen


def _check(
    instance: dg.DagsterInstance, record: AssetCheckExecutionRecord, after: dt.datetime, spans: dict[str, Span]
) -> CheckSeen | None:
    event = record.event
    if event is None or event.dagster_event is None or event.timestamp < after.timestamp():
        return None
    if event.dagster_event.event_type != dg.DagsterEventType.ASSET_CHECK_EVALUATION:
        # Planned, and not evaluated yet, or never.
        return None
    evaluation = event.dagster_event.asset_check_evaluation_data
    if record.run_id not in spans:
        run = instance.get_run_by_id(record.run_id)
        spans[record.run_id] = Span() if run is None else _span(run)
    partition = evaluation.partition
    return CheckSeen(
        asset=evaluation.asset_key.to_user_string(),
        check=evaluation.check_name,
        span=spans[record.run_id] if partition is None else Span(partition, partition),
        run_id=record.run_id,
        at=dt.datetime.fromtimestamp(event.timestamp, dt.UTC),
        passed=evaluation.passed,
        blocks=bool(evaluation.blocking) and evaluation.severity == dg.AssetCheckSeverity.ERROR,
        says=evaluation.description or "",
        metadata={name: str(value.value) for name, value in evaluation.metadata.items()},
    )


def _runs(instance: dg.DagsterInstance, after: dt.datetime) -> Iterator[RunSeen]:
    """The runs that ended, without those that people start and watch."""
    ended = dg.RunsFilter(
        statuses=[dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE],
        updated_after=after.replace(tzinfo=None),
    )
    for record in instance.get_run_records(ended, limit=MOST_RUNS):
        run = record.dagster_run
        if run.job_name in BY_PEOPLE:
            continue
        steps = {step.step_key: step.status for step in instance.get_run_step_stats(run.run_id)}
        ends = {name: "" if status is None else status.value for name, status in steps.items()}
        done = {name for name, end in ends.items() if end == "SUCCESS"}
        broken = tuple(name for name, end in ends.items() if end == "FAILURE")
        failed = run.status == dg.DagsterRunStatus.FAILURE
        yield RunSeen(
            job=run.job_name,
            span=_span(run),
            run_id=run.run_id,
            at=dt.datetime.fromtimestamp(record.end_time or record.update_timestamp.timestamp(), dt.UTC),
            failed=(broken or (BEFORE_ANY_STEP,)) if failed else (),
            done=frozenset(done if failed else {*done, BEFORE_ANY_STEP}),
            error=why_failed(instance, run.run_id) if failed else "",
        )


def _span(run: dg.DagsterRun) -> Span:
    one = run.tags.get(PARTITION)
    return Span(one or run.tags.get(RANGE_START, ""), one or run.tags.get(RANGE_END, ""))


def _unscored(catalogue: Catalogue, landing: Landing, lakehouse: Lakehouse, before: Waiting | None) -> dt.date | None:
    """The newest landed week without scores; where the tables cannot be read, as at the last look."""
    today = dt.datetime.now(dt.UTC).date()
    monday = today - dt.timedelta(days=today.weekday())
    try:
        landed = {
            source.name: usable_weeks(landing.weeks(source.name), catalogue.first_month, monday)[0]
            for source in catalogue.sources
            if landing.has(source.name)
        }
        scored = lakehouse.partitions(SEGMENT_SCORES.name)
    except (LandingError, *STORAGE_ERRORS):
        return None if before is None else before.week
    return newest_unscored(landed, catalogue.required_sources, scored)


def _cursor(now: dt.datetime, waits: Waiting | None) -> str:
    found = {} if waits is None else {"week": waits.week.isoformat(), "since": waits.since.isoformat()}
    return json.dumps({"after": now.isoformat(), **found})


def _read_cursor(cursor: str | None, now: dt.datetime) -> tuple[dt.datetime, Waiting | None]:
    if not cursor:
        return now - LOOK_BACK, None
    found = json.loads(cursor)
    waits = None
    if "week" in found:
        waits = Waiting(dt.date.fromisoformat(found["week"]), dt.datetime.fromisoformat(found["since"]))
    return dt.datetime.fromisoformat(found["after"]) - OVERLAP, waits
