"""Each account's segment for a whole fiscal year, beside the one that it is in now: what territories and quotas go by.

Belongs here: what a scored week adds to a year's locks. Does not: reading and storing them (assets/annual_lock.py),
which year a day is in (segmentation/kpis/periods.py).
"""

from __future__ import annotations

import polars as pl

NOW = ("segment_id", "segment_name", "as_of", "definition_version")
LOCKED = {
    "locked_segment_id": "segment_id",
    "locked_segment_name": "segment_name",
    "locked_on": "as_of",
    "locked_version": "definition_version",
}


def with_week(stored: pl.DataFrame | None, scores: pl.DataFrame) -> pl.DataFrame:
    """The locks of a year once a week of it is scored, by account.

    stored: account_id, LOCKED and NOW, as they were; None before the year's first week. scores: of one Monday:
    account_id, snapshot_date, segment_id, segment_name, definition_version. A stored lock stays, whatever is scored
    again or in which order; an account without one gets the segment of this week. What it is in now is that of the
    newest of its weeks.

    Columns: account_id, LOCKED, NOW, and differs: whether the two segments do.
    """
    week = scores.rename({"snapshot_date": "as_of"}).select("account_id", *NOW)
    if stored is None:
        stored = week.clear().with_columns(week.clear().get_column(old).alias(new) for new, old in LOCKED.items())
    both = stored.join(week, on="account_id", how="full", coalesce=True, suffix="_week")
    newer = (pl.col("as_of_week") >= pl.col("as_of")).fill_null(pl.col("as_of").is_null())
    return (
        both.with_columns(
            *(pl.coalesce(new, f"{old}_week").alias(new) for new, old in LOCKED.items()),
            *(pl.when(newer).then(f"{name}_week").otherwise(name).alias(name) for name in NOW),
        )
        .select("account_id", *LOCKED, *NOW)
        .with_columns((pl.col("locked_segment_id") != pl.col("segment_id")).alias("differs"))
        .sort("account_id")
    )
