"""Runs whose process died without a word: killed with -9, or with the machine.

Belongs here: finding them on this machine and marking them failed, so that they are tried again. Does not: trying again
(choose.py). Dagster's own run monitoring does this only for launchers that can ask after a run's worker; the one of a
laptop cannot, and such a run would stay "started" for ever.
"""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg

STARTED = (dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING)


def fail_lost_runs(instance: dg.DagsterInstance) -> list[str]:
    """Mark the runs as failed whose process is gone; their ids. None where the launcher looks after its runs itself."""
    if instance.run_launcher.supports_check_run_worker_health:
        return []
    lost = []
    for run in instance.get_runs(dg.RunsFilter(statuses=list(STARTED))):
        process = _process_of(instance, run.run_id)
        if process is None or _is_alive(process):
            continue
        # A run tells its end before its process ends: one that ended between the two questions is not lost.
        now = instance.get_run_by_id(run.run_id)
        if now is not None and now.status in STARTED:
            instance.report_run_failed(now, f"Its process {process} died without a word: killed, or out of memory")
            lost.append(run.run_id)
    return lost


def _process_of(instance: dg.DagsterInstance, run_id: str) -> int | None:
    """The process that a run said it runs in; None where it has not said so yet."""
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ENGINE_EVENT):
        event = entry.dagster_event
        told = event.engine_event_data.metadata.get("pid") if event else None
        if told is not None:
            return int(str(told.value))
    return None


def _is_alive(process: int) -> bool:
    """Whether a process of this machine runs; one that is dead and not yet buried does not."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    status = Path(f"/proc/{process}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"
