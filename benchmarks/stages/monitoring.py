"""Monitoring: the project's own, from account_snapshots in Delta to both monitoring tables in Delta.

Belongs here: the call of the step's monitor_week. The week is that of the model's training, so that one snapshot is
summarised; an ordinary week has three. Does not: making the data (preparing.py, scale/populations.py).
"""

from __future__ import annotations

from itertools import repeat

from benchmarks.prepared import WEEK, Prepared
from benchmarks.stages import Repeats
from seg_assets.catalogs import default_catalogue
from seg_assets.steps.monitor import Summarise, monitor_week, summary_of


def repeats(prepared: Prepared) -> Repeats:
    """Every repeat replaces the same week."""
    yield from repeat(lambda: monitored(prepared, summary_of))


def monitored(prepared: Prepared, summarise: Summarise) -> int:
    """Fill both tables for the week; the accounts that it has. Raises RuntimeError where that left one empty."""
    rows = monitor_week(prepared.lakehouse, default_catalogue(), WEEK, summarise)
    if not all(rows.values()):
        raise RuntimeError(f"monitoring stored {rows}: the week has no champion, or no accounts")
    return prepared.accounts
