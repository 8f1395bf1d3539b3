"""Where the planted secret came through.

Belongs here: looking for it in files and in what the workspace was told. Does not: what must not leak (workspace.py).
"""

from __future__ import annotations

import json
from pathlib import Path

from seg_assets_tests.workspace.workspace import SECRET, Workspace


def leaks(workspace: Workspace, folder: Path) -> list[str]:
    """Every file below `folder`, and every call or record of the workspace, that holds the secret.

    The headers of calls, where credentials belong, are not kept, and so not looked at.
    """
    files = [file for file in folder.rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()]
    calls = [told.call for told in workspace.calls]
    told = [call.path for call in calls if SECRET in f"{call.path}{call.query}" or SECRET.encode() in call.body]
    kept = {
        "runs": [[run.request, run.message, run.ended.logs] for run in workspace.jobs.runs],
        "experiments": [workspace.experiments.runs, workspace.experiments.logged, workspace.models.versions],
    }
    return [*map(str, files), *told, *(name for name, found in kept.items() if SECRET in json.dumps(found))]
