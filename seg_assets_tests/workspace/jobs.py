"""Jobs: submitted runs, each task a subprocess of this machine, on a cluster that may fail it.

Belongs here: /api/2.2/jobs, and a run's way from pending to terminated. Does not: the process itself (driver.py).
"""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field
from typing import Any

from databricks.sdk.clock import Clock
from databricks.sdk.service.compute import TerminationReason, TerminationReasonCode, TerminationReasonType
from databricks.sdk.service.jobs import (
    ClusterInstance,
    Run,
    RunLifeCycleState,
    RunLifecycleStateV2State,
    RunResultState,
    RunState,
    RunStatus,
    RunTask,
    RunType,
    SubmitTask,
    TerminationCodeCode,
    TerminationDetails,
    TerminationTypeType,
)

from seg_assets_tests.workspace.calls import Call, Refused, answers
from seg_assets_tests.workspace.clusters import Clusters
from seg_assets_tests.workspace.faults import Faults
from seg_assets_tests.workspace.processes import Ended, Process, Processes

ROOT = "/api/2.2/jobs"
JOB_FINISHED = TerminationReason(TerminationReasonCode.JOB_FINISHED, None, TerminationReasonType.SUCCESS)
LIFE = {
    RunLifeCycleState.PENDING: RunLifecycleStateV2State.PENDING,
    RunLifeCycleState.RUNNING: RunLifecycleStateV2State.RUNNING,
    RunLifeCycleState.TERMINATED: RunLifecycleStateV2State.TERMINATED,
    RunLifeCycleState.INTERNAL_ERROR: RunLifecycleStateV2State.TERMINATED,
}


@dataclass
class SubmittedRun:
    """One run as it was told and as it went. request: the body of runs/submit."""

    run_id: int
    request: dict[str, Any]
    task: SubmitTask
    cluster_id: str | None
    started_at: float
    life: RunLifeCycleState = RunLifeCycleState.PENDING
    result: RunResultState | None = None
    message: str = ""
    code: TerminationCodeCode = TerminationCodeCode.SUCCESS
    kind: TerminationTypeType = TerminationTypeType.SUCCESS
    ended: Ended = field(default_factory=Ended)
    canceled: bool = False
    process: Process | None = None

    @property
    def task_run_id(self) -> int:
        """The id that get-output takes."""
        return self.run_id + 1

    @property
    def over(self) -> bool:
        return self.life in (RunLifeCycleState.TERMINATED, RunLifeCycleState.INTERNAL_ERROR)

    def finish(
        self, result: RunResultState, message: str, code: TerminationCodeCode, kind: TerminationTypeType
    ) -> None:
        """Terminated; the states last, since whoever polls reads the rest then."""
        self.message, self.code, self.kind, self.result = message, code, kind, result
        self.life = RunLifeCycleState.TERMINATED


class Jobs:
    """All runs, in the order in which they were submitted."""

    def __init__(self, clock: Clock, clusters: Clusters, processes: Processes, faults: Faults) -> None:
        self._clock, self._clusters, self._processes, self._faults = clock, clusters, processes, faults
        self._ids = itertools.count(1001, 10)
        self._by_token: dict[str, int] = {}
        self._lock = threading.Lock()
        self.host = ""
        self.runs: list[SubmittedRun] = []

    @answers("POST", f"{ROOT}/runs/submit")
    def submit(self, call: Call) -> dict[str, Any]:
        request = call.json
        token = request.get("idempotency_token")
        if token is not None and len(token) > 64:
            raise Refused(400, "INVALID_PARAMETER_VALUE", "idempotency_token must have at most 64 characters")
        with self._lock:
            if token in self._by_token:
                return {"run_id": self._by_token[token]}
            run = self._accepted(request)
            if token is not None:
                self._by_token[token] = run.run_id
        threading.Thread(target=self._carry_out_or_fail, args=(run,), daemon=True).start()
        return {"run_id": run.run_id}

    @answers("GET", f"{ROOT}/runs/get")
    def get(self, call: Call) -> dict[str, Any]:
        return self._told(self._existing(call.query["run_id"])).as_dict()

    @answers("GET", f"{ROOT}/runs/list")
    def list(self, call: Call) -> dict[str, Any]:
        active = call.query.get("active_only") == "true"
        return {"runs": [self._told(run).as_dict() for run in reversed(self.runs) if not (active and run.over)]}

    @answers("GET", f"{ROOT}/runs/get-output")
    def get_output(self, call: Call) -> dict[str, Any]:
        run = next((one for one in self.runs if str(one.task_run_id) == call.query["run_id"]), None)
        if run is None:
            parent = self._existing(call.query["run_id"])
            raise Refused(400, "INVALID_PARAMETER_VALUE", f"Run {parent.run_id} has tasks: ask for a task's run id")
        told = {"error": run.ended.error, "error_trace": run.ended.error_trace, "logs": run.ended.logs}
        return {"metadata": self._told(run).as_dict(), **{name: text for name, text in told.items() if text}}

    @answers("POST", f"{ROOT}/runs/cancel")
    def cancel(self, call: Call) -> dict[str, Any]:
        run = self._existing(str(call.json["run_id"]))
        run.canceled = True
        if run.process is not None:
            run.process.kill()
        return {}

    def close(self) -> None:
        """End what still runs."""
        for run in self.runs:
            run.canceled = True
            if run.process is not None:
                run.process.kill()

    def _accepted(self, request: dict[str, Any]) -> SubmittedRun:
        if len(request.get("tasks", [])) != 1:
            raise Refused(400, "INVALID_PARAMETER_VALUE", "this workspace of the tests takes runs of one task")
        task = SubmitTask.from_dict(request["tasks"][0])
        keys = {one["environment_key"] for one in request.get("environments", [])}
        cluster = None
        if task.new_cluster is not None:
            cluster = self._clusters.for_job(task.new_cluster)
        elif task.existing_cluster_id is not None:
            cluster = self._clusters.existing(task.existing_cluster_id).cluster_id
        elif task.environment_key not in keys:
            raise Refused(400, "INVALID_PARAMETER_VALUE", "A task needs a cluster, or one of the run's environments")
        run = SubmittedRun(next(self._ids), request, task, cluster, self._clock.time())
        self.runs.append(run)
        return run

    def _carry_out_or_fail(self, run: SubmittedRun) -> None:
        try:
            self._carry_out(run)
        except BaseException as error:
            # A mistake of the workspace itself: whoever waits for the run must not wait for ever.
            run.ended = Ended(error=f"the workspace of the tests failed: {error!r}")
            code, kind = TerminationCodeCode.INTERNAL_ERROR, TerminationTypeType.INTERNAL_ERROR
            run.finish(RunResultState.FAILED, run.ended.error or "", code, kind)
            raise

    def _carry_out(self, run: SubmittedRun) -> None:
        spot = run.task.new_cluster is not None and _is_spot(run.task)
        fault = self._faults.of_cluster(spot=spot) if run.task.new_cluster is not None else None
        if fault is not None and not fault[1]:
            return self._lost_cluster(run, fault[0], "did not start")
        if run.cluster_id is not None:
            self._clusters.started(run.cluster_id)
        program = self._faults.of_task()
        try:
            run.process = self._processes.start(run.request, run.task, program)
        except FileNotFoundError as error:
            run.ended = Ended(error=f"Library installation failed: {error}")
            run.finish(
                RunResultState.FAILED,
                f"Library installation failed: {error}",
                TerminationCodeCode.LIBRARY_INSTALLATION_ERROR,
                TerminationTypeType.CLIENT_ERROR,
            )
            return None
        run.life = RunLifeCycleState.RUNNING
        if fault is not None or run.canceled:
            run.process.kill()
        run.ended = run.process.wait(self._deadline(run), self._clock)
        if fault is not None:
            return self._lost_cluster(run, fault[0], "was terminated")
        if run.task.new_cluster is not None and run.cluster_id is not None:
            self._clusters.ended(run.cluster_id, JOB_FINISHED)
        return self._finish(run)

    def _finish(self, run: SubmittedRun) -> None:
        if run.canceled:
            code, kind = TerminationCodeCode.USER_CANCELED, TerminationTypeType.CLIENT_ERROR
            run.finish(RunResultState.CANCELED, "Run cancelled.", code, kind)
        elif run.ended.timed_out:
            code, kind = TerminationCodeCode.CANCELED, TerminationTypeType.CLIENT_ERROR
            run.finish(RunResultState.TIMEDOUT, "Run timed out.", code, kind)
        elif run.ended.exit_code == 0:
            run.finish(RunResultState.SUCCESS, "", TerminationCodeCode.SUCCESS, TerminationTypeType.SUCCESS)
        else:
            code, kind = TerminationCodeCode.RUN_EXECUTION_ERROR, TerminationTypeType.CLIENT_ERROR
            message = "Workload failed, see run output for details"
            run.finish(RunResultState.FAILED, message, code, kind)

    def _lost_cluster(self, run: SubmittedRun, reason: TerminationReason, how: str) -> None:
        assert run.cluster_id is not None
        assert reason.code is not None
        assert reason.type is not None
        self._clusters.ended(run.cluster_id, reason)
        message = f"Cluster '{run.cluster_id}' {how}. Reason: {reason.code.value} ({reason.type.value})"
        run.ended = Ended(error=message)
        run.message, run.result = message, RunResultState.FAILED
        run.code, run.kind = TerminationCodeCode.CLUSTER_ERROR, TerminationTypeType.CLOUD_FAILURE
        run.life = RunLifeCycleState.INTERNAL_ERROR

    def _deadline(self, run: SubmittedRun) -> float | None:
        seconds = run.request.get("timeout_seconds")
        return self._clock.time() + seconds if seconds else None

    def _existing(self, run_id: str) -> SubmittedRun:
        for run in self.runs:
            if str(run.run_id) == run_id:
                return run
        raise Refused(400, "INVALID_PARAMETER_VALUE", f"Run {run_id} does not exist.")

    def _told(self, run: SubmittedRun) -> Run:
        over = run.over
        details = TerminationDetails(run.code, run.message, run.kind) if over else None
        state = RunState(run.life, result_state=run.result if over else None, state_message=run.message)
        status = RunStatus(state=LIFE[run.life], termination_details=details)
        instance = ClusterInstance(cluster_id=run.cluster_id) if run.cluster_id else None
        page = f"{self.host}/jobs/runs/{run.run_id}"
        task = RunTask(run.task.task_key, run_id=run.task_run_id, state=state, status=status, cluster_instance=instance)
        return Run(
            run_id=run.run_id,
            run_name=run.request.get("run_name"),
            run_page_url=page,
            run_type=RunType.SUBMIT_RUN,
            start_time=int(run.started_at * 1000),
            state=state,
            status=status,
            tasks=[task],
        )


def _is_spot(task: SubmitTask) -> bool:
    told = str(task.new_cluster.as_dict() if task.new_cluster else {})
    return "SPOT" in told or "PREEMPTIBLE" in told
