"""One Databricks run: started, followed to its end, cancelled where whoever waits for it stops.

Belongs here: submitting so that a repeated request starts nothing twice, polling, cancelling.
Does not: why a run failed (outcome.py), what it reports (volume_messages.py).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from databricks.sdk import WorkspaceClient
from databricks.sdk.service.jobs import Run, RunLifeCycleState, RunType

from resources.databricks.connection import Connection, WorkspaceError

OVER = (RunLifeCycleState.TERMINATED, RunLifeCycleState.SKIPPED, RunLifeCycleState.INTERNAL_ERROR)
FIRST_PAUSE = 0.5
"""Seconds to the second poll: a short step on machines that stand ready is not kept waiting."""
CANCEL_PATIENCE = 60.0
"""Seconds: who cancels waits for that, and no longer."""


@dataclass(frozen=True)
class Follower:
    """Starts and follows runs. log: where states are told; heard: called at each poll and after the end."""

    connection: Connection
    poll_seconds: float
    log: logging.Logger
    heard: Callable[[], None]

    def run(self, request: dict[str, Any]) -> Run:
        """Submit `request` and wait for the end of its run.

        The request has an idempotency token: a second call with the same one finds the run of the first. Whatever
        ends the wait but an answer of the workspace (Dagster cancels, a stop of this process) cancels the run.
        Raises WorkspaceError where the workspace refuses, or does not answer for too long.
        """
        run_id: int | None = None
        try:
            run_id = self.connection.ask(
                f"starting {request['run_name']}", lambda client: int(client.jobs.submit(**request).bind()["run_id"])
            )
            return self._wait(run_id)
        except WorkspaceError as error:
            if run_id is None:
                raise
            raise WorkspaceError(f"{error} The Databricks run {run_id} was left as it is.") from None
        except BaseException:
            self._cancel(run_id, request["run_name"])
            raise

    def _wait(self, run_id: int) -> Run:
        told, pause = None, min(FIRST_PAUSE, self.poll_seconds)
        while True:
            run = self._state_of(run_id)
            state = run.state.life_cycle_state if run.state else None
            if state != told:
                self.log.info(f"Databricks run {run_id}: {state.value if state else 'unknown'} {run.run_page_url}")
            told = state
            self.heard()
            if state in OVER:
                return run
            self.connection.clock.sleep(pause)
            pause = min(1.5 * pause, self.poll_seconds)

    def _state_of(self, run_id: int, patience: float | None = None) -> Run:
        return self.connection.ask(f"asking after run {run_id}", lambda client: client.jobs.get_run(run_id), patience)

    def _cancel(self, run_id: int | None, name: str) -> None:
        """Cancel, and wait until it is over. Where it cannot be cancelled, say so: something else is being raised."""
        clock = self.connection.clock
        try:
            found = run_id or self.connection.ask(f"finding {name}", _started(name), CANCEL_PATIENCE)
            if found is None:
                return
            self.log.info(f"cancelling Databricks run {found}")
            self.connection.ask(f"cancelling {name}", lambda client: client.jobs.cancel_run(found), CANCEL_PATIENCE)
            until = clock.time() + CANCEL_PATIENCE
            while clock.time() < until:
                state = self._state_of(found, CANCEL_PATIENCE).state
                if state is not None and state.life_cycle_state in OVER:
                    return
                clock.sleep(self.poll_seconds)
        except WorkspaceError as error:
            self.log.error(f"the Databricks run of {name} could not be cancelled; cancel it in the workspace. {error}")


def _started(name: str) -> Callable[[WorkspaceClient], int | None]:
    """The run of this name, where a request that was interrupted did start it."""

    def find(client: WorkspaceClient) -> int | None:
        runs = client.jobs.list_runs(active_only=True, run_type=RunType.SUBMIT_RUN)
        return next((run.run_id for run in runs if run.run_name == name), None)

    return find
