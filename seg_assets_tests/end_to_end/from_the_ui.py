"""Three months and four weeks from the Dagster UI, their heavy steps as tasks of the workspace of the tests, by hand:

    python -m seg_assets_tests.end_to_end.from_the_ui FOLDER

Runs `seg run` on this machine first, then launches the same partitions from a `seg ui` with SEG_ENV=databricks, by the
requests that its pages send; tells what is not equal in the tables and where the planted secret is, and serves the
pages and the workspace until Ctrl-C. FOLDER must be empty; 15 minutes on 2 cores.

Belongs here: that program, and asking the UI. Does not: the part of it that is tested every day (test_databricks.py).
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from databricks.sdk.clock import RealClock

from seg_assets.automation.jobs import REFRESH
from seg_assets.calendar import mondays, parse_monday
from seg_assets.steps.inputs import FITTED_MODEL
from seg_assets_tests.end_to_end.equal_tables import differences
from seg_assets_tests.end_to_end.two_places import THREE_MONTHS, TwoPlaces
from seg_assets_tests.ports import free_port
from seg_assets_tests.workspace.fixture import VOLUME
from seg_assets_tests.workspace.leaks import leaks
from seg_assets_tests.workspace.workspace import Workspace

IN_PROCESS: dict[str, Any] = {"execution": {"config": {"in_process": {}}}}
"""As written in the launchpad: a process for every step takes longer than most steps."""
ENDED = {"SUCCESS", "FAILURE", "CANCELED"}
BACKFILL_ENDED = {"COMPLETED_SUCCESS", "COMPLETED_FAILED", "COMPLETED", "CANCELED", "FAILED"}

LAUNCH_RUN = """mutation LaunchPipelineExecution($executionParams: ExecutionParams!) {
  launchRun(executionParams: $executionParams) {
    __typename ... on LaunchRunSuccess { run { id } } ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } } } }"""
LAUNCH_BACKFILL = """mutation LaunchPartitionBackfill($backfillParams: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $backfillParams) {
    __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
ASSETS = """query JobAssets($pipeline: PipelineSelector!) { assetNodes(pipeline: $pipeline) { assetKey { path } } }"""
RUN = """query Run($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"""
BACKFILL = """query Backfill($id: String!) {
  partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } } }"""


@dataclass(frozen=True)
class Launch:
    """What a person starts at once: a job for some of its partitions."""

    job: str
    partitions: tuple[str, ...]


def launches(runs: Sequence[tuple[str, str]]) -> list[Launch]:
    """Runs of `seg run` (job, partition or "first to last"), those of a job one after another as one launch."""
    found = []
    for job, of_job in itertools.groupby(runs, key=lambda run: run[0]):
        partitions = {partition for _, told in of_job for partition in _partitions(told)}
        found.append(Launch(job, tuple(sorted(partitions))))
    return found


def _partitions(told: str) -> list[str]:
    first, separator, last = told.partition(" to ")
    return [str(day) for day in mondays(parse_monday(first), parse_monday(last))] if separator else [told]


@dataclass(frozen=True)
class UserInterface:
    """A Dagster UI at `address`, asked as its pages ask it. location: what it calls the graph's code."""

    address: str
    location: str = "seg_assets.definitions"

    @property
    def _repository(self) -> dict[str, str]:
        return {"repositoryName": "__repository__", "repositoryLocationName": self.location}

    def launch(self, launch: Launch, config: Mapping[str, Any]) -> str:
        """Start it and wait for its end; how it ended. One partition is a run, more are a backfill."""
        if len(launch.partitions) == 1:
            return self.ended(self.start(launch, config))
        found = self.ask(ASSETS, {"pipeline": {**self._repository, "pipelineName": launch.job}})
        backfill = {
            "assetSelection": [node["assetKey"] for node in found["assetNodes"]],
            "partitionNames": list(launch.partitions),
            "runConfigData": json.dumps(config),
            "tags": [],
        }
        told = self.ask(LAUNCH_BACKFILL, {"backfillParams": backfill})
        return self._ended(
            BACKFILL, told["launchPartitionBackfill"]["backfillId"], "partitionBackfillOrError", BACKFILL_ENDED
        )

    def start(self, launch: Launch, config: Mapping[str, Any]) -> str:
        """Start a run for its only partition; the run's id."""
        (partition,) = launch.partitions
        selector = {**self._repository, "pipelineName": launch.job}
        tags = [{"key": "dagster/partition", "value": partition}]
        run = {"selector": selector, "runConfigData": json.dumps(config), "mode": "default"}
        told = self.ask(LAUNCH_RUN, {"executionParams": {**run, "executionMetadata": {"tags": tags}}})
        return str(told["launchRun"]["run"]["id"])

    def ended(self, run_id: str) -> str:
        """Wait for the end of a run; its id and how it ended."""
        return self._ended(RUN, run_id, "runOrError", ENDED)

    def ask(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The data of an answer. Raises RuntimeError with what the UI says where it refuses."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.address}/graphql", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=120) as answer:
            told = json.load(answer)
        data: dict[str, Any] | None = told.get("data")
        refused = [one for one in (data or {}).values() if isinstance(one, dict) and {"message", "errors"} & set(one)]
        if told.get("errors") or refused or data is None:
            raise RuntimeError(f"{self.address} refuses: {told}")
        return data

    def _ended(self, query: str, asked: str, field: str, states: set[str]) -> str:
        while True:
            status = str(self.ask(query, {"id": asked})[field]["status"])
            if status in states:
                return f"{asked} {status}"
            time.sleep(1)


@contextmanager
def served(settings: Mapping[str, str], log: Path) -> Iterator[UserInterface]:
    """`seg ui` by these settings, in a process group of its own: `dagster dev` leaves children behind."""
    port = free_port()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SEG_", "DAGSTER_"))}
    program = [sys.executable, "-c", "from seg_assets.cli import app; app()", "ui", "--port", str(port)]
    with log.open("w") as output:
        process = subprocess.Popen(
            program, env={**clean, **settings}, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/server_info", process)
        yield UserInterface(address)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2)
            return
        except OSError:
            time.sleep(0.5)
    raise RuntimeError("seg ui ended; its log says why")


def tell(line: object) -> None:
    """Say it on the screen at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(folder: Path) -> None:
    """See the module's docstring."""
    places = TwoPlaces(folder)
    places.prepare(THREE_MONTHS)
    told = places.here.seg_run(*THREE_MONTHS.options)
    tell(f"seg run on this machine: {len(told.runs)} runs, exit code {told.exit_code}")
    workspace = Workspace(folder / "workspace", RealClock())
    workspace.catalog.create_volume(VOLUME)
    settings = places.settings(workspace.machine_environment)
    *_, last_month = (launch for launch in launches(told.runs) if launch.job == REFRESH)
    try:
        with served(settings, folder / "ui.log") as page:
            tell(f"workspace {workspace.host}, UI {page.address}")
            for launch in launches(told.runs):
                # As seg run does: only the last month judges every number of segments.
                every = {} if launch.job != REFRESH or launch == last_month else {"every_count": False}
                config = {**IN_PROCESS, **({"ops": {FITTED_MODEL: {"config": every}}} if every else {})}
                tell(f"{launch.job} {', '.join(launch.partitions)}: {page.launch(launch, config)}")
            tell(f"tasks: {[(run.task.task_key, str(run.result)) for run in workspace.jobs.runs]}")
            unequal = differences(Path(places.here.lakehouse.root), Path(places.there.lakehouse.root))
            tell(f"not equal: {unequal}\nleaks: {leaks(workspace, folder)}\nundocumented: {workspace.problems}")
            tell("Ctrl-C ends the UI and the workspace")
            signal.pause()
    except KeyboardInterrupt:
        pass
    finally:
        workspace.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
