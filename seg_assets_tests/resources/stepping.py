"""One step of a small graph, run as a task of the workspace of the tests.

Belongs here: the graph, programs that tasks run instead of real steps, and running it. Does not: what must hold.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import dagster as dg
import yaml
from databricks.sdk.clock import Clock

from resources.compute import Steps
from resources.databricks.configuration import Compute
from resources.databricks.steps import DatabricksSteps
from seg_assets_tests.workspace.machines import compute_text
from seg_assets_tests.workspace.workspace import Workspace

WEEK = "2026-07-06"
REPORTS = """
from seg_assets.steps.reporting import open_step

with open_step() as pipes:
    print("printed by the task")
    pipes.log.info("working")
    pipes.report_custom_message({"partition": pipes.partition_key, "rows": pipes.get_extra("rows")})
    pipes.report_asset_materialization(metadata={"rows": pipes.get_extra("rows")})
"""
REPORTS_LATE = "import time; time.sleep(0.5)\n" + REPORTS
NEVER_ENDS = "import time; time.sleep(600)"


def step_asset(**options: Any) -> dg.AssetsDefinition:
    """The asset `scores`, with `options` of dagster.asset."""

    @dg.asset(partitions_def=dg.StaticPartitionsDefinition([WEEK, "2026-07-13"]), **options)
    def scores(context: dg.AssetExecutionContext, steps: dg.ResourceParam[Steps]) -> dg.MaterializeResult:
        done = steps.run("score", context, {"rows": 3})
        context.log.info(f"heard {done.get_custom_messages()}")
        return done.get_materialize_result(implicit_materialization=False)

    return scores


scores = step_asset()


@dg.asset(deps=[scores], partitions_def=scores.partitions_def)
def after() -> None:
    """What must not be made where scores were not."""


@dataclass(frozen=True)
class Stepped:
    """How it went. failure: the description of the step's failure."""

    success: bool
    metadata: dict[str, Any]
    failure: str
    result: dg.ExecuteInProcessResult


def stepped(
    workspace: Workspace,
    program: str | None = REPORTS,
    kind: str = "job_cluster",
    *,
    clock: Clock | None = None,
    **options: Any,
) -> Stepped:
    """Run the graph for a week. program: what the task runs, None for the step itself; options: of
    `execute_in_process`, `assets`, and `compute`, fields to change in the compute file.
    """
    told = {**yaml.safe_load(compute_text(kind)), **options.pop("compute", {})}
    if program is not None:
        workspace.faults.replace_task(program)
    steps = DatabricksSteps(Compute.model_validate(told), clock or workspace.clock)
    graph = dg.Definitions(assets=options.pop("assets", [scores]), resources={"steps": steps})
    options = {"partition_key": WEEK, "raise_on_error": False, **options}
    result = graph.resolve_implicit_global_asset_job_def().execute_in_process(**options)
    made = result.asset_materializations_for_node("scores") if result.success else []
    failures = [event.step_failure_data.error for event in result.all_events if event.is_step_failure]
    (failure,) = failures or [None]
    metadata = {name: value.value for one in made for name, value in one.metadata.items()}
    return Stepped(result.success, metadata, failure.to_string() if failure else "", result)


def when_running(workspace: Workspace, action: Callable[[], None]) -> threading.Thread:
    """Do `action` as soon as the first task runs."""

    def wait() -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if workspace.jobs.runs and workspace.jobs.runs[0].process is not None:
                action()
                return
            time.sleep(0.01)

    thread = threading.Thread(target=wait)
    thread.start()
    return thread
