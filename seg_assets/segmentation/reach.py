"""Which accounts of a segment may be reached, and how.

Belongs here: consents and contact permissions as shares of segments. Does not: reading account_master.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

CHANNELS = {"email_consent": "e-mail", "ads_consent": "ads", "sales_contactable": "sales"}


@dataclass(frozen=True)
class Reach:
    """anyhow: the share of accounts that one channel or more may reach; by_channel: the share of each, by its word."""

    anyhow: float
    by_channel: tuple[tuple[str, float], ...]


def reach(
    frame: pl.DataFrame, code: pl.Series, account_master: pl.DataFrame | None, segments: int
) -> list[Reach | None]:
    """The reach of each segment 0 .. segments - 1; None where no consent has landed.

    frame: account rows; code: (n,) their segment by position; account_master: rows with account_id and the channels'
    Boolean columns, of the same Monday. A consent that is not known is none.
    """
    if account_master is None:
        return [None] * segments
    landed = [name for name in CHANNELS if name in account_master.columns and account_master[name].count() > 0]
    if not landed:
        return [None] * segments
    allowed = (
        frame.select("account_id", code.alias("__segment"))
        .join(account_master.select("account_id", *landed), on="account_id", how="left")
        .with_columns(pl.col(landed).fill_null(False))
    )
    shares = allowed.group_by("__segment").agg(
        pl.any_horizontal(landed).mean().alias("__anyhow"), pl.col(landed).mean()
    )
    rows = {row["__segment"]: row for row in shares.iter_rows(named=True)}
    return [
        Reach(row["__anyhow"], tuple((CHANNELS[name], row[name]) for name in landed)) if row is not None else None
        for row in (rows.get(position) for position in range(segments))
    ]
