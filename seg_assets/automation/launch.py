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


class Interrupted(Exception):
    """A run was ended by Ctrl-C or a signal; nothing that was due after it was started."""

    def __init__(self, job: str, first: dt.date, last: dt.date) -> None:
        super().__init__(
            f"interrupted in {job} {first if first == last else f'{first} to {last}'}: nothing of it was "
            "stored half; `seg run` goes on from there"
        )


@dataclass(frozen=True)
class Check:
    """What an asset check said in a run."""

    asset: str
    name: str
    passed: bool
    blocking: bool
    description: str
    runbook: str
    look_closer: str


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
    UI shows it as any other. Raises Interrupted where this process was told to end meanwhile.
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
    if not result.success and _was_interrupted(result):
        # Dagster makes a failed step of it; whoever launches run after run would go on with the next.
        raise Interrupted(job, first, last)
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
                runbook=_text(evaluation.metadata, "runbook"),
                look_closer=_text(evaluation.metadata, "look_closer"),
            )
            for evaluation in result.get_asset_check_evaluations()
        ),
    )


def _text(metadata: Mapping[str, dg.MetadataValue[Any]], name: str) -> str:
    return str(metadata[name].value) if name in metadata else ""


def _was_interrupted(result: dg.ExecuteInProcessResult) -> bool:
    """Whether its process was told to end, by Ctrl-C or a signal: in a step, which then failed, or between two."""
    if any(event.event_type is dg.DagsterEventType.RUN_CANCELED for event in result.all_events):
        return True
    failed = [event.step_failure_data.error for event in result.all_events if event.is_step_failure]
    return any(error is not None and error.cls_name == "DagsterExecutionInterruptedError" for error in failed)


def _rows(result: dg.ExecuteInProcessResult) -> int | None:
    """Rows that the run's last asset wrote, over all its partitions; None where it told no count."""
    made = [event.materialization for event in result.get_asset_materialization_events()]
    last = [one for one in made if one.asset_key == made[-1].asset_key]
    counts = [one.metadata["dagster/row_count"].value for one in last if "dagster/row_count" in one.metadata]
    return sum(int(str(count)) for count in counts) if counts else None


def newest_materializations(
    instance: dg.DagsterInstance,
    asset: dg.AssetKey,
    code_version: str | None,
    written: Mapping[dt.date, float] | None,
) -> dict[dt.date, int]:
    """Partition to the event-log position of its newest materialization; only those made by `code_version`.

    written: when each partition that the asset's table holds was written, None where it keeps none. Left out is what
    the event log says was made and the table does not hold any more: its commit was lost, and has to be made again.
    """
    found = {}
    for partition, records in _records(instance, asset).items():
        materialization = records[-1].asset_materialization
        tags = (materialization.tags if materialization else None) or {}
        if code_version not in (None, tags.get("dagster/code_version")):
            continue
        if written is None or not _is_lost(instance, records, written.get(partition)):
            found[partition] = records[-1].storage_id
    return found


def _is_lost(instance: dg.DagsterInstance, records: Sequence[dg.EventLogRecord], written: float | None) -> bool:
    """Whether the newest materialization wrote what the table does not hold: nothing, or something older than its run.

    A materialization that a person reported in the UI has no run, wrote nothing, and is believed.
    """
    newest = records[-1].run_id
    if not newest or written is None:
        return bool(newest)
    if all(record.timestamp <= written for record in records[:-1]):
        return False
    run = instance.get_run_record_by_id(newest)
    return run is not None and run.start_time is not None and written < run.start_time


def newest_records(instance: dg.DagsterInstance, asset: dg.AssetKey) -> dict[dt.date, dg.EventLogRecord]:
    """Partition to the event of its newest materialization, whatever code made it."""
    return {partition: records[-1] for partition, records in _records(instance, asset).items()}


def _records(instance: dg.DagsterInstance, asset: dg.AssetKey) -> dict[dt.date, list[dg.EventLogRecord]]:
    """Partition to the events of its materializations, the newest last."""
    found: dict[dt.date, list[dg.EventLogRecord]] = {}
    for record in sorted(_materializations(instance, asset), key=lambda record: record.storage_id):
        materialization = record.asset_materialization
        if materialization is not None and materialization.partition is not None:
            found.setdefault(dt.date.fromisoformat(materialization.partition), []).append(record)
    return found


def _materializations(instance: dg.DagsterInstance, asset: dg.AssetKey) -> Iterator[dg.EventLogRecord]:
    cursor, more = None, True
    while more:
        page = instance.fetch_materializations(AssetRecordsFilter(asset_key=asset), limit=PAGE, cursor=cursor)
        yield from page.records
        cursor, more = page.cursor, page.has_more


def why_failed(instance: dg.DagsterInstance, run_id: str) -> str:
    """Why a run failed: a step program's own exception where there is one, else what the asset raised.

    Where no step failed, what the run was marked failed with: that its process was killed, for one.
    """
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
    ends = instance.all_logs(run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
    told = (record.dagster_event.message for record in ends if record.dagster_event is not None)
    return next((message for message in told if message), "the run failed before any step")
