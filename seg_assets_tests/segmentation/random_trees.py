"""Random definitions that are exclusive and exhaustive, and one account whose values lie on their borders.

Belongs here: strategies for the default catalogue's columns. Does not: what is asked of them (the tests), definitions
that overlap (sql/models.py).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
from hypothesis import strategies as st

from seg_assets.segmentation import Segmentation
from seg_assets.segmentation.confidence import Noise
from seg_assets.segmentation.definitions import Box, Condition, Definition, Test

INDICES = ("firm_size", "engagement", "intent")
COUNT = "web_visits_30d"
LEVELS = ("lead", "mql", "trial", "customer", "churned")
FLAG = "expansion_flag"
FIRST_MONDAY = date(2026, 1, 5)


def weeks_of(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows as one account's, a Monday each."""
    mondays = [FIRST_MONDAY + timedelta(weeks=n) for n in range(rows.height)]
    return rows.with_columns(pl.lit("A1").alias("account_id"), pl.Series("snapshot_date", mondays, dtype=pl.Date))


@st.composite
def accounts(draw: st.DrawFn, snapshot: pl.DataFrame, weeks: int) -> pl.DataFrame:
    """One account that is another of `snapshot` every week."""
    return weeks_of(snapshot[draw(st.lists(st.integers(0, snapshot.height - 1), min_size=weeks, max_size=weeks))])


@st.composite
def segmentations(draw: st.DrawFn, template: Segmentation, account: pl.DataFrame) -> Segmentation:
    """`template` with other definitions: of two to six boxes, thresholds at the account's values or next to them."""
    values = account.with_columns(template.index_set.expressions())
    leaves: list[tuple[Condition, ...]] = [()]
    for _ in range(draw(st.integers(1, 5))):
        place = draw(st.integers(0, len(leaves) - 1))
        question = draw(_question(values))
        halves = [(*leaves[place], question), (*leaves[place], question.negation)]
        if all(_possible(half) for half in halves):
            leaves[place : place + 1] = halves
    boxes = [Box.of(leaf) for leaf in draw(st.permutations(leaves))]
    pairs = draw(st.integers(0, len(boxes) // 2))
    grouped = [tuple(boxes[2 * n : 2 * n + 2]) for n in range(pairs)] + [(box,) for box in boxes[2 * pairs :]]
    segments = tuple(
        replace(template.segments[0], segment_id=f"SEG-{n:02}", name=f"Segment {n}", definition=Definition(group))
        for n, group in enumerate(grouped, 1)
    )
    noise = tuple(Noise(column, draw(st.sampled_from([0.5, 3.0]))) for column in (*INDICES, COUNT))
    return replace(template, segments=segments, confidence=replace(template.confidence, noise=noise))


@st.composite
def _question(draw: st.DrawFn, values: pl.DataFrame) -> Condition:
    column = draw(st.sampled_from([*INDICES, COUNT, "lifecycle_stage", FLAG]))
    if column == "lifecycle_stage":
        levels = draw(st.lists(st.sampled_from(LEVELS), min_size=1, max_size=4, unique=True))
        return Condition(column, Test.ONE_OF, 0.0, tuple(levels))
    if column == FLAG:
        return Condition(column, Test.TRUE)
    known = values[column].drop_nulls().to_list() or [1.0]
    return Condition(column, Test.AT_LEAST, draw(st.sampled_from(known)) + draw(st.sampled_from([0.0, 1.0, 5.0])))


def _possible(conditions: tuple[Condition, ...]) -> bool:
    """Whether some account meets all of them, as in every leaf that was grown on accounts."""
    try:
        box = Box.of(conditions)
    except ValueError:
        return False
    asked = {(c.column, c.test): c for c in box.conditions}
    if any((column, Test.TRUE) in asked and (column, Test.NOT_TRUE) in asked for column, _ in asked):
        return False
    ends = [(c, asked.get((c.column, Test.BELOW))) for c in box.conditions if c.test is Test.AT_LEAST]
    return all(below is None or low.threshold < below.threshold for low, below in ends) and all(
        c.threshold > 0 for c in box.conditions if c.test is Test.BELOW
    )
