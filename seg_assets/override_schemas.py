"""The columns of the table of overrides.

Belongs here: one Table a Delta table. Does not: the other tables (schemas.py), which override holds when
(segmentation/overrides.py).
"""

from __future__ import annotations

import polars as pl

from seg_assets.schemas import ACCOUNT_ID, TIMESTAMP, Column, Table

SEGMENT_OVERRIDES = Table(
    "segment_overrides",
    {
        "account_id": ACCOUNT_ID,
        "action": Column(pl.String, "set or end"),
        "segment_id": Column(pl.String, "The segment that the account is set to; of an end the one that it was set to"),
        "owner": Column(pl.String, "Who answers for it: the person who decided", sensitive=True),
        "reason": Column(pl.String, "Why, in a sentence"),
        "from_week": Column(pl.Date, "The first Monday that it is about; weeks before stay as they are"),
        "expires_on": Column(pl.Date, "The last day of weeks that it is about; null for an end"),
        "recorded_at": Column(TIMESTAMP, "When it was decided; of two that are about a week the later one counts"),
    },
    description="Accounts that a person set to a segment, for how long and why; rows are only added",
)
