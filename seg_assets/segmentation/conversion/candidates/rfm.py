"""Recency, frequency and monetary value: what direct mail has ranked customers by for decades.

Belongs here: the three figures of an account up to an as-of date, in fifths, and their classes.
Does not: tiers, which are scores of customers (tiers.py).
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from seg_assets.segmentation.conversion.candidates.candidate import Accounts, Candidate, Ground, LeftOut
from seg_assets.segmentation.conversion.candidates.merging import merging
from seg_assets.segmentation.lift import Codes, Vector

NAME, TITLE = "rfm", "RFM, merged"
RECENCY, FREQUENCY, MONETARY = "__recency", "__frequency", "__monetary"
FIFTHS = 5
YEAR = dt.timedelta(days=365)


def with_rfm(accounts: pl.LazyFrame, revenue: pl.LazyFrame, day: dt.date) -> pl.LazyFrame:
    """Account rows with RECENCY (days since the last event), FREQUENCY (events) and MONETARY (revenue) of the year
    that ends with `day`; null for accounts without an event in it.

    revenue: account_id, event_date, event_count, total_revenue; later rows are not looked at.
    """
    date = pl.col("event_date")
    figures = (
        revenue.filter(date > day - YEAR, date <= day)
        .group_by("account_id")
        .agg(
            (pl.lit(day) - date.max()).dt.total_days().cast(pl.Float64).alias(RECENCY),
            pl.col("event_count").sum().cast(pl.Float64).alias(FREQUENCY),
            pl.col("total_revenue").sum().cast(pl.Float64).round(2).alias(MONETARY),
        )
    )
    return accounts.join(figures, on="account_id", how="left")


def rfm(ground: Ground) -> Candidate | LeftOut:
    """Fifths of each figure, 5 x 5 x 5 and one of accounts without revenue, merged into as many classes as segments.

    Fifths are cut on the accounts with revenue of the newest training month. Source: Hughes 1994, Strategic Database
    Marketing; independent fifths.
    """
    newest = ground.newest.frame
    if RECENCY not in newest.columns:
        return LeftOut(NAME, TITLE, "no revenue: revenue_events has not landed for a training month")
    known = newest.drop_nulls([RECENCY])
    if known.is_empty():
        return LeftOut(NAME, TITLE, "no eligible account had revenue in the newest training month")
    cuts = {
        figure: np.quantile(known[figure].fill_null(0.0).to_numpy(), [0.2, 0.4, 0.6, 0.8])
        for figure in (RECENCY, FREQUENCY, MONETARY)
    }

    def cells(accounts: Accounts) -> Codes:
        code = np.zeros(accounts.frame.height, dtype=np.intp)
        for figure, limits in cuts.items():
            values: Vector = accounts.frame[figure].fill_null(0.0).to_numpy()
            code = code * FIFTHS + np.searchsorted(limits, values, side="left")
        return np.where(accounts.frame[RECENCY].is_null().to_numpy(), FIFTHS**3, code)

    labels = tuple(f"R{r} F{f} M{m}" for r in _scores(True) for f in _scores(False) for m in _scores(False))
    fewer = merging(ground.count, ground.catalogue.lift_report.shrinkage)
    return Candidate(NAME, TITLE, (*labels, "no revenue in a year"), cells, fewer)


def _scores(few_is_good: bool) -> list[int]:
    """5 is best: the fewest days since the last event, the most events, the most revenue."""
    return list(range(FIFTHS, 0, -1)) if few_is_good else list(range(1, FIFTHS + 1))
