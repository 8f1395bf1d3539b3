"""Running a heavy step as a Databricks task: the same program as on a laptop, through Dagster Pipes.

Belongs here: one step from its inputs to its results, with another try where spot machines were taken away.
Why not the stock clients: theirs end green when cancelled, fail on a single 500, start twice when asked twice, hear
nothing with a reader used before, and take a task that never reported for a success.
Does not: the parts (task.py, run.py, outcome.py, volume_messages.py, wheel.py).
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import dagster as dg
from databricks.sdk.clock import Clock, RealClock
from databricks.sdk.service.jobs import Run

from resources.compute import StepName
from resources.databricks.configuration import Compute, JobCluster
from resources.databricks.connection import Connection, WorkspaceError
from resources.databricks.outcome import Outcome, outcome_of
from resources.databricks.run import Follower
from resources.databricks.task import StepTask
from resources.databricks.volume_messages import VolumeContext, VolumeMessages, clear
from resources.databricks.wheel import put_wheel

LONGEST_NAME = 1000


@dataclass(frozen=True)
class DatabricksSteps:
    """Runs steps as tasks on what `compute` says."""

    compute: Compute
    clock: Clock = field(default_factory=RealClock)

    def run(
        self, name: StepName, context: dg.AssetExecutionContext, inputs: Mapping[str, Any]
    ) -> dg.PipesClientCompletedInvocation:
        """Run the step and wait for it, as resources.compute.Steps says. Raises dagster.Failure with the remedy."""
        connection = Connection(self.clock, 60.0 * self.compute.patience_minutes)
        machines = self.compute.machines_of(name)
        spot = isinstance(machines, JobCluster) and machines.spot is not None
        evictions = machines.evictions if isinstance(machines, JobCluster) and spot else 0
        try:
            wheel = self.compute.wheel or put_wheel(connection, self.compute.volume)
            for evicted in range(evictions + 1):
                token, on_demand = _token(context, evicted), 0 < evicted == evictions
                attempt = _Attempt(self.compute, connection, name, context, token)
                done, outcome = attempt.carry_out(inputs, wheel, on_demand=on_demand)
                if not outcome.evicted or evicted == evictions:
                    break
                context.log.warning(f"{outcome.problem} Starting again.")
        except WorkspaceError as error:
            raise dg.Failure(str(error)) from None
        if outcome.problem is not None:
            raise dg.Failure(outcome.problem, metadata=dict(done.metadata))
        return done


@dataclass(frozen=True)
class _Attempt:
    """One try of a step. token: names the run and its folder, so that who comes again finds both."""

    compute: Compute
    connection: Connection
    step: StepName
    context: dg.AssetExecutionContext
    token: str

    def carry_out(
        self, inputs: Mapping[str, Any], wheel: str, *, on_demand: bool
    ) -> tuple[dg.PipesClientCompletedInvocation, Outcome]:
        folder = f"{self.compute.volume}/runs/{self.token[:32]}"
        messages = VolumeMessages(self.connection, folder)
        follower = Follower(self.connection, self.compute.poll_seconds, self.context.log, messages.read_new)
        with dg.open_pipes_session(
            context=self.context,
            context_injector=VolumeContext(self.connection, folder),
            message_reader=messages,
            extras=dict(inputs),
        ) as session:
            arguments = [part for pair in session.get_bootstrap_cli_arguments().items() for part in pair]
            task = StepTask(self.step, self._name(), self.token, wheel, arguments, on_demand)
            run = follower.run(task.request(self.compute))
            outcome = outcome_of(self.connection, run)
            # Not to stdout, which is for the one object of `seg run --json`.
            sys.stderr.write(outcome.logs)
            if outcome.problem is None and not session.message_handler.received_closed_message:
                outcome = Outcome(_unheard(run, folder), False, outcome.logs)
        try:
            clear(self.connection, folder)
        except WorkspaceError as error:
            self.context.log.warning(f"{folder} could not be cleared, and can be removed. {error}")
        return dg.PipesClientCompletedInvocation(session, metadata=_metadata(run)), outcome

    def _name(self) -> str:
        keys = sorted(self.context.partition_keys) if self.context.has_partition_key_range else []
        if self.context.has_partition_key:
            keys = [self.context.partition_key]
        partitions = " to ".join(dict.fromkeys([keys[0], keys[-1]])) if keys else "all"
        return f"seg {self.step} {partitions}, Dagster run {self.context.run_id}, {self.token[:8]}"[:LONGEST_NAME]


def _token(context: dg.AssetExecutionContext, evicted: int) -> str:
    """64 letters: the same when a restarted Dagster comes to this step of this run again, another for a retry."""
    execution = context.get_step_execution_context()
    told = f"{context.run_id} {execution.step.key} {execution.previous_attempt_count} {evicted}"
    return hashlib.sha256(told.encode()).hexdigest()


def _unheard(run: Run, folder: str) -> str:
    return (
        f"Databricks run {run.run_id} ({run.run_page_url}) succeeded, but its closing message did not come through "
        f"{folder}: the program ended without reporting, or its messages were lost. Nothing is known to be "
        "materialized; run the step again."
    )


def _metadata(run: Run) -> dict[str, Any]:
    told: dict[str, Any] = {"databricks_run": str(run.run_id)}
    return told | ({"databricks_run_page": dg.MetadataValue.url(run.run_page_url)} if run.run_page_url else {})
