"""The hold as bits, over any history; and as scores, over weeks of the same accounts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from seg_assets.calendar import remembered_mondays, weeks_remembered
from seg_assets.segmentation.confidence import Noise, distance
from seg_assets.segmentation.definitions import Box, Condition, Definition, Test
from seg_assets.segmentation.holding import HELD_WEEK, NEAR, SHOWN, loosened, remembered, with_hold
from seg_assets.segmentation.unknown import makings, unknown
from seg_assets_tests.segmentation.conftest import Fitted
from seg_assets_tests.segmentation.population import population

WEEK = dt.date(2026, 6, 29)
SEGMENTS = 4

Footing = tuple[int, int] | None
"""The segment of an account in a week and the bits of those that it is near to; None where it is not there."""


@dataclass(frozen=True)
class Shown:
    """One account in one week: the position of its segment, where it is shown, for how many weeks it has been held."""

    rule: int
    shown: int
    held_week: int


def footings() -> st.SearchStrategy[Footing]:
    """Mostly there, mostly near to something: what a hold has to decide on."""
    here = st.tuples(st.integers(0, SEGMENTS - 1), st.integers(0, 2**SEGMENTS - 1))
    return st.one_of(here, here, here, here, st.none())


def histories() -> st.SearchStrategy[list[Footing]]:
    return st.lists(footings(), min_size=3, max_size=12)


def shown_in(history: Sequence[Footing], week: int, hold_weeks: int) -> Shown | None:
    """The account in a week that is scored alone."""
    mondays = range(week - 1, week - 1 - weeks_remembered(hold_weeks), -1)
    earlier = [bits([history[monday]]) if monday >= 0 else None for monday in mondays]
    now = bits([history[week]])
    found = with_hold(now, earlier, hold_weeks).select("__own_0", SHOWN, HELD_WEEK).collect()
    return None if found.is_empty() else Shown(found["__own_0"].item().bit_length() - 1, *found.row(0)[1:])


def bits(accounts: Sequence[Footing]) -> pl.LazyFrame:
    rows = [
        {"account_id": f"A{number}", "__own_0": 1 << here[0], "__others_0": here[1] & ~(1 << here[0])}
        for number, here in enumerate(accounts)
        if here is not None
    ]
    return pl.LazyFrame(rows, {"account_id": pl.String, "__own_0": pl.UInt32, "__others_0": pl.UInt32})


@settings(max_examples=60, deadline=None)
@given(histories(), st.integers(1, 2))
def test_no_account_is_held_longer_than_it_may_or_somewhere_it_was_not(history: list[Footing], hold_weeks: int) -> None:
    weeks = [shown_in(history, week, hold_weeks) for week in range(len(history))]
    for before, now, here in zip([None, *weeks], weeks, [*history], strict=False):
        if now is None or now.held_week == 0:
            assert now is None or now.shown == now.rule
            continue
        assert now.held_week <= hold_weeks
        assert before is not None, "held although it was away"
        assert now.shown == before.shown != now.rule
        assert now.held_week == before.held_week + 1
        assert here is not None
        assert here[1] >> now.shown & 1, "held although it is not near"


@settings(max_examples=60, deadline=None)
@given(histories(), st.integers(1, 2))
def test_an_account_never_moves_more_often_than_its_rule_segment(history: list[Footing], hold_weeks: int) -> None:
    weeks = [shown_in(history, week, hold_weeks) for week in range(len(history))]
    pairs = [(before, now) for before, now in pairwise(weeks) if before and now]
    moves = sum(before.shown != now.shown for before, now in pairs)
    assert moves <= sum(before.rule != now.rule for before, now in pairs)


@pytest.mark.parametrize(
    ("weeks", "held_weeks"),
    [
        # Far inside A at first: whatever came before, it was not held there.
        ("AAbbb", "00120"),
        ("AabaA", "00100"),
        ("AaBB", "0000"),
        # Always near: that it was in A for three weeks in a row says that it was not held in A.
        ("aaabaa", "000100"),
        ("aaabbbb", "0001000"),
        # To and fro: to hold it would be to show it where it was, a week late, for ever.
        ("abababab", "01000000"),
        ("aabbaabb", "00100000"),
    ],
)
def test_an_account_between_two_segments(weeks: str, held_weeks: str) -> None:
    """Small letters are near to the other segment. Before the first week the account was not there."""
    history: list[Footing] = [("AB".index(week.upper()), 0b11 if week.islower() else 0) for week in weeks]
    found = [shown_in(history, week, 2) for week in range(len(history))]
    assert "".join(str(week.held_week) for week in found if week) == held_weeks


def test_many_accounts_are_held_as_each_alone() -> None:
    weeks = [[(number % 3, number % 16), (number % 2, (number * 7) % 16), None] for number in range(40)]
    columns = [[account[week] for account in weeks] for week in range(3)]
    together = with_hold(bits(columns[1]), [bits(columns[0]), None, None], 2).collect()
    for number, (shown, held) in enumerate(together.select(SHOWN, HELD_WEEK).iter_rows()):
        assert shown_in(weeks[number][:2], 1, 2) == Shown(number % 2, shown, held)


def snapshots(fitted: Fitted, weeks: int) -> dict[dt.date, pl.LazyFrame]:
    """The accounts of `fitted` at its last Monday and the weeks before it."""
    mondays = [WEEK - dt.timedelta(weeks=back) for back in range(weeks)]
    return {m: population(fitted.catalogue, 1_500, monday=m, drift=0.15).lazy() for m in mondays}


def scored(fitted: Fitted, weeks: dict[dt.date, pl.LazyFrame], week: dt.date, hold_weeks: int) -> pl.DataFrame:
    earlier = [weeks.get(monday) for monday in remembered_mondays(week, hold_weeks)]
    return fitted.segmentation.assign(weeks[week], earlier, hold_weeks).collect()


@pytest.fixture(scope="module")
def weeks(fitted: Fitted) -> dict[dt.date, pl.LazyFrame]:
    return snapshots(fitted, 5)


@pytest.fixture(scope="module")
def held(fitted: Fitted, weeks: dict[dt.date, pl.LazyFrame]) -> pl.DataFrame:
    return scored(fitted, weeks, WEEK, 2)


def test_without_a_hold_accounts_are_where_their_values_are(
    fitted: Fitted, weeks: dict[dt.date, pl.LazyFrame], held: pl.DataFrame
) -> None:
    rule = scored(fitted, weeks, WEEK, 0)
    assert not rule["held"].any()
    assert rule["segment_id"].equals(rule["rule_segment_id"])
    assert held["rule_segment_id"].equals(rule["rule_segment_id"])
    assert held["account_id"].equals(rule["account_id"])
    assert_frame_equal(held.filter(~pl.col("held")), rule.filter(~held["held"]))


def test_what_is_told_of_a_held_account_is_of_the_segment_that_it_is_shown_in(
    fitted: Fitted, held: pl.DataFrame, weeks: dict[dt.date, pl.LazyFrame]
) -> None:
    rule = scored(fitted, weeks, WEEK, 0).filter(held["held"])
    held = held.filter("held")
    assert held.height > 5
    assert (held["segment_id"] != held["rule_segment_id"]).all()
    assert held["second_segment_id"].equals(held["rule_segment_id"], check_names=False)
    assert_frame_equal(
        held.select(pl.col("confidence")), rule.select((1 - pl.col("confidence")).round(4).alias("confidence"))
    )
    by_id = {segment.segment_id: segment for segment in fitted.segmentation.segments}
    for row in held.iter_rows(named=True):
        segment = by_id[row["segment_id"]]
        assert (row["segment_name"], row["action"]) == (segment.name, segment.action)
        *conditions, last = row["reasons"]
        assert len(conditions) == len(segment.definition.boxes[0].conditions)
        demands = [fitted.segmentation.vocabulary.demand(c) for c in segment.definition.boxes[0].conditions]
        assert any(reason.endswith(f"({demand})") for reason, demand in zip(conditions, demands, strict=True))
        assert last.startswith(f"held at the border of {segment.name}, week ")
        assert last.endswith((" 1 of 2", " 2 of 2"))


def test_a_change_of_levels_is_never_held(fitted: Fitted, weeks: dict[dt.date, pl.LazyFrame]) -> None:
    """A lead that became a customer is one at once, however near its numbers are."""
    stages = list(fitted.catalogue.feature("lifecycle_stage").levels)
    turned = pl.col("lifecycle_stage").replace(dict(zip(stages, stages[1:] + stages[:1], strict=True)))
    changed = weeks | {WEEK: weeks[WEEK].with_columns(turned)}
    found = scored(fitted, changed, WEEK, 2).join(weeks[WEEK].collect(), on="account_id").filter("held")
    by_id = {segment.segment_id: segment.definition for segment in fitted.segmentation.segments}
    for segment_id, stage in found.select("segment_id", turned).iter_rows():
        levels = [c for c in by_id[segment_id].boxes[0].conditions if c.column == "lifecycle_stage"]
        assert all((stage in c.levels) == (c.test is Test.ONE_OF) for c in levels)
    assert found.height < scored(fitted, weeks, WEEK, 2)["held"].sum()


def test_a_new_account_is_not_held_and_a_missing_monday_ends_the_memory(
    fitted: Fitted, weeks: dict[dt.date, pl.LazyFrame], held: pl.DataFrame
) -> None:
    last, before, *_ = remembered_mondays(WEEK, 2)
    gone = held.filter("held")["account_id"].head(3)
    away = weeks | {last: weeks[last].filter(~pl.col("account_id").is_in(gone.implode()))}
    assert scored(fitted, away, WEEK, 2).filter(pl.col("account_id").is_in(gone.implode()))["held"].sum() == 0
    assert scored(fitted, {m: s for m, s in weeks.items() if m != last}, WEEK, 2)["held"].sum() == 0
    unsettled = scored(fitted, {m: s for m, s in weeks.items() if m != before}, WEEK, 2)
    assert set(held.filter(pl.col("reasons").list.last().str.ends_with("week 1 of 2"))["account_id"]) <= set(
        unsettled.filter("held")["account_id"]
    )


def test_a_value_that_goes_missing_is_no_move_by_itself(fitted: Fitted) -> None:
    """A source that loses rows for a week makes large firms small ones, and a week later large ones again."""
    snapshot = fitted.snapshot.lazy()
    firms = [feature.name for feature in fitted.catalogue.of_group("firmographic")]
    blank = snapshot.with_columns(pl.lit(None, dtype=fitted.snapshot[name].dtype).alias(name) for name in firms)
    history = [snapshot, snapshot, snapshot, blank, blank, blank]
    shown = [
        fitted.segmentation.assign(history[week], list(reversed(history[week - 3 : week])), 2).collect()
        for week in (3, 4, 5)
    ]
    was = fitted.segmentation.assign(snapshot).collect()["segment_id"]
    intent, without = (
        week.select(fitted.segmentation.index_set.expressions()[-1]).collect() for week in (snapshot, blank)
    )
    segmentation = fitted.segmentation
    rules = (segmentation.definitions, segmentation.confidence, segmentation.index_set)
    inside = remembered(snapshot, *rules).select(pl.col("__others_0") == 0).collect().to_series()
    moved = (shown[0]["rule_segment_id"] != was) & (intent == without).to_series()
    first, second, third = ((week["segment_id"] == was) & moved for week in shown)
    assert moved.sum() > 20
    assert first.equals(moved)
    # In the second week those of whom it is still remembered that no other border was near.
    assert second.equals(moved & inside)
    assert 0 < second.sum() < first.sum()
    assert third.sum() == 0
    back = fitted.segmentation.assign(snapshot, [blank, blank, blank], 2).collect()
    assert (back["segment_id"] == was).filter(inside).all()


def test_near_is_a_weeks_noise_from_every_condition(fitted: Fitted) -> None:
    segmentation = fitted.segmentation
    frame = fitted.snapshot.with_columns(segmentation.index_set.expressions())
    for definition in segmentation.definitions:
        for condition in definition.boxes[0].conditions:
            away = frame.select(distance(condition, segmentation.confidence) <= NEAR).to_series()
            loose = loosened(condition, segmentation.confidence).expression().fill_null(False)
            assert frame.select(loose).to_series().sum() == pytest.approx(away.sum(), abs=fitted.snapshot.height / 50)
            assert (away | ~frame.select(loose).to_series()).all()


def test_a_held_account_is_explained_by_the_box_that_it_is_near_to(fitted: Fitted) -> None:
    large, engaged = Condition("firm_size", Test.AT_LEAST, 80.0), Condition("engagement", Test.AT_LEAST, 80.0)
    either = Definition((Box((large,)), Box((large.negation, engaged))))
    neither = Definition((Box((large.negation, engaged.negation)),))
    segments = tuple(
        replace(s, definition=d) for s, d in zip(fitted.segmentation.segments, (either, neither), strict=False)
    )
    noise = (Noise("firm_size", 1.0), Noise("engagement", 40.0))
    confidence = replace(fitted.segmentation.confidence, noise=noise)
    segmentation = replace(fitted.segmentation, segments=segments, confidence=confidence)
    weeks = snapshots(fitted, 4)
    earlier = [weeks[monday] for monday in remembered_mondays(WEEK, 2)]
    found = segmentation.assign(weeks[WEEK], earlier, 2).collect()
    found = found.filter("held", pl.col("segment_id") == segments[0].segment_id)
    size = unknown(makings("firm_size", segmentation.index_set)) | (pl.col("firm_size") >= 79)
    near = weeks[WEEK].with_columns(segmentation.index_set.expressions()).select("account_id", first=size).collect()
    said = found.join(near, on="account_id").select("first", pl.col("reasons").list.len())
    assert set(said.rows()) == {(True, 2), (False, 3)}


def test_the_memory_reads_only_its_own_columns(fitted: Fitted) -> None:
    segmentation = fitted.segmentation
    narrow = fitted.snapshot.lazy().select(segmentation.remembered_columns)
    rules = (segmentation.definitions, segmentation.confidence, segmentation.index_set)
    found = remembered(narrow, *rules).collect()
    assert found.columns == ["account_id", "__own_0", "__others_0"]
    assert (found["__own_0"] & found["__others_0"] == 0).all()
    assert set(segmentation.remembered_columns) <= set(segmentation.required_columns)


def test_a_value_is_unknown_where_most_of_what_makes_it_is_missing(fitted: Fitted) -> None:
    indices = fitted.segmentation.index_set
    made_of = makings("firm_size", indices)
    assert sum(making.weight for making in made_of) == 100
    heaviest = sorted(made_of, key=lambda making: -making.weight)
    known = fitted.snapshot.drop_nulls([making.feature for making in made_of]).head(1)
    gone: list[str] = []
    for making in heaviest:
        gone.append(making.feature)
        frame = known.with_columns(pl.lit(None).alias(name) for name in gone)
        missing = sum(other.weight for other in made_of if other.feature in gone)
        assert frame.select(unknown(made_of)).item() == (missing > 50)


def test_what_does_not_apply_is_not_unknown(fitted: Fitted) -> None:
    made_of = makings("usage_depth", fitted.segmentation.index_set)
    gates = {making.gate for making in made_of}
    assert gates == {"product_usage_applicable"}
    columns = [making.feature for making in made_of]
    frame = fitted.snapshot.filter(~pl.col("product_usage_applicable")).select(*columns, *gates)
    assert frame.height > 100
    assert not frame.select(unknown(made_of)).to_series().any()
    applies = frame.with_columns(pl.lit(True).alias("product_usage_applicable"))
    assert applies.select(unknown(made_of)).to_series().all()
