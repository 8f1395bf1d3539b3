"""The way of a step's inputs and reports, wherever it runs.

Belongs here: opening Pipes by what the process was given: arguments (a Databricks task can be given nothing else on
every kind of machines) or variables (a subprocess). Does not: what is reported.
"""

from __future__ import annotations

from dagster_pipes import PipesCliArgsParamsLoader, PipesContext, PipesEnvVarParamsLoader, open_dagster_pipes

from resources.databricks.message_files import StepMessages


def open_step() -> PipesContext:
    """The step's context, to be used in a with-block."""
    arguments = PipesCliArgsParamsLoader()  # type: ignore[no-untyped-call]
    variables = PipesEnvVarParamsLoader()  # type: ignore[no-untyped-call]
    given = arguments if arguments.is_dagster_pipes_process() else variables
    return open_dagster_pipes(params_loader=given, message_writer=StepMessages())
