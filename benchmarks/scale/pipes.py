"""What it costs a step to be a program of its own: seconds around its work, here and as a task of the tests' workspace.

Belongs here: a scoring step through the project's own Dagster resource, less the seconds that it says it worked.
Does not: a cluster's start, which no loopback workspace has (cost.py assumes it).
"""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import dagster as dg
import yaml
from databricks.sdk.clock import RealClock

from benchmarks.prepared import Prepared
from benchmarks.stages.scoring import HOLD_WEEKS, TASK
from resources.compute import LocalSteps, Steps
from resources.databricks.configuration import Compute
from resources.databricks.steps import DatabricksSteps
from seg_assets.steps.inputs import ScoreInputs
from seg_assets_tests.workspace.fixture import VOLUME
from seg_assets_tests.workspace.machines import compute_text
from seg_assets_tests.workspace.workspace import Workspace

QUIET = {"loggers": {"console": {"config": {"log_level": "ERROR"}}}}


@dataclass(frozen=True)
class Overhead:
    """Seconds of a step that are not its work. first: with the wheel made and uploaded, where there is one."""

    where: str
    first: float
    then: float


def overheads(prepared: Prepared, folder: Path) -> list[Overhead]:
    """Of scoring the prepared week as a subprocess, and as a task of a workspace on this machine, by the real clock."""
    found = [_overhead("subprocess", LocalSteps(), prepared)]
    workspace = Workspace(folder / "workspace", RealClock())
    try:
        workspace.catalog.create_volume(VOLUME)
        compute = Compute.model_validate(yaml.safe_load(compute_text("job_cluster")))
        with mock.patch.dict(os.environ, workspace.environment):
            found.append(_overhead("Databricks task", DatabricksSteps(compute, RealClock()), prepared))
    finally:
        workspace.close()
    return found


def _overhead(where: str, steps: Steps, prepared: Prepared) -> Overhead:
    first, then = (_around(steps, prepared) for _ in range(2))
    return Overhead(where, first, then)


def _around(steps: Steps, prepared: Prepared) -> float:
    """Seconds of one step, less those that it tells."""
    inputs = ScoreInputs(lakehouse=prepared.lakehouse.root, weeks=(TASK,), hold_weeks=HOLD_WEEKS, labels=())
    took = {}

    @dg.asset
    def scored(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        began = time.monotonic()
        done = steps.run("score", context, inputs.extras())
        (told,) = done.get_custom_messages()
        took["around"] = time.monotonic() - began - _seconds(told)
        return done.get_materialize_result()

    with dg.DagsterInstance.ephemeral() as instance:
        dg.materialize([scored], instance=instance, run_config=QUIET)
    return took["around"]


def _seconds(told: Mapping[str, Any]) -> float:
    return float(told["metadata"]["seconds"])
