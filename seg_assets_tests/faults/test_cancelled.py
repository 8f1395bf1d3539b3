"""A cancelled run does not end green: its step is gone, nothing after it ran, and the next run repairs."""

from __future__ import annotations

import os
import signal

import dagster as dg
import pytest
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import ModuleTarget

from seg_assets.automation.jobs import SCORE
from seg_assets.catalogs.load import load_catalogue
from seg_assets.definitions import build_definitions
from seg_assets.schemas import SEGMENT_SCORES
from seg_assets_tests.end_to_end.homes import environment
from seg_assets_tests.faults.faulty_home import JUNE, fault_environment, is_alive, reached_by, wait_until

MODULE = "seg_assets.definitions"
ENDED = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)

pytestmark = pytest.mark.slow


def test_seg_run_that_is_interrupted_stops_there_with_its_step(home):
    expected = sorted(home.land(JUNE, fewer=20))
    for by in (signal.SIGINT, signal.SIGTERM):
        before = home.statuses()
        run = home.start(f"{SEGMENT_SCORES.name}:started:wait")
        step = run.befell()
        os.kill(run.process.pid, by)
        assert run.ended() == 130
        wait_until(lambda process=step: not is_alive(process))
        # What was due after it was not started.
        (job, status) = home.statuses()[len(before) :][-1]
        assert job == "score" and status in ("CANCELED", "FAILURE")
        assert len(home.accounts(SEGMENT_SCORES.name, JUNE)) == len(expected) + 20
    assert home.seg_run().runs == [("score", str(JUNE)), ("monitor", str(JUNE))]
    assert home.accounts(SEGMENT_SCORES.name, JUNE) == expected


def test_a_launched_run_that_is_cancelled_in_the_interface_ends_cancelled_with_its_step(home, tmp_path):
    """As the UI does it: a code server, a run in a process of its own, and the launcher's terminate."""
    reached = tmp_path / "reached"
    values = home.settings.to_environment() | fault_environment(f"{SEGMENT_SCORES.name}:started:wait", reached)
    before = home.home.files(SEGMENT_SCORES.name)
    job = build_definitions(home.settings, load_catalogue(home.catalogue)).resolve_job_def(SCORE)
    with (
        home.instance() as instance,
        environment(values | {"DAGSTER_HOME": str(home.settings.dagster_home)}),
        WorkspaceProcessContext(instance, ModuleTarget(MODULE, None, None, MODULE)) as server,
    ):
        workspace = server.create_request_context()
        (repository,) = workspace.get_code_location(MODULE).get_repositories().values()
        remote = repository.get_full_job(SCORE)
        run_id = instance.create_run_for_job(
            job,
            tags={"dagster/partition": str(JUNE)},
            remote_job_origin=remote.get_remote_origin(),
            job_code_origin=remote.get_python_origin(),
        ).run_id
        instance.launch_run(run_id, workspace)
        step = reached_by(reached)
        assert instance.run_launcher.terminate(run_id)
        wait_until(lambda: instance.get_run_by_id(run_id).status in ENDED)
        assert instance.get_run_by_id(run_id).status != dg.DagsterRunStatus.SUCCESS
        wait_until(lambda: not is_alive(step))
        made = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION).records
    assert made == []
    assert home.home.files(SEGMENT_SCORES.name) == before
