"""Where definitions put accounts, whatever was scored: what monitoring compares, so that a refresh is no movement.

Belongs here: a segment an account by the definitions alone. Does not: holds, overrides, labels (scoring.py and others).
"""

from __future__ import annotations

import polars as pl

from seg_assets.segmentation.model import Segmentation
from seg_assets.segmentation.scoring import SEGMENT, looked_up, with_segment


def placed(segmentation: Segmentation, accounts: pl.DataFrame) -> pl.DataFrame:
    """account_id and segment_id of account rows, in their order, by the definitions alone."""
    ids = [segment.segment_id for segment in segmentation.segments]
    indexed = accounts.lazy().with_columns(*segmentation.index_set.expressions())
    found = with_segment(indexed, segmentation.definitions)
    return found.select("account_id", segment_id=looked_up(ids, pl.col(SEGMENT), pl.String)).collect()
