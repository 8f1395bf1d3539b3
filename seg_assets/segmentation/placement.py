"""Where one account stands under one set of definitions, week by week: every condition against its values.

Belongs here: which conditions hold, what the values are called, how far the others are. Does not: what is told of
that (explaining.py, account_history.py), whole populations (scoring.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

import polars as pl

from seg_assets.segmentation.confidence import distance
from seg_assets.segmentation.definitions import Condition
from seg_assets.segmentation.model import Segment, Segmentation
from seg_assets.segmentation.scoring import BOX, SEGMENT, reasons, value_text, with_segment

REASONS = "__reasons"

Value = float | str | bool | None


@dataclass(frozen=True)
class Judged:
    """One condition against an account's value.

    value: a number that is not finite is its name as text; said: the value as reasons say it; weeks_of_noise: how far
    the value is from the condition, 0 where it holds or is on the border, at most confidence.FAR.
    """

    condition: Condition
    value: Value
    said: str
    holds: bool
    weeks_of_noise: float


@dataclass(frozen=True)
class Placement:
    """An account in one week. boxes: those of all definitions in their order, box: the place of the one that holds.

    reasons: the conditions of that box with the account's values, in words, as segment_scores has them.
    """

    segment: Segment
    box: int
    boxes: tuple[tuple[Judged, ...], ...]
    reasons: tuple[str, ...]

    @property
    def conditions(self) -> tuple[Judged, ...]:
        """Those that make the account's segment."""
        return self.boxes[self.box]


def columns_for(segmentation: Segmentation) -> set[str]:
    """The columns that placing an account reads: fewer than scoring does, since `unusual` is not asked."""
    features = {column for definition in segmentation.definitions for column in definition.columns}
    roots = {root for index in _indices_asked(segmentation) for root in index.meta.root_names()}
    return {"account_id", "snapshot_date"} | roots | (features - set(segmentation.index_set.names))


def placements(segmentation: Segmentation, snapshots: pl.DataFrame) -> dict[dt.date, Placement]:
    """Where the account stands in each week. snapshots: its rows of account_snapshots, one a week (`columns_for`)."""
    return placed(segmentation, snapshots.with_columns(_indices_asked(segmentation)))


def _indices_asked(segmentation: Segmentation) -> list[pl.Expr]:
    asked = {column for definition in segmentation.definitions for column in definition.columns}
    return [index for index in segmentation.index_set.expressions() if index.meta.output_name() in asked]


def placed(segmentation: Segmentation, values: pl.DataFrame) -> dict[dt.date, Placement]:
    """The same from rows that have snapshot_date, the indices, and the features that definitions ask for."""
    definitions, vocabulary = segmentation.definitions, segmentation.vocabulary
    asked = list(dict.fromkeys(c for d in definitions for box in d.boxes for c in box.conditions))
    told = [reasons(definitions, vocabulary, pl.col(BOX)).alias(REASONS)]
    for number, condition in enumerate(asked):
        told += [
            value_text(condition, vocabulary).alias(f"__said_{number}"),
            condition.expression().fill_null(False).alias(f"__holds_{number}"),
            distance(condition, segmentation.confidence).alias(f"__away_{number}"),
        ]
    rows = with_segment(values.lazy(), definitions).with_columns(told).collect()
    return {row["snapshot_date"]: _placement(segmentation, asked, row) for row in rows.iter_rows(named=True)}


def _placement(segmentation: Segmentation, asked: list[Condition], row: Mapping[str, Any]) -> Placement:
    judged = {
        condition: Judged(
            condition,
            _plain(row[condition.column]),
            row[f"__said_{number}"],
            row[f"__holds_{number}"],
            row[f"__away_{number}"],
        )
        for number, condition in enumerate(asked)
    }
    boxes = [box for definition in segmentation.definitions for box in definition.boxes]
    return Placement(
        segment=segmentation.segments[row[SEGMENT]],
        box=row[BOX],
        boxes=tuple(tuple(judged[condition] for condition in box.conditions) for box in boxes),
        reasons=tuple(row[REASONS]),
    )


def _plain(value: Value) -> Value:
    """What JSON can hold."""
    return str(value) if isinstance(value, float) and not isfinite(value) else value
