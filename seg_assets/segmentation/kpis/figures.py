"""A KPI's figures from its sums: the ratio of each segment and of all accounts, and what chance alone would let it be.

Belongs here: one period. Does not: what is summed (sums.py), whether a series has moved (limits.py).
"""

from __future__ import annotations

import polars as pl

from seg_assets.catalogs.model import SEGMENT_ID
from seg_assets.segmentation.rates import Z_95

SUMMED = ("accounts", "unknown", "gone", "x", "y", "xx", "xy", "yy")


def by_segment(sums: pl.DataFrame) -> pl.DataFrame:
    """Sums over audiences, of each segment and, with segment_id null, of all accounts. sums: of `period_sums`."""
    keys = [name for name in sums.columns if name not in (*SUMMED, SEGMENT_ID, "audience")]
    totals = [pl.col(name).sum() for name in SUMMED]
    told = pl.concat([sums, sums.with_columns(pl.lit(None, pl.String).alias(SEGMENT_ID))])
    return told.group_by(*keys, SEGMENT_ID, maintain_order=True).agg(totals)


def with_figures(sums: pl.DataFrame, share: pl.Expr) -> pl.DataFrame:
    """`sums` with value, error, low and high: y over x, its standard error and 95 % interval; null for no account.

    share: whether a row counts accounts. A share has the score interval of Wilson 1927; another ratio the normal
    interval of its linearised variance (Cochran 1977, Sampling Techniques, chapter 6), null with fewer than two
    accounts. Accounts are taken for a sample of all that could be in such a segment: the figure itself is exact.
    """
    n, value, error = pl.col("accounts"), pl.col("value"), pl.col("error")
    ratio = pl.when((n > 0) & (pl.col("x") != 0)).then(pl.col("y") / pl.col("x"))
    squares = pl.col("yy") - 2 * value * pl.col("xy") + value**2 * pl.col("xx")
    # A sum of squares that rounding leaves below 0 is 0.
    errors = (squares.clip(lower_bound=0) * n / (n - 1)).sqrt() / pl.col("x")
    scale, centre = 1 + Z_95**2 / n, value + Z_95**2 / (2 * n)
    spread = Z_95 * (value * (1 - value) / n + Z_95**2 / (4 * n**2)).sqrt()
    return (
        sums.with_columns(ratio.alias("value"))
        .with_columns(pl.when(n > 1).then(errors).alias("error"))
        .with_columns(
            pl.when(share).then(((centre - spread) / scale).clip(0, 1)).otherwise(value - Z_95 * error).alias("low"),
            pl.when(share).then(((centre + spread) / scale).clip(0, 1)).otherwise(value + Z_95 * error).alias("high"),
        )
    )
