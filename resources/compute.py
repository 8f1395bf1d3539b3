"""Running a heavy step: the same program here as a subprocess, elsewhere as a Databricks task.

Belongs here: what running a step means, doing it on this machine, and which of the two the settings say.
Does not: Databricks (resources/databricks), what a step does (seg_assets/steps), its inputs (seg_assets/assets).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any, Literal, Protocol

import dagster as dg

from resources.settings import Settings

StepName = Literal["fit", "lift", "monitor", "score"]


class Steps(Protocol):
    """Where the heavy steps run."""

    def run(
        self, name: StepName, context: dg.AssetExecutionContext, inputs: Mapping[str, Any]
    ) -> dg.PipesClientCompletedInvocation:
        """Run the step and wait for it; its materialization and checks are in the returned invocation.

        inputs: JSON values, handed to the program as Pipes extras. A partition range gives a run no partition key in
        Pipes, so the keys are among the inputs. Raises what fails the step where the program fails.
        """
        ...


class LocalSteps:
    """Runs steps as subprocesses of this Python, through Dagster Pipes."""

    def run(
        self, name: StepName, context: dg.AssetExecutionContext, inputs: Mapping[str, Any]
    ) -> dg.PipesClientCompletedInvocation:
        """As Steps says. Raises DagsterPipesExecutionError where the program fails."""
        client = dg.PipesSubprocessClient(env=dict(os.environ))
        program = [sys.executable, "-m", "resources.step_process", str(os.getpid()), f"seg_assets.steps.{name}"]
        return client.run(context=context, command=program, extras=dict(inputs))


def steps_of(settings: Settings) -> Steps:
    """What `settings` say. Raises SettingsError, with file and line, for a compute file that cannot be used."""
    if settings.compute is None:
        return LocalSteps()
    # The workspace's clients take seconds to import, and a laptop needs none of them.
    from resources.databricks.configuration import load_compute
    from resources.databricks.steps import DatabricksSteps

    return DatabricksSteps(load_compute(settings.compute))
