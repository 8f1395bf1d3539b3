"""Scoring on Spark: the same as scoring.py, through Spark Connect to a server of pysail in this very process.

Belongs here: the server, so that its memory counts, and the call. Does not: what is compared with it (scale/).
"""

from __future__ import annotations

from itertools import repeat

from pysail.spark import SparkConnectServer

from benchmarks.prepared import Prepared
from benchmarks.stages import Repeats
from benchmarks.stages.scoring import HOLD_WEEKS, TASK
from resources.spark import REMOTE, SparkTables, open_session
from seg_assets.steps.score_on_spark import score_week_on_spark


def repeats(prepared: Prepared) -> Repeats:
    """Every repeat replaces the same week."""
    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    tables = SparkTables(open_session({REMOTE: f"sc://127.0.0.1:{server.listening_address[1]}"}))
    lakehouse, segmentation = prepared.lakehouse, prepared.segmentation
    yield from repeat(lambda: score_week_on_spark(tables, lakehouse, TASK, segmentation, HOLD_WEEKS).rows)
