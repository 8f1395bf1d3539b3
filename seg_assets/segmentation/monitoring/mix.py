"""How the mix of segments moved in a week, and what of it the accounts' ordinary movement explains.

Belongs here: two Mondays' accounts under the same definitions, segment by segment: who came, went, moved in and out.
Does not: reading scores (a change of definitions must not look like a change of accounts), how much is too much.
"""

from __future__ import annotations

import polars as pl

SCHEMA = pl.Schema(
    {
        "segment_id": pl.String,
        "accounts_before": pl.Int64,
        "accounts": pl.Int64,
        "share_before": pl.Float64,
        "share": pl.Float64,
        "came": pl.Int64,
        "went": pl.Int64,
        "moved_in": pl.Int64,
        "moved_out": pl.Int64,
        "explained": pl.Float64,
        "unexplained": pl.Float64,
    }
)
CHANCE = 4.0
"""Standard deviations of what accounts that move on their own make of a share."""


def segment_mix(before: pl.DataFrame, current: pl.DataFrame) -> pl.DataFrame:
    """A row (SCHEMA) a segment, by segment_id.

    before, current: account_id and segment_id of two Mondays, by the same definitions. explained: how far a segment's
    share may move when as many accounts as did moved in and out, came and went, each on its own (four standard
    deviations of the net of so many independent moves); unexplained: what its share moved beyond that, 0 or more.
    """
    both = before.join(current, on="account_id", how="full", suffix="_now", coalesce=True)
    old, new = pl.col("segment_id"), pl.col("segment_id_now")
    ids = pl.concat([before["segment_id"], current["segment_id"]]).unique().sort()
    moved = old.is_not_null() & new.is_not_null() & (old != new)
    left = both.group_by("segment_id").agg(
        accounts_before=pl.len().cast(pl.Int64),
        went=new.is_null().sum().cast(pl.Int64),
        moved_out=moved.sum().cast(pl.Int64),
    )
    right = both.group_by(segment_id="segment_id_now").agg(
        accounts=pl.len().cast(pl.Int64), came=old.is_null().sum().cast(pl.Int64), moved_in=moved.sum().cast(pl.Int64)
    )
    table = ids.to_frame("segment_id").join(left, on="segment_id", how="left").join(right, on="segment_id", how="left")
    gross = pl.col("came") + pl.col("went") + pl.col("moved_in") + pl.col("moved_out")
    change = (pl.col("share") - pl.col("share_before")).abs()
    return (
        table.fill_null(0)
        .with_columns(
            share_before=pl.col("accounts_before") / max(before.height, 1),
            share=pl.col("accounts") / max(current.height, 1),
        )
        .with_columns(explained=CHANCE * gross.sqrt() / max(before.height, 1))
        .with_columns(unexplained=(change - pl.col("explained")).clip(lower_bound=0.0))
        .select(SCHEMA.names())
        .sort("segment_id")
    )
