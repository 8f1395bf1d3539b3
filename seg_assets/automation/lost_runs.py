"""Runs whose process died without a word: killed with -9, or with the machine.

Belongs here: finding them on this machine and marking them failed, so that they are tried again. Does not: trying again
(choose.py). Dagster's own run monitoring does this only for launchers that can ask after a run's worker; the one of a
laptop cannot, and such a run would stay "started" for ever.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import dagster as dg

STARTED = (dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING)
STATE, BEGAN = 0, 19
"""Places in /proc/<process>/stat after the process's name: its state, and when it began, in ticks since the boot."""
CLOCK_ERROR = 2.0
"""Seconds by which a moment counted from the boot may be off."""


def fail_lost_runs(instance: dg.DagsterInstance) -> list[str]:
    """Mark the runs as failed whose process is gone; their ids. None where the launcher looks after its runs itself."""
    if instance.run_launcher.supports_check_run_worker_health:
        return []
    lost = []
    for run in instance.get_runs(dg.RunsFilter(statuses=list(STARTED))):
        told = _process_of(instance, run.run_id)
        if told is None or _is_alive(*told):
            continue
        process, _ = told
        # A run tells its end before its process ends: one that ended between the two questions is not lost.
        now = instance.get_run_by_id(run.run_id)
        if now is not None and now.status in STARTED:
            instance.report_run_failed(now, f"Its process {process} died without a word: killed, or out of memory")
            lost.append(run.run_id)
    return lost


def _process_of(instance: dg.DagsterInstance, run_id: str) -> tuple[int, float] | None:
    """The process that a run said it runs in, and when, in seconds since 1970; None where it has not said so yet."""
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ENGINE_EVENT):
        event = entry.dagster_event
        told = event.engine_event_data.metadata.get("pid") if event else None
        if told is not None:
            return int(str(told.value)), entry.timestamp
    return None


def _is_alive(process: int, since: float) -> bool:
    """Whether a process of this machine has run since then.

    One that is dead and not yet buried does not run. One that began later has the number of another: after a restart
    of a container the same few numbers are given again.
    """
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        up = float(Path("/proc/uptime").read_text(encoding="utf-8").split()[0])
    except (OSError, ValueError):
        # Not Linux: its number is all that is known of it.
        return True
    # By the clock that dates events, and not by the kernel's own: a simulated one (make soak) differs.
    began = time.time() - (up - int(status[BEGAN]) / os.sysconf("SC_CLK_TCK"))
    return status[STATE] != "Z" and began < since + CLOCK_ERROR
