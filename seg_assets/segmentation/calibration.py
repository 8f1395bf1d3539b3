"""Learning, from two snapshots of the same accounts, how sure a segment is.

Belongs here: measuring weekly noise, and comparing segments at two snapshots under one set of definitions.
Does not: the table itself and distances (confidence.py).
"""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import polars as pl

from seg_assets.segmentation.coding import coded
from seg_assets.segmentation.confidence import (
    SMALLEST_NOISE_OF_AN_INDEX,
    USUAL_NOISE_OF_AN_INDEX,
    Confidence,
    Noise,
    calibrated,
    weekly_noise,
)
from seg_assets.segmentation.definitions import Test
from seg_assets.segmentation.model import Segmentation
from seg_assets.segmentation.scoring import margins

# A feature's usual weekly move, as a share of the range that holds 99 % of its values.
USUAL_SHARE_OF_A_RANGE = 0.05
SMALLEST_SHARE_OF_A_RANGE = 0.005


def fit_confidence(segmentation: Segmentation, snapshot: pl.DataFrame, previous: pl.DataFrame | None) -> Confidence:
    """The table for the segmentation's definitions, from the accounts that are in both snapshots.

    Without `previous` (or with no account in both) noise is what is usual and chances stay empty.
    Raises ValueError where `previous` is not earlier than `snapshot`.
    """
    columns = _threshold_columns(segmentation)
    usual = {column: _usual(segmentation, column) for column in columns}
    unlearned = Confidence(tuple(Noise(column, value[0]) for column, value in usual.items()))
    if previous is None:
        return unlearned
    days = _days(previous, snapshot)
    before, code_before = coded(segmentation, previous)
    after, code_after = coded(segmentation, snapshot)
    pair = before.with_columns(code_before.alias("__segment")).join(
        after.select("account_id", *columns).with_columns(code_after.alias("__segment")),
        on="account_id",
        suffix="__after",
    )
    if pair.is_empty() or len(segmentation.segments) < 2:
        return unlearned
    noise = tuple(
        Noise(column, weekly_noise(pair[column], pair[f"{column}__after"], days, usual[column][1]))
        for column in columns
    )
    meanwhile = Confidence(tuple(replace(part, weekly=part.weekly * sqrt(days / 7)) for part in noise))
    away = margins(segmentation.definitions, meanwhile, pl.col("__segment"))
    margin = pair.select(pl.min_horizontal(away)).to_series().to_numpy()
    same = (pair["__segment"] == pair["__segment__after"]).to_numpy()
    return calibrated(noise, margin, same, days)


def _threshold_columns(segmentation: Segmentation) -> list[str]:
    conditions = [c for definition in segmentation.definitions for box in definition.boxes for c in box.conditions]
    return sorted({c.column for c in conditions if c.test in (Test.AT_LEAST, Test.BELOW)})


def _usual(segmentation: Segmentation, column: str) -> tuple[float, float]:
    """(usual, smallest) weekly noise of an index or a numeric feature."""
    scale = segmentation.reference.scale(column)
    if scale is None:
        return USUAL_NOISE_OF_AN_INDEX, SMALLEST_NOISE_OF_AN_INDEX
    width = scale.high - scale.low
    return USUAL_SHARE_OF_A_RANGE * width, SMALLEST_SHARE_OF_A_RANGE * width


def _days(previous: pl.DataFrame, snapshot: pl.DataFrame) -> int:
    first, second = (frame.select(pl.col("snapshot_date").max()).item() for frame in (previous, snapshot))
    if first is None or second is None or first >= second:
        raise ValueError(f"the previous snapshot ({first}) must be earlier than the training snapshot ({second})")
    return int((second - first).days)
