"""The entry point of a Databricks task: `seg-step <step> --dagster-pipes-context ... --dagster-pipes-messages ...`.

Belongs here: finding the step by its name. Does not: what a step does.
"""

from __future__ import annotations

import importlib
import sys


def main() -> None:
    """Run the step that the first argument names; the rest is read by Pipes (reporting.py)."""
    importlib.import_module(f"seg_assets.steps.{sys.argv[1]}").main()
