from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from seg_assets.segmentation import Segmentation
from seg_assets.segmentation.definitions import Box, Condition, Definition, Test
from seg_assets.segmentation.threshold_drift import other_questions, threshold_drift
from seg_assets.segmentation.wording import Term, Vocabulary
from seg_assets_tests.segmentation.conftest import Fitted

WORDS = Vocabulary((Term("spend", "spend", "USD a year"), Term("size", "firm size", index=True), Term("city", "city")))


def segmentation(fitted: Fitted, **definitions: Definition) -> Segmentation:
    (some, *_) = fitted.segmentation.segments
    segments = tuple(
        replace(some, segment_id=f"SEG-{name[-1]:0>2}", name=f"Number {name[-1]}", definition=definition)
        for name, definition in definitions.items()
    )
    return replace(fitted.segmentation, segments=segments, vocabulary=WORDS)


def at_least(column: str, threshold: float) -> Condition:
    return Condition(column, Test.AT_LEAST, threshold)


def below(column: str, threshold: float) -> Condition:
    return Condition(column, Test.BELOW, threshold)


def one(*conditions: Condition) -> Definition:
    return Definition((Box(conditions),))


def test_a_border_is_told_once_with_both_of_its_segments(fitted: Fitted) -> None:
    before = segmentation(fitted, s1=one(at_least("spend", 1000)), s2=one(below("spend", 1000)))
    after = segmentation(fitted, s1=one(at_least("spend", 1250)), s2=one(below("spend", 1250)))
    (drift,) = threshold_drift(before, after)
    assert (drift.before, drift.after, drift.unit, drift.segment_ids) == (
        1000,
        1250,
        "USD a year",
        ("SEG-01", "SEG-02"),
    )
    assert drift.says == "Spend (SEG-01, SEG-02) has its border at 1,250 USD a year; it was 1,000 USD a year."


def test_an_index_drifts_in_points(fitted: Fitted) -> None:
    before, after = (segmentation(fitted, s1=one(at_least("size", points))) for points in (66.0, 70.0))
    (drift,) = threshold_drift(before, after)
    assert drift.unit == "points"
    assert drift.says == "Firm size (SEG-01) has its border at 70; it was 66."


def test_what_did_not_move_says_so(fitted: Fitted) -> None:
    same = segmentation(fitted, s1=one(at_least("size", 66.0)))
    (drift,) = threshold_drift(same, same)
    assert drift.before == drift.after == 66.0
    assert drift.says == "Firm size (SEG-01) has its border at 66, as before."
    assert other_questions(same, same) == {}


def test_several_thresholds_on_a_column_are_paired_with_the_nearest(fitted: Fitted) -> None:
    two = (Box((at_least("size", 20.0), below("size", 40.0))), Box((at_least("size", 80.0),)))
    before = segmentation(fitted, s1=Definition(two))
    after = segmentation(fitted, s1=one(at_least("size", 77.0), below("size", 42.0)))
    assert [(d.before, d.after) for d in threshold_drift(before, after)] == [(40.0, 42.0), (80.0, 77.0)]


def test_segments_that_end_or_begin_have_no_drift(fitted: Fitted) -> None:
    before = segmentation(fitted, s1=one(at_least("size", 20.0)))
    assert threshold_drift(before, segmentation(fitted, s2=one(at_least("size", 30.0)))) == ()


def test_another_question_is_told_in_words_and_another_threshold_is_not(fitted: Fitted) -> None:
    lives = Condition("city", Test.ONE_OF, 0.0, ("north", "south"))
    before = segmentation(fitted, s1=one(lives, at_least("size", 20.0)), s2=one(at_least("size", 50.0)))
    moved = segmentation(fitted, s1=one(at_least("size", 30.0), lives), s2=one(at_least("size", 50.0)))
    assert other_questions(before, moved) == {}
    other = segmentation(fitted, s1=one(at_least("spend", 5.0)), s2=one(at_least("size", 50.0)))
    assert other_questions(before, other) == {
        "SEG-01": "SEG-01 Number 1 is where spend at least 5 USD a year; it was where city is north or south and firm "
        "size at least 20."
    }


@given(st.lists(st.integers(0, 100), min_size=1, max_size=4, unique=True), st.integers(-5, 5))
def test_thresholds_that_all_move_alike_all_drift_alike(fitted: Fitted, thresholds: list[int], step: int) -> None:
    before, after = (
        segmentation(fitted, **{f"s{n}": one(at_least("size", float(t + by))) for n, t in enumerate(thresholds, 1)})
        for by in (0, step)
    )
    assert sorted((d.before, d.after) for d in threshold_drift(before, after)) == sorted(
        (t, t + step) for t in thresholds
    )
