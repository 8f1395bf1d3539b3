"""Sample data: one Monday generated and written as landing tables.

Belongs here: the call. Does not: what the sample is (seg_assets/sample_data).
"""

from __future__ import annotations

import shutil
from functools import partial
from itertools import count
from pathlib import Path

from benchmarks.prepared import WEEK, Prepared
from benchmarks.stages import Repeats
from seg_assets.sample_data import write_landing


def repeats(prepared: Prepared) -> Repeats:
    """Each repeat writes a folder of its own: the generator keeps what lies there already."""
    for number in count():
        folder = prepared.scratch(f"sample-{number}")
        yield partial(_write, folder, prepared.accounts)
        shutil.rmtree(folder)


def _write(folder: Path, accounts: int) -> int:
    return write_landing(folder, accounts=accounts, mondays=[WEEK]).rows["sales_lifecycle"]
