"""Which segment each account of a frame is in, by position: what figures of segments begin with.

Belongs here: segments as numbers beside accounts, and the conversion rate of each.
Does not: scores that are stored (model.py), figures of segments (profiles.py).
"""

from __future__ import annotations

import polars as pl

from seg_assets.segmentation.model import Segmentation
from seg_assets.segmentation.outcomes import CONVERTED, Outcomes
from seg_assets.segmentation.rates import Rate
from seg_assets.segmentation.scoring import SEGMENT, with_segment


def coded(segmentation: Segmentation, snapshot: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """The snapshot with its indices, and each account's segment by position, UInt32."""
    frame = snapshot.with_columns(segmentation.index_set.expressions())
    return frame, with_segment(frame.lazy(), segmentation.definitions).select(SEGMENT).collect().to_series()


def segment_rates(segmentation: Segmentation, outcomes: Outcomes | None) -> list[Rate | None]:
    """The conversion rate of each segment over matured, eligible accounts; None where there are none."""
    if outcomes is None:
        return [None for _ in segmentation.segments]
    counted = (
        with_segment(outcomes.frame.with_columns(segmentation.index_set.expressions()), segmentation.definitions)
        .group_by(SEGMENT)
        .agg(pl.len().alias("eligible"), pl.col(CONVERTED).sum())
        .collect()
    )
    found = {segment: Rate(eligible, converted) for segment, eligible, converted in counted.iter_rows()}
    return [found.get(position) for position in range(len(segmentation.segments))]
