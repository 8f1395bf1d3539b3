from __future__ import annotations

import pytest

from seg_assets.segmentation.definitions import Box, Condition, Definition, Test
from seg_assets.segmentation.wording import Term, Vocabulary, listed, quantity

VOCABULARY = Vocabulary(
    (
        Term("usage_depth", "usage depth", index=True),
        Term("sales_motion", "sales motion", levels=("self_serve", "commercial", "enterprise")),
        Term("annual_revenue_usd", "company revenue", unit="USD"),
        Term("discount_rate", "discount rate", unit="share"),
    )
)


def words(column: str, test: Test, threshold: float = 0.0, *levels: str) -> str:
    return VOCABULARY.condition(Condition(column, test, threshold, levels))


def test_conditions_read_as_people_say_them() -> None:
    assert words("usage_depth", Test.AT_LEAST, 62.0) == "usage depth at least 62"
    assert words("usage_depth", Test.BELOW, 62.0) == "usage depth below 62"
    assert words("sales_motion", Test.ONE_OF, 0.0, "enterprise") == "sales motion is enterprise"
    assert words("sales_motion", Test.NONE_OF, 0.0, "enterprise") == "sales motion is not enterprise"
    assert words("on_trial", Test.NOT_TRUE) == "on trial is not true"


def test_the_levels_that_are_left_are_said_where_that_is_shorter() -> None:
    assert (
        words("sales_motion", Test.NONE_OF, 0.0, "self_serve", "commercial")
        == "sales motion is enterprise or not known"
    )


def test_a_feature_that_may_be_missing_says_where_missing_values_go() -> None:
    assert words("annual_revenue_usd", Test.BELOW, 1.2e6) == "company revenue below 1.2 million USD or not known"
    assert words("annual_revenue_usd", Test.AT_LEAST, 120_000) == "company revenue at least 120,000 USD"
    assert words("discount_rate", Test.AT_LEAST, 0.25) == "discount rate at least 25 %"


def test_both_ends_of_a_range_are_said_together() -> None:
    inside = Condition("usage_depth", Test.AT_LEAST, 51.0), Condition("usage_depth", Test.BELOW, 69.0)
    motion = Condition("sales_motion", Test.ONE_OF, 0.0, ("enterprise",))
    assert VOCABULARY.box(Box((inside[0], motion, inside[1]))) == "usage depth 51 to 68 and sales motion is enterprise"
    one = Condition("usage_depth", Test.BELOW, 52.0)
    assert VOCABULARY.box(Box((inside[0], one))) == "usage depth 51"


def test_nothing_missing_is_left_in_a_range_of_a_feature() -> None:
    """It read "at least 10 ... and below 20 or not known", and no missing value is at least 10."""
    box = Box((Condition("discount_rate", Test.AT_LEAST, 0.1), Condition("discount_rate", Test.BELOW, 0.25)))
    assert VOCABULARY.box(box) == "discount rate at least 10 % and below 25 %"


def test_a_definition_joins_its_conditions_and_boxes() -> None:
    usage = Condition("usage_depth", Test.AT_LEAST, 62.0)
    motion = Condition("sales_motion", Test.ONE_OF, 0.0, ("enterprise", "self_serve"))
    assert (
        VOCABULARY.definition(Definition((Box((usage, motion)), Box((usage.negation,)))))
        == "usage depth at least 62 and sales motion is enterprise or self serve, or usage depth below 62"
    )
    assert VOCABULARY.definition(Definition((Box(()),))) == "everyone"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (62.0, "", "62"),
        (120_000.0, "USD", "120,000 USD"),
        (1_234_567.0, "USD", "1.235 million USD"),
        (0.05, "count", "0.05"),
        (-3.25, "ratio", "-3.25"),
        (0.125, "share", "12.5 %"),
    ],
)
def test_numbers_carry_their_unit(value: float, unit: str, text: str) -> None:
    assert quantity(value, unit) == text


def test_lists_end_with_or() -> None:
    assert listed(["self_serve"]) == "self serve"
    assert listed(["a", "b", "c"]) == "a, b or c"
    assert listed(["a", "b"], last="and") == "a and b"
