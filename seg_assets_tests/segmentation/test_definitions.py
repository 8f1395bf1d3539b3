from __future__ import annotations

import math
from itertools import product

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_assets.segmentation.definitions import Box, Condition, Definition, Test

THRESHOLDS = (-2.5, 0.0, 60.0)
NUMBERS = [None, -math.inf, -2.5, math.nextafter(60, 0), 0.0, 59.0, 60.0, 61.0, math.inf, math.nan]
LEVELS = [None, "lead", 'O\'Brien & "sons"', "never seen", ""]
FLAGS = [None, True, False]
ROWS = pl.DataFrame(
    list(product(NUMBERS, LEVELS, FLAGS)),
    schema={"usage": pl.Float64, "stage": pl.String, "is trial": pl.Boolean},
    orient="row",
)

thresholds = st.builds(
    Condition, st.just("usage"), st.sampled_from([Test.AT_LEAST, Test.BELOW]), st.sampled_from(THRESHOLDS)
)
levels = st.builds(
    Condition,
    st.just("stage"),
    st.sampled_from([Test.ONE_OF, Test.NONE_OF]),
    st.just(0.0),
    st.lists(st.sampled_from(LEVELS[1:]), min_size=1, unique=True).map(tuple),
)
flags = st.builds(Condition, st.just("is trial"), st.sampled_from([Test.TRUE, Test.NOT_TRUE]))
conditions = thresholds | levels | flags


def holds(condition: Condition) -> list[bool]:
    return ROWS.with_columns(condition.expression().fill_null(False).alias("holds"))["holds"].to_list()


def in_sql(predicate: str) -> list[bool]:
    rows = ROWS.with_row_index()  # noqa: F841 - DuckDB finds the frame by its name
    found = duckdb.sql(f"SELECT CASE WHEN {predicate} THEN TRUE ELSE FALSE END AS yes FROM rows ORDER BY index")
    return [row[0] for row in found.fetchall()]


@given(conditions)
def test_a_condition_or_its_negation_holds_for_every_value_and_never_both(condition: Condition) -> None:
    yes, no = holds(condition), holds(condition.negation)
    assert all(a != b for a, b in zip(yes, no, strict=True))
    assert condition.negation.negation == condition


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(conditions, max_size=4), min_size=1, max_size=2))
def test_sql_gives_the_same_answer_as_polars(boxes: list[list[Condition]]) -> None:
    try:
        definition = Definition(tuple(Box.of(box) for box in boxes))
    except ValueError:
        return
    expected = ROWS.with_columns(definition.expression().alias("holds"))["holds"]
    assert expected.null_count() == 0
    assert in_sql(definition.sql()) == expected.to_list()


@given(st.lists(conditions, max_size=5))
def test_merging_conditions_changes_no_answer(several: list[Condition]) -> None:
    try:
        box = Box.of(several)
    except ValueError:
        assert not any(all(answers) for answers in zip(*(holds(c) for c in several), strict=True))
        return
    assert len(box.conditions) <= len(several)
    separately = [True] * ROWS.height
    for condition in several:
        separately = [a and b for a, b in zip(separately, holds(condition), strict=True)]
    together = ROWS.with_columns(Definition((box,)).expression().alias("holds"))["holds"].to_list()
    assert together == separately


def test_merging_keeps_the_stricter_threshold_and_the_common_levels() -> None:
    box = Box.of(
        [
            Condition("usage", Test.AT_LEAST, 20.0),
            Condition("stage", Test.ONE_OF, 0.0, ("lead", "mql", "trial")),
            Condition("usage", Test.AT_LEAST, 60.0),
            Condition("stage", Test.NONE_OF, 0.0, ("mql",)),
        ]
    )
    assert box.conditions == (
        Condition("usage", Test.AT_LEAST, 60.0),
        Condition("stage", Test.ONE_OF, 0.0, ("lead", "trial")),
    )


def test_sql_reads_like_the_definition() -> None:
    definition = Definition(
        (
            Box(
                (
                    Condition("usage_depth", Test.AT_LEAST, 62.0),
                    Condition("sales_motion", Test.NONE_OF, 0.0, ("enterprise",)),
                    Condition("firm_size", Test.BELOW, 0.25),
                )
            ),
        )
    )
    assert definition.sql() == (
        "usage_depth >= 62 AND (sales_motion IS NULL OR NOT sales_motion = 'enterprise') "
        "AND (firm_size IS NULL OR firm_size < 0.25)"
    )
    assert definition.columns == ("usage_depth", "sales_motion", "firm_size")


def test_a_segment_of_everyone_has_no_conditions() -> None:
    everyone = Definition((Box(()),))
    assert in_sql(everyone.sql()) == [True] * ROWS.height
    assert ROWS.with_columns(everyone.expression().alias("all"))["all"].all()


def test_what_cannot_be_asked_is_an_error() -> None:
    with pytest.raises(ValueError, match="names no level"):
        Condition("stage", Test.ONE_OF)
    with pytest.raises(ValueError, match="finite"):
        Condition("usage", Test.AT_LEAST, math.inf)
    with pytest.raises(ValueError, match="one box or two"):
        Definition(())
    with pytest.raises(ValueError, match="names no level"):
        Box.of([Condition("stage", Test.ONE_OF, 0.0, ("a",)), Condition("stage", Test.ONE_OF, 0.0, ("b",))])
