"""The sensor that scores accounts between weeks, as soon as a file of triggers lies in the landing folder.

Belongs here: what is due, and asking for it. Does not: scoring (assets/triggers.py), weeks (sensors.py).
"""

import datetime as dt
import hashlib
from collections.abc import Collection, Mapping, Sequence

import dagster as dg

from resources.lakehouse import Lakehouse
from seg_assets.automation import jobs
from seg_assets.automation.choose import RETRY_AFTER
from seg_assets.automation.evidence import UNDER_WAY
from seg_assets.automation.sensors import IN_PROCESS
from seg_assets.automation.world import MOST_ATTEMPTS
from seg_assets.landing import Landing
from seg_assets.landing.triggers import trigger_files
from seg_assets.segmentation.promotion import champion_of
from seg_assets.steps.models import read_promotions
from seg_assets.steps.triggers import files_read
from seg_assets.steps.week_reads import SNAPSHOTS

SENSOR = "trigger_sensor"
SECONDS = 30
FILES = "seg/triggers"
"""Tag of a run: a hash of the week and the files that it was started for; its attempts are counted by it."""


def unread_triggers(landing: Landing, lakehouse: Lakehouse) -> dict[str, str]:
    """The trigger files that have not been read: their identity to their name."""
    found = {file.identity: file.name for file in trigger_files(landing.base)}
    read = files_read(lakehouse) if found else set()
    return {identity: name for identity, name in found.items() if identity not in read}


def due_key(week: dt.date, unread: Collection[str]) -> str:
    """What a run for these files on that week's accounts is known by."""
    return hashlib.sha256("|".join([str(week), *sorted(unread)]).encode()).hexdigest()[:12]


def next_attempt(failed: Sequence[dt.datetime], now: dt.datetime) -> int | None:
    """Which attempt at the same files starts now, from 1; None after a failure just now, and after too many.

    failed: when the runs for them that failed had ended.
    """
    if len(failed) >= MOST_ATTEMPTS or (failed and now < max(failed) + RETRY_AFTER * len(failed)):
        return None
    return len(failed) + 1


def build_trigger_sensor(defined: "Sequence[dg.UnresolvedAssetJobDefinition]") -> dg.SensorDefinition:
    """The sensor over the job that scores triggers, from all that are `defined`."""

    @dg.sensor(
        name=SENSOR,
        jobs=[job for job in defined if job.name == jobs.SCORE_TRIGGERS],
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Scores accounts at once that a file in the landing folder `triggers` names, on the newest "
        "snapshot. Tries a failed run again, 3 times in all. Stop and start it at any time: each file is read once.",
    )
    def trigger_sensor(
        context: dg.SensorEvaluationContext, lakehouse: dg.ResourceParam[Lakehouse], landing: dg.ResourceParam[Landing]
    ) -> dg.SensorResult:
        unread = unread_triggers(landing, lakehouse)
        week = max(lakehouse.partitions(SNAPSHOTS), default=None)
        if not unread:
            return dg.SensorResult(skip_reason="every trigger file has been read")
        if week is None or champion_of(read_promotions(lakehouse), week) is None:
            return dg.SensorResult(skip_reason="no week has accounts and a model yet")
        if context.instance.get_runs(dg.RunsFilter(job_name=jobs.SCORE_TRIGGERS, statuses=list(UNDER_WAY)), limit=1):
            return dg.SensorResult(skip_reason="a run reads triggers already")
        key = due_key(week, unread)
        attempt = next_attempt(_failed(context.instance, key), dt.datetime.now(dt.UTC))
        if attempt is None:
            return dg.SensorResult(skip_reason=f"the last run for {', '.join(sorted(unread.values()))} failed")
        return dg.SensorResult(run_requests=[_request(week, key, attempt, unread)])

    return trigger_sensor


def _request(week: dt.date, key: str, attempt: int, unread: Mapping[str, str]) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=f"{key} attempt {attempt}",
        job_name=jobs.SCORE_TRIGGERS,
        partition_key=week.isoformat(),
        run_config=IN_PROCESS,
        # Before a backfill, and before the week that is being scored: somebody waits for it.
        tags={FILES: key, "seg/attempt": str(attempt), "seg/files": f"{len(unread)}", "dagster/priority": "40"},
    )


def _failed(instance: dg.DagsterInstance, key: str) -> list[dt.datetime]:
    ended = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    records = instance.get_run_records(dg.RunsFilter(tags={FILES: key}, statuses=ended))
    return [dt.datetime.fromtimestamp(one.end_time or one.update_timestamp.timestamp(), dt.UTC) for one in records]
