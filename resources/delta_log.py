"""What is damaged in a Delta table's log, and which file to remove.

Belongs here: looking at the entries of a log that delta-rs cannot open, and saying it. Does not: opening tables
(lakehouse.py), or repairing them: what a failing disk made unreadable for a moment no program should throw away.
"""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError


def log_remedy(log: Path) -> str:
    """A sentence with the file that is damaged in the folder `log` and what to do; what to look for where none is."""
    checkpoints = [file for file in sorted(log.glob("*.checkpoint*.parquet")) if not _is_whole_checkpoint(file)]
    if checkpoints:
        names = " and ".join(map(str, [*checkpoints, log / "_last_checkpoint"]))
        return f"The checkpoint is damaged: remove {names}; nothing is lost while the commits before it are there"
    commits = [file for file in sorted(log.glob("*.json")) if not _is_whole_commit(file)]
    if not commits:
        return f"Look at the files in {log}; where _last_checkpoint names a checkpoint that is gone, remove it"
    first, newest = commits[0], max(log.glob("*.json"))
    later = "" if first == newest else f" and the later ones up to {newest.name}"
    return (
        f"The commit {first} is damaged: remove that file{later}. The table is then as it was before, and the next "
        "`seg run` or tick of landing_sensor makes again what is missing"
    )


def _is_whole_commit(file: Path) -> bool:
    """Whether every line is an action."""
    try:
        lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line]
        return bool(lines) and all(isinstance(json.loads(line), dict) for line in lines)
    except (OSError, ValueError):
        return False


def _is_whole_checkpoint(file: Path) -> bool:
    """Whether it can be read to its end."""
    try:
        pl.read_parquet(file)
    except (OSError, PolarsError):
        return False
    return True
