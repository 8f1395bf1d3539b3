"""Making real Dagster runs in a home, and asking it what has been made.

Belongs here: one run of one job over one partition or range, and the newest materializations.
Does not: deciding what to run (plan.py, population.py).
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import dagster as dg
from dagster import AssetRecordsFilter

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
PAGE = 10_000


@dataclass(frozen=True)
class Check:
    """What an asset check said in a run."""

    asset: str
    name: str
    passed: bool
    blocking: bool
    description: str


@dataclass(frozen=True)
class Run:
    """One run that was made: its job, partitions, outcome and duration in seconds."""

    job: str
    partition: str
    run_id: str
    ok: bool
    seconds: float
    rows: int | None
    error: str | None
    checks: tuple[Check, ...]

    @property
    def stopped_by(self) -> str | None:
        """The first blocking check that failed; None where none did."""
        return next((check.name for check in self.checks if check.blocking and not check.passed), None)


def launch(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    job: str,
    first: dt.date,
    last: dt.date,
    assets: Sequence[dg.AssetKey] | None = None,
    config: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> Run:
    """Run `job`, or only its `assets`, for the partitions from `first` to `last`, in this process.

    config: of single steps, by name, where it is not the default. The run is recorded in `instance`, where the Dagster
    UI shows it as any other.
    """
    began = time.monotonic()
    one = first == last
    result = definitions.resolve_job_def(job).execute_in_process(
        instance=instance,
        partition_key=first.isoformat() if one else None,
        tags={} if one else {RANGE_START: first.isoformat(), RANGE_END: last.isoformat()},
        run_config={**QUIET, "ops": {step: {"config": dict(chosen)} for step, chosen in config.items()}},
        asset_selection=assets,
        raise_on_error=False,
    )
    return Run(
        job=job,
        partition=first.isoformat() if one else f"{first} to {last}",
        run_id=result.run_id,
        ok=result.success,
        seconds=round(time.monotonic() - began, 2),
        rows=_rows(result),
        error=None if result.success else why_failed(instance, result.run_id),
        checks=tuple(
            Check(
                asset=evaluation.asset_key.to_user_string(),
                name=evaluation.check_name,
                passed=evaluation.passed,
                # One that only warns stops nothing.
                blocking=bool(evaluation.blocking) and evaluation.severity is dg.AssetCheckSeverity.ERROR,
                description=evaluation.description or "",
            )
            for evaluation in result.get_asset_check_evaluations()
        ),
    )


def _rows(result: dg.ExecuteInProcessResult) -> int | None:
    """Rows that the run's last asset wrote, over all its partitions; None where it told no count."""
    made = [event.materialization for event in result.get_asset_materialization_events()]
    last = [one for one in made if one.asset_key == made[-1].asset_key]
    counts = [one.metadata["dagster/row_count"].value for one in last if "dagster/row_count" in one.metadata]
    return sum(int(str(count)) for count in counts) if counts else None


def newest_materializations(
    instance: dg.DagsterInstance, asset: dg.AssetKey, code_version: str | None
) -> dict[dt.date, int]:
    """Partition to the event-log position of its newest materialization; only those made by `code_version`."""
    found = {}
    for partition, record in newest_records(instance, asset).items():
        materialization = record.asset_materialization
        tags = (materialization.tags if materialization else None) or {}
        if code_version in (None, tags.get("dagster/code_version")):
            found[partition] = record.storage_id
    return found


def newest_records(instance: dg.DagsterInstance, asset: dg.AssetKey) -> dict[dt.date, dg.EventLogRecord]:
    """Partition to the event of its newest materialization, whatever code made it."""
    newest: dict[dt.date, dg.EventLogRecord] = {}
    for record in _materializations(instance, asset):
        materialization = record.asset_materialization
        if materialization is None or materialization.partition is None:
            continue
        partition = dt.date.fromisoformat(materialization.partition)
        if partition not in newest or record.storage_id > newest[partition].storage_id:
            newest[partition] = record
    return newest


def _materializations(instance: dg.DagsterInstance, asset: dg.AssetKey) -> Iterator[dg.EventLogRecord]:
    cursor, more = None, True
    while more:
        page = instance.fetch_materializations(AssetRecordsFilter(asset_key=asset), limit=PAGE, cursor=cursor)
        yield from page.records
        cursor, more = page.cursor, page.has_more


def why_failed(instance: dg.DagsterInstance, run_id: str) -> str:
    """Why a run failed: a step program's own exception where there is one, else what the asset raised."""
    for record in instance.all_logs(run_id, of_type=dg.DagsterEventType.ENGINE_EVENT):
        event = record.dagster_event
        if event is not None and event.engine_event_data.error is not None:
            return event.engine_event_data.error.message.strip()
    for record in instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE):
        event = record.dagster_event
        if event is not None:
            failure = event.step_failure_data
            if failure.user_failure_data and failure.user_failure_data.description:
                return failure.user_failure_data.description
            error = failure.error
            if error is not None and error.cause is not None:
                # Dagster's own wrapper says only which step failed; what the step raised is its cause.
                error = error.cause
            return error.message.strip() if error else "the step failed without a message"
    return "the run failed before any step"
