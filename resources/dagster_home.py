"""A Dagster home: the folder with the instance's storage and its dagster.yaml.

Belongs here: preparing that folder. Does not: which graph runs in it.
"""

from __future__ import annotations

from pathlib import Path

DAGSTER_YAML = """\
# Telemetry and the welcome dialog are off; storage is SQLite in this folder. Two runs at once: a step uses all cores
# for most of its time. Run monitoring ends runs that never started or that outlive their tag dagster/max_runtime.
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 2
run_monitoring:
  enabled: true
"""


def prepare_dagster_home(folder: Path) -> Path:
    """Make `folder` a Dagster home; a dagster.yaml that is there stays."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "dagster.yaml"
    if not file.exists():
        file.write_text(DAGSTER_YAML, encoding="utf-8")
    return folder
