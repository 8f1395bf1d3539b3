"""What became of a run that is over: done, evicted, or failed, with cause and remedy.

Belongs here: reading the run's end, its cluster's and its output. Does not: waiting for it (run.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from databricks.sdk.errors import NotFound
from databricks.sdk.service.compute import TerminationReason, TerminationReasonCode, TerminationReasonType
from databricks.sdk.service.jobs import Run, RunOutput, RunResultState

from resources.databricks.connection import Connection, WorkspaceError

EVICTIONS = (
    TerminationReasonCode.SPOT_INSTANCE_TERMINATION,
    TerminationReasonCode.CLOUD_PROVIDER_SHUTDOWN,
    TerminationReasonCode.DRIVER_EVICTION,
)
FINISHED = (TerminationReasonCode.JOB_FINISHED, TerminationReasonCode.USER_REQUEST, TerminationReasonCode.INACTIVITY)
REMEDIES = {
    TerminationReasonType.CLIENT_ERROR: "Correct the machines in the file that SEG_COMPUTE names: node type, runtime, "
    "policy, or what these parameters say.",
    TerminationReasonType.CLOUD_FAILURE: "The cloud gave no machines: run it again later, or name another node type or "
    "another kind of machines in the file that SEG_COMPUTE names; a quota is raised with the cloud.",
    TerminationReasonType.SERVICE_FAULT: "Databricks failed: look at its status page, and run it again later.",
}
LONGEST_LOGS = 20_000


@dataclass(frozen=True)
class Outcome:
    """problem: why it failed, None where it succeeded; evicted: its machines were taken away; logs: what the task
    printed."""

    problem: str | None
    evicted: bool
    logs: str


def outcome_of(connection: Connection, run: Run) -> Outcome:
    """How `run`, which is over, ended. Raises WorkspaceError where the workspace does not say."""
    output = _output(connection, run)
    logs = (output.logs or "")[-LONGEST_LOGS:]
    if run.state is not None and run.state.result_state == RunResultState.SUCCESS:
        return Outcome(None, False, logs)
    name = f"Databricks run {run.run_id} ({run.run_page_url})"
    # A task that says itself what went wrong had its machines.
    reason = None if output.error_trace else _end_of_cluster(connection, run)
    if reason is not None and reason.code in EVICTIONS:
        return Outcome(f"{name}: its machines were taken away ({_words(reason)}).", True, logs)
    if reason is not None and reason.code is not None and reason.code not in FINISHED:
        remedy = REMEDIES.get(reason.type, "") if reason.type else ""
        return Outcome(f"{name}: the cluster did not start, or was lost: {_words(reason)}. {remedy}", False, logs)
    return Outcome(f"{name}: {_problem(run, output)}", False, logs)


def _problem(run: Run, output: RunOutput) -> str:
    result = run.state.result_state if run.state else None
    if result == RunResultState.TIMEDOUT:
        return "the task took longer than timeout_minutes in the file that SEG_COMPUTE names, and was ended."
    if result == RunResultState.CANCELED:
        return "it was cancelled in the workspace."
    details = run.status.termination_details if run.status else None
    code = f" ({details.code.value})" if details and details.code else ""
    message = (run.state.state_message if run.state else None) or "no reason was given"
    told = [output.error or f"{message}{code}", output.error_trace or ""]
    return "the task failed: " + "\n".join(part for part in told if part)


def _output(connection: Connection, run: Run) -> RunOutput:
    """What its task left; nothing where it never ran."""
    if not run.tasks or run.tasks[0].run_id is None:
        return RunOutput()
    task = run.tasks[0].run_id
    try:
        return connection.ask(f"reading the output of run {task}", lambda client: client.jobs.get_run_output(task))
    except (NotFound, WorkspaceError):
        # A run that met no machine has no output; why it ended is told without it.
        return RunOutput()


def _end_of_cluster(connection: Connection, run: Run) -> TerminationReason | None:
    """Why the run's cluster ended; None where it had none of its own, or still runs."""
    instance = run.tasks[0].cluster_instance if run.tasks else None
    if instance is None or instance.cluster_id is None:
        return None
    there = instance.cluster_id
    try:
        cluster = connection.ask(f"asking after cluster {there}", lambda client: client.clusters.get(there))
    except (NotFound, WorkspaceError):
        return None
    return cluster.termination_reason


def _words(reason: TerminationReason) -> str:
    parameters = ", ".join(f"{name}: {value}" for name, value in sorted((reason.parameters or {}).items()))
    code = reason.code.value if reason.code else "no reason given"
    return f"{code}; {parameters}" if parameters else code
