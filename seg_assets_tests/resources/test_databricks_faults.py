"""What goes wrong between Dagster and a workspace is survived, or told with its remedy; nothing wrong ends green."""

import os
import signal
import threading

import dagster as dg
import pytest
from databricks.sdk.service.compute import TerminationReason, TerminationReasonCode, TerminationReasonType
from databricks.sdk.service.jobs import RunResultState

from seg_assets_tests.resources.stepping import (
    NEVER_ENDS,
    REPORTS,
    REPORTS_LATE,
    after,
    scores,
    step_asset,
    stepped,
    when_running,
)
from seg_assets_tests.workspace.clock import TurnedClock
from seg_assets_tests.workspace.workspace import SECRET

SUBMIT, GET = "/api/2.2/jobs/runs/submit", "/api/2.2/jobs/runs/get"
SPOT = {"kind": "job_cluster", "spark_version": "16.4.x-scala2.12", "node_type": "i3.xlarge", "spot": "aws"}


def test_a_cancelled_run_cancels_the_task_and_does_not_end_green(workspace):
    """The stock clients swallow the interrupt: the step ends green, and what comes after it runs."""
    instance = dg.DagsterInstance.ephemeral()
    stop = when_running(workspace, lambda: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises((dg.DagsterExecutionInterruptedError, KeyboardInterrupt)):
        stepped(workspace, NEVER_ENDS, assets=[scores, after], instance=instance, raise_on_error=True)
    stop.join()
    (run,) = workspace.jobs.runs
    assert run.result == RunResultState.CANCELED
    assert run.process.popen.poll() is not None
    assert [instance.get_latest_materialization_event(asset.key) for asset in (scores, after)] == [None, None]


class Interrupting(TurnedClock):
    """Stops whoever sleeps first, as Dagster does with a step that is cancelled."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if len(self.slept) == 1:
            raise KeyboardInterrupt


def test_a_task_whose_start_was_not_heard_of_is_cancelled_too(workspace):
    """The request came through, its answer did not, and the step is cancelled while it asks again."""
    workspace.faults.lose_answer(SUBMIT)
    with pytest.raises((dg.DagsterExecutionInterruptedError, KeyboardInterrupt)):
        stepped(workspace, NEVER_ENDS, clock=Interrupting(), raise_on_error=True)
    assert [run.canceled for run in workspace.jobs.runs] == [True]


def test_a_task_that_dies_before_reporting_fails_with_its_own_traceback(workspace, capfd):
    program = "print('said before')\ndef refresh():\n    raise MemoryError('58 columns')\nrefresh()\n"
    done = stepped(workspace, program)
    assert not done.success
    assert "MemoryError: 58 columns" in done.failure
    assert 'File "/databricks/planted.py", line 3, in refresh' in done.failure
    assert "said before" in capfd.readouterr().err


def test_a_task_that_is_killed_fails(workspace):
    assert "exited with exit code -9" in stepped(workspace, "import os; os.kill(os.getpid(), 9)").failure


@pytest.mark.parametrize(
    "program",
    [
        "print('never opened Pipes')",
        REPORTS.replace('print("printed by the task")', "import os; os._exit(0)"),
    ],
)
def test_a_task_that_succeeds_without_its_closing_message_is_a_failure(workspace, program):
    done = stepped(workspace, program)
    assert workspace.jobs.runs[0].result == RunResultState.SUCCESS
    assert "its closing message did not come through" in done.failure


def test_a_message_that_is_lost_on_the_way_is_noticed(workspace):
    lost = {"error_code": "NOT_FOUND", "message": "planted"}
    workspace.faults.answer("/messages/000003.json", 404, times=10_000, body=lost)
    assert "its closing message did not come through" in stepped(workspace).failure


def test_throttling_is_waited_out_as_long_as_the_workspace_says(workspace):
    workspace.faults.answer(SUBMIT, 429, headers={"Retry-After": "37"})
    assert stepped(workspace).success
    assert [pause for pause in workspace.clock.slept if 37 <= pause < 39]


def test_a_start_whose_answer_is_lost_starts_nothing_twice(workspace):
    workspace.faults.lose_answer(SUBMIT)
    assert stepped(workspace).success
    assert len(workspace.asked(SUBMIT)) == 2
    assert len(workspace.jobs.runs) == 1


@pytest.mark.parametrize("status", [500, 502, 503])
def test_errors_of_the_workspace_while_asking_are_survived(workspace, status):
    """One 500 ends the stock clients, and leaves the task running."""
    workspace.faults.answer(GET, status, times=3)
    assert stepped(workspace).success


def test_a_workspace_that_stays_away_is_told_with_the_remedy(workspace):
    workspace.faults.answer(GET, 500, times=10_000)
    began = workspace.clock.time()
    done = stepped(workspace, compute={"patience_minutes": 5})
    assert "no answer within 5 minutes" in done.failure
    assert "status page" in done.failure
    assert "The Databricks run 1001 was left as it is" in done.failure
    assert 240 < workspace.clock.time() - began < 400


def test_a_network_cut_of_two_minutes_is_survived(workspace):
    cut = when_running(workspace, lambda: workspace.faults.cut_network(120))
    began = workspace.clock.time()
    assert stepped(workspace, REPORTS_LATE).success
    cut.join()
    assert workspace.clock.time() - began > 120


def test_an_expired_token_of_a_service_principal_is_renewed(workspace, monkeypatch):
    monkeypatch.delenv("DATABRICKS_TOKEN")
    for name, value in workspace.machine_environment.items():
        monkeypatch.setenv(name, value)
    expiry = when_running(workspace, workspace.expire_tokens)
    assert stepped(workspace, REPORTS_LATE).success
    expiry.join()


def test_an_expired_personal_token_is_told_with_the_remedy_and_without_the_token(workspace):
    expiry = when_running(workspace, workspace.expire_tokens)
    done = stepped(workspace, REPORTS_LATE)
    expiry.join()
    assert "refuses the credentials. Renew DATABRICKS_TOKEN" in done.failure
    assert SECRET not in done.failure


def test_a_task_that_lost_its_spot_machines_starts_again_on_demand(workspace):
    workspace.faults.evict()
    workspace.faults.replace_task(REPORTS)
    assert stepped(workspace, REPORTS_LATE, compute={"machines": SPOT}).metadata["databricks_run"] == "1011"
    clusters = [run.request["tasks"][0]["new_cluster"] for run in workspace.jobs.runs]
    assert ["aws_attributes" in cluster for cluster in clusters] == [True, False]


def test_evictions_are_bounded(workspace):
    workspace.faults.evict(5)
    done = stepped(workspace, REPORTS_LATE, compute={"machines": {**SPOT, "evictions": 0}})
    assert "its machines were taken away (SPOT_INSTANCE_TERMINATION" in done.failure
    assert len(workspace.jobs.runs) == 1


@pytest.mark.parametrize(
    ("code", "kind", "remedy"),
    [
        (TerminationReasonCode.INVALID_ARGUMENT, TerminationReasonType.CLIENT_ERROR, "Correct the machines"),
        (
            TerminationReasonCode.AZURE_QUOTA_EXCEEDED_EXCEPTION,
            TerminationReasonType.CLOUD_FAILURE,
            "a quota is raised",
        ),
    ],
)
def test_a_cluster_that_does_not_start_is_told_with_the_remedy(workspace, code, kind, remedy):
    workspace.faults.refuse_cluster(TerminationReason(code, {"databricks_error_message": "no i3.xlarge here"}, kind))
    done = stepped(workspace)
    assert f"{code.value}; databricks_error_message: no i3.xlarge here" in done.failure
    assert remedy in done.failure


def test_a_task_that_takes_too_long_is_ended_and_told(workspace):
    done = stepped(workspace, NEVER_ENDS, compute={"timeout_minutes": 1})
    assert "longer than timeout_minutes" in done.failure


class Dead(TurnedClock):
    """Whoever sleeps by it never comes back, as a process that was killed, until the test is over."""

    def __init__(self) -> None:
        super().__init__()
        self.asleep, self.over = threading.Event(), threading.Event()

    def sleep(self, seconds: float) -> None:
        self.asleep.set()
        self.over.wait(60)


def test_a_dagster_that_starts_again_finds_its_task(workspace):
    clock, run_id = Dead(), "6d1f0b52-0000-4000-8000-000000000000"
    killed = threading.Thread(target=lambda: stepped(workspace, REPORTS_LATE, clock=clock, run_id=run_id))
    killed.start()
    assert clock.asleep.wait(30)
    again = stepped(workspace, None, run_id=run_id)
    clock.over.set()
    killed.join()
    assert again.metadata["rows"] == 3
    assert len(workspace.jobs.runs) == 1


def test_a_retry_of_a_step_is_a_new_task(workspace):
    workspace.faults.replace_task("raise RuntimeError('once')")
    done = stepped(workspace, assets=[step_asset(retry_policy=dg.RetryPolicy(max_retries=1))])
    assert done.metadata["rows"] == 3
    assert [run.result for run in workspace.jobs.runs] == [RunResultState.FAILED, RunResultState.SUCCESS]


def test_what_cannot_be_cleared_up_does_not_fail_a_step_that_succeeded(workspace):
    refused = {"error_code": "PERMISSION_DENIED", "message": "planted"}
    workspace.faults.answer("/files/runs/", 403, verb="DELETE", times=10_000, body=refused)
    assert stepped(workspace).metadata["rows"] == 3
    assert list(workspace.files.local("/Volumes/main/seg/files/runs").rglob("000001.json"))
