"""The accounts that stand for a segment: what a person looks up to see what it is like.

Belongs here: which accounts are nearest to their segment's centre. Does not: showing their values anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from seg_assets.segmentation.portrait_space import PortraitSpace
from seg_assets.segmentation.portraits import Portrait

TYPICAL = 3


def typical_accounts(
    frame: pl.DataFrame, code: pl.Series, known: pl.Expr, portraits: Sequence[Portrait], space: PortraitSpace
) -> list[list[str]]:
    """account_id of the three accounts nearest to each segment's centre, nearest first, equals by account_id.

    frame: account rows with features and indices; code: (n,) their segment by position; known: whether enough is
    known of an account, others stand back: with nothing known an account is in the middle of every index.
    """
    segment = pl.col("__segment")
    ranked = (
        frame.lazy()
        .with_columns(code.alias("__segment"))
        .select("account_id", "__segment", known.alias("__known"), space.distance(portraits, segment).alias("__far"))
        .sort("__segment", "__known", "__far", "account_id", descending=[False, True, False, False])
        .group_by("__segment", maintain_order=True)
        .agg(pl.col("account_id").head(TYPICAL))
        .collect()
    )
    found = dict(ranked.iter_rows())
    return [list(found.get(position, [])) for position in range(len(portraits))]
