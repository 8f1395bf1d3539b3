"""Promotion gates: whether a service month's challenger became champion.

Belongs here: the words of a rejection. Does not: the gates and the decision (segmentation/promotion.py).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from seg_assets.checks.commands import frame, of_day
from seg_assets.checks.finding import DOES_NOT_APPLY, Finding
from seg_assets.segmentation.promotion import AUTOMATIC, LIFT, Promotion, rejected_since

PROMOTION_GATES = "promotion_gates"
EXPECTED = "every gate passes"


def promotion_gates(promotions: Sequence[Promotion], month: dt.date, report: str) -> Finding:
    """The verdict on one service month, by its newest automatic decision, whatever a person decided afterwards.

    It warns and never blocks: a rejected challenger keeps the definitions out, not the scores. report: where the table
    segment_count_report lies.
    """
    decided = [row for row in promotions if row.by == AUTOMATIC and row.service_month == month]
    newest = max(decided, key=lambda row: row.at)
    told = f"{newest.definition_version} {newest.reason}"
    if newest.action != "reject":
        return Finding(told, EXPECTED, newest.reason)
    serves = newest.to_version or "no version"
    return Finding(
        told=told,
        expected=EXPECTED,
        seen=newest.reason,
        passed=False,
        since=rejected_since(promotions, month),
        accounts=f"none moves: {serves} stays in force",
        arr=f"{DOES_NOT_APPLY}: nobody moves",
        causes=_failed(newest.reason),
        look_closer=_look_closer(report, month),
    )


def _failed(reason: str) -> tuple[str, ...]:
    """The gates that failed with their figures, as the decision names them, in its order."""
    # A gate's own words may hold semicolons; its name is one word.
    parts = re.split(r"; (?=[a-z_]+: )", reason.removeprefix("failed "))
    return tuple(part for part in parts if not part.startswith(f"{LIFT}: not judged"))


def _look_closer(report: str, month: dt.date) -> str:
    """What does not pass, of each number of segments."""
    gates = (
        ".select('k', 'gates').explode('gates').unnest('gates').filter(pl.col('state') != 'pass').sort('k', 'state')"
    )
    return frame(report, of_day("service_month", month) + gates)
