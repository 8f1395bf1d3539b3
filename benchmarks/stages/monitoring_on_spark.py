"""Monitoring on Spark: the same as monitoring.py, through Spark Connect to a server of pysail in this very process.

Belongs here: the call. Does not: the server (sail.py).
"""

from __future__ import annotations

from functools import partial
from itertools import repeat

from benchmarks.prepared import Prepared
from benchmarks.stages import Repeats
from benchmarks.stages.monitoring import monitored
from benchmarks.stages.sail import sail_tables
from seg_assets.steps.monitor_on_spark import summary_on_spark


def repeats(prepared: Prepared) -> Repeats:
    """Every repeat replaces the same week."""
    with sail_tables() as tables:
        summarise = partial(summary_on_spark, tables)
        yield from repeat(lambda: monitored(prepared, summarise))
