"""The entry point of a Databricks job that runs a seg command: `seg-job run --home ...`.

Belongs here: ending as a job has to end. Does not: the commands (cli.py), a single step (steps/task.py).
"""

from __future__ import annotations

from seg_assets.cli import app


def main() -> None:
    """The command that the arguments name. Raises RuntimeError where it failed.

    A command ends by leaving the interpreter, whose exit codes a Databricks driver does not read as a shell does; so it
    returns here, or raises.
    """
    code = app(standalone_mode=False)
    if code:
        raise RuntimeError(f"the command failed with exit code {code}; what was wrong is told above")
