"""Running a heavy step: the same program here as a subprocess, elsewhere as a Databricks task.

Belongs here: starting a module of seg_assets/steps with its inputs as Pipes extras, and what it reports back.
Does not: what a step does (seg_assets/steps), which inputs it gets (seg_assets/assets).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any, Literal

import dagster as dg

StepName = Literal["fit", "lift", "score"]


class Steps(dg.ConfigurableResource[Any]):
    """Runs steps as subprocesses of this Python, through Dagster Pipes."""

    def run(
        self, name: StepName, context: dg.AssetExecutionContext, inputs: Mapping[str, Any]
    ) -> dg.PipesClientCompletedInvocation:
        """Run the step and wait for it; its materialization and checks are in the returned invocation.

        inputs: JSON values, handed to the program as Pipes extras. A partition range gives a run no partition key in
        Pipes, so the keys are among the inputs. Raises DagsterPipesExecutionError where the program fails.
        """
        client = dg.PipesSubprocessClient(env=dict(os.environ))
        return client.run(
            context=context, command=[sys.executable, "-m", f"seg_assets.steps.{name}"], extras=dict(inputs)
        )
