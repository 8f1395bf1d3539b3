"""Files for SEG_COMPUTE that suit the workspace of the tests.

Belongs here: one a kind of machines. Does not: what they mean (resources/databricks/configuration.py).
"""

from __future__ import annotations

from pathlib import Path

MACHINES = {
    "job_cluster": "{kind: job_cluster, spark_version: 16.4.x-scala2.12, node_type: i3.xlarge, spot: aws}",
    "existing_cluster": "{kind: existing_cluster, cluster: 1122-000000-standing}",
    "serverless": "{kind: serverless}",
}


def compute_text(kind: str, more: str = "") -> str:
    """The file's text; more: further lines."""
    return f"volume: /Volumes/main/seg/files\nmodels: main.seg\nmachines: {MACHINES[kind]}\n{more}"


def compute_file(folder: Path, kind: str, more: str = "") -> Path:
    """The file, written into `folder`."""
    file = folder / "compute.yaml"
    file.write_text(compute_text(kind, more), encoding="utf-8")
    return file
