"""The sensor that tells on-call: a thin shell that asks Dagster and the landing tables, and hands values on.

Belongs here: what is asked, and the cursor. Does not: what is a problem (alerting.py, freshness.py), telling it once
(resources/alerts.py).
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecord

from resources.alerts import STORAGE_ERRORS, Alerts
from resources.lakehouse import Lakehouse
from seg_assets.automation.alerting import (
    BEFORE_ANY_STEP,
    CheckSeen,
    RunSeen,
    Span,
    of_check,
    of_run,
    settled,
)
from seg_assets.automation.freshness import NEWEST_WEEK_SCORED, Waiting, newest_landed, overdue, waiting
from seg_assets.automation.launch import RANGE_END, RANGE_START, why_failed
from seg_assets.automation.newest_week import SCORES, landed_weeks, result_of
from seg_assets.automation.override import END_OVERRIDE, SET_OVERRIDE
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
BY_PEOPLE = (PROMOTE, ROLLBACK, SET_OVERRIDE, END_OVERRIDE)
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
    ) -> dg.SensorResult:
        if context.repository_def is None:
            raise dg.DagsterInvariantViolationError("the sensor needs its code location")
        now = dt.datetime.now(dt.UTC)
        after, before = _read_cursor(context.cursor, now)
        seen = look(catalogue, landing, lakehouse, before, now)
        keys = context.repository_def.asset_graph.asset_check_keys
        told = tell_results(context.instance, keys, alerts, after, now)
        events = []
        if seen.told != before.told and seen.week is not None:
            # Told to on-call at the next look, as every other check.
            result = result_of(context.instance, catalogue, lakehouse, seen.week, scored=seen.waits is None)
            events.append(_evaluation(result))
        return dg.SensorResult(skip_reason=f"{told} news told", asset_events=events, cursor=_cursor(now, seen))

    return on_call_sensor


@dataclass(frozen=True)
class Look:
    """What a look at the newest landed week found. told: what its check last said; None where it said nothing yet."""

    week: dt.date | None
    waits: Waiting | None
    told: str | None


def look(catalogue: Catalogue, landing: Landing, lakehouse: Lakehouse, before: Look, now: dt.datetime) -> Look:
    """Whether the newest landed week is scored or may wait; where the tables cannot be read, as at the look before."""
    try:
        week = newest_landed(landed_weeks(catalogue, landing), catalogue.required_sources)
        scored = lakehouse.partitions(SEGMENT_SCORES.name)
    except (LandingError, *STORAGE_ERRORS):
        return before
    waits = waiting(week, scored, before.waits, now)
    if week is None or (waits is not None and not overdue(waits, now)):
        return Look(week, waits, before.told)
    return Look(week, waits, f"{week} {'is scored' if waits is None else 'waits'}")


def _evaluation(result: dg.AssetCheckResult) -> dg.AssetCheckEvaluation:
    """The same, as an event of no run."""
    return dg.AssetCheckEvaluation(
        asset_key=SCORES,
        check_name=NEWEST_WEEK_SCORED,
        passed=result.passed,
        metadata=result.metadata,
        severity=result.severity,
        description=result.description,
        blocking=False,
    )


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
    span = spans[record.run_id] if partition is None else Span(partition, partition)
    if evaluation.check_name == NEWEST_WEEK_SCORED:
        # Of no partition, though a person's run of an old week evaluates it too: what lacks scores is another week.
        span = Span()
    error = evaluation.severity == dg.AssetCheckSeverity.ERROR
    return CheckSeen(
        asset=evaluation.asset_key.to_user_string(),
        check=evaluation.check_name,
        span=span,
        run_id=record.run_id,
        at=dt.datetime.fromtimestamp(event.timestamp, dt.UTC),
        passed=evaluation.passed,
        error=error,
        blocks=error and bool(evaluation.blocking),
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


def _cursor(now: dt.datetime, seen: Look) -> str:
    found = {"after": now.isoformat()}
    if seen.told is not None:
        found["told"] = seen.told
    if seen.waits is not None:
        found |= {"week": seen.waits.week.isoformat(), "since": seen.waits.since.isoformat()}
    return json.dumps(found)


def _read_cursor(cursor: str | None, now: dt.datetime) -> tuple[dt.datetime, Look]:
    if not cursor:
        return now - LOOK_BACK, Look(None, None, None)
    found = json.loads(cursor)
    waits = None
    if "week" in found:
        waits = Waiting(dt.date.fromisoformat(found["week"]), dt.datetime.fromisoformat(found["since"]))
    week = None if waits is None else waits.week
    return dt.datetime.fromisoformat(found["after"]) - OVERLAP, Look(week, waits, found.get("told"))
