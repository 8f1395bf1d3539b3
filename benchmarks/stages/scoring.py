"""Scoring: the project's own, from account_snapshots in Delta to segment_scores in Delta.

Belongs here: the call of the step's score_week. Does not: reading the model, which is set-up here and for all others.
"""

from __future__ import annotations

from itertools import repeat

from benchmarks.prepared import DEFINITION_VERSION, WEEK, Prepared
from benchmarks.stages import Repeats
from seg_assets.steps.inputs import WeekToScore
from seg_assets.steps.score import score_week

# As the yardstick: one snapshot and no memory.
HOLD_WEEKS = 0
TASK = WeekToScore(week=WEEK, definition_version=DEFINITION_VERSION, before_first_model=False)


def repeats(prepared: Prepared) -> Repeats:
    """Every repeat replaces the same week."""
    lakehouse, segmentation = prepared.lakehouse, prepared.segmentation
    yield from repeat(lambda: score_week(lakehouse, TASK, segmentation, HOLD_WEEKS).rows)
