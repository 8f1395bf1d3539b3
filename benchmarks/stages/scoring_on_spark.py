"""Scoring on Spark: the same as scoring.py, through Spark Connect to a server of pysail in this very process.

Belongs here: the call. Does not: the server (sail.py), what is compared with it (scale/).
"""

from __future__ import annotations

from itertools import repeat

from benchmarks.prepared import Prepared
from benchmarks.stages import Repeats
from benchmarks.stages.sail import sail_tables
from benchmarks.stages.scoring import HOLD_WEEKS, TASK
from seg_assets.steps.score_on_spark import score_week_on_spark


def repeats(prepared: Prepared) -> Repeats:
    """Every repeat replaces the same week."""
    lakehouse, segmentation = prepared.lakehouse, prepared.segmentation
    with sail_tables() as tables:
        yield from repeat(lambda: score_week_on_spark(tables, lakehouse, TASK, segmentation, HOLD_WEEKS).rows)
