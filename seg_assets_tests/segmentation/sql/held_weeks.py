"""Which accounts are held in several weeks, as Polars says it: what SQL has to give.

Belongs here: the Mondays, and scoring each alone. Does not: the accounts (conftest.py), any SQL (the tests).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import polars as pl

from seg_assets.calendar import remembered_mondays
from seg_assets.segmentation import Segmentation

MONDAYS = [dt.date(2026, 6, 1) + dt.timedelta(weeks=week) for week in (0, 1, 2, 3, 5, 6)]
COLUMNS = ("account_id", "snapshot_date", "segment_id", "rule_segment_id", "held")

Weeks = Mapping[dt.date, pl.DataFrame]


def expected(segmentation: Segmentation, weeks: Weeks, hold_weeks: int) -> pl.DataFrame:
    """Every week scored alone."""
    scores = []
    for week, accounts in weeks.items():
        mondays = remembered_mondays(week, hold_weeks)
        earlier = [weeks[monday].lazy() if monday in weeks else None for monday in mondays]
        scores.append(segmentation.assign(accounts, earlier, hold_weeks).select(COLUMNS))
    return pl.concat(scores).collect().sort("snapshot_date", "account_id")
