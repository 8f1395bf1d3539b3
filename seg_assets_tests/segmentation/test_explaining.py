from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seg_assets.catalogs import Kind
from seg_assets.segmentation import Segmentation
from seg_assets.segmentation.account_history import StoredAccount
from seg_assets.segmentation.confidence import Noise
from seg_assets.segmentation.definitions import Box, Condition, Definition, Test
from seg_assets.segmentation.explaining import (
    Change,
    Explanation,
    Neighbour,
    columns_explained,
    conditions_met,
    explain,
    intent_points,
    nearest_other,
)
from seg_assets.segmentation.intent.bins import Bins
from seg_assets.segmentation.intent.index import IntentIndex, Item
from seg_assets.segmentation.placement import placed, placements
from seg_assets.segmentation.scoring import SEGMENT, with_segment
from seg_assets.segmentation.serialise import to_values
from seg_assets_tests.segmentation.conftest import Fitted
from seg_assets_tests.segmentation.random_trees import accounts, segmentations, weeks_of

random = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@random
@given(st.data())
def test_the_conditions_explained_are_exactly_those_of_the_reasons(fitted: Fitted, data: st.DataObject) -> None:
    account = data.draw(accounts(fitted.snapshot, weeks=8))
    segmentation = data.draw(segmentations(fitted.segmentation, account))
    scores = segmentation.assign(account).collect()
    found = placements(segmentation, account)
    for row in scores.iter_rows(named=True):
        placement = found[row["snapshot_date"]]
        met = conditions_met(placement, segmentation.vocabulary)
        assert placement.segment.segment_id == row["rule_segment_id"]
        assert [condition.text for condition in met] == row["reasons"]
        assert len(met) == len(placement.conditions)
        assert all(judged.holds and judged.weeks_of_noise == 0 for judged in placement.conditions)


@random
@given(st.data())
def test_the_nearest_segment_is_the_second_one_of_the_scores(fitted: Fitted, data: st.DataObject) -> None:
    account = data.draw(accounts(fitted.snapshot, weeks=8))
    segmentation = data.draw(segmentations(fitted.segmentation, account))
    found = placements(segmentation, account)
    for row in segmentation.assign(account).collect().iter_rows(named=True):
        near = nearest_other(segmentation, found[row["snapshot_date"]])
        if near is None:
            assert len(segmentation.segments) == 1
        elif row["second_segment_id"] is None:
            assert near.weeks_of_noise is None
        else:
            assert near.segment_id == row["second_segment_id"]


@random
@given(st.data())
def test_the_changes_named_move_the_account_to_the_nearest_segment(fitted: Fitted, data: st.DataObject) -> None:
    account = data.draw(accounts(fitted.snapshot, weeks=6))
    segmentation = data.draw(segmentations(fitted.segmentation, account))
    values = account.with_columns(segmentation.index_set.expressions())
    for day, placement in placed(segmentation, values).items():
        near = nearest_other(segmentation, placement)
        if near is None:
            continue
        moved = values.filter(pl.col("snapshot_date") == day)
        for change in near.changes:
            moved = moved.with_columns(pl.lit(applied(change, near, segmentation)).alias(change.column))
        position = with_segment(moved.lazy(), segmentation.definitions).collect()[SEGMENT].item()
        assert segmentation.segments[position].segment_id == near.segment_id


def applied(change: Change, near: Neighbour, segmentation: Segmentation) -> float | str | bool | None:
    """The value that the change asks for and no more: by as much as it says, where it says how much."""
    (segment,) = (s for s in segmentation.segments if s.segment_id == near.segment_id)
    conditions = [c for box in segment.definition.boxes for c in box.conditions if c.column == change.column]
    condition = next(c for c in conditions if segmentation.vocabulary.demand(c) == change.asked)
    if condition.test in (Test.TRUE, Test.NOT_TRUE):
        return condition.test is Test.TRUE
    if condition.test is Test.ONE_OF:
        return condition.levels[0]
    if condition.test is Test.NONE_OF:
        return None
    if change.short_by is None:
        return condition.threshold
    value = float(change.value or 0)
    if condition.test is Test.AT_LEAST:
        return value + change.short_by
    whole = segmentation.vocabulary.term(change.column).index
    return value - change.short_by - (0 if whole else 0.001)


AT_LEAST, BELOW = Test.AT_LEAST, Test.BELOW


def neighbour(fitted: Fitted, condition: Condition, value: object) -> Neighbour:
    """What would move an account with `value` to where `condition` holds; the weekly noise is 2."""
    column = condition.column
    boxes = [Box((condition.negation,)), Box((condition,))]
    pair = zip(fitted.segmentation.segments[:2], boxes, strict=True)
    segments = tuple(replace(segment, definition=Definition((box,))) for segment, box in pair)
    confidence = replace(fitted.segmentation.confidence, noise=(Noise(column, 2.0),))
    segmentation = replace(fitted.segmentation, segments=segments, confidence=confidence)
    values = fitted.snapshot.head(1).with_columns(segmentation.index_set.expressions())
    values = values.with_columns(pl.lit(value, dtype=values.schema[column]).alias(column))
    (placement,) = placed(segmentation, values).values()
    found = nearest_other(segmentation, placement)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("condition", "value", "text", "short_by", "weeks"),
    [
        (Condition("engagement", AT_LEAST, 50.0), 48.0,
         "engagement 48 (asked: at least 50; 2 more, 1.0 weeks of noise)", 2.0, 1.0),
        (Condition("engagement", BELOW, 50.0), 50.0,
         "engagement 50 (asked: below 50; 1 less, less than 0.1 weeks of noise)", 1.0, 0.0),
        (Condition("engagement", AT_LEAST, 90.0), 8.0,
         "engagement 8 (asked: at least 90; 82 more, 10 weeks of noise or more)", 82.0, None),
        (Condition("web_visits_30d", BELOW, 8.0), 11.0,
         "web visits in 30 days 11 (asked: below 8 or not known; more than 3 less, 1.5 weeks of noise)", 3.0, 1.5),
        (Condition("web_visits_30d", BELOW, 8.0), 8.0,
         "web visits in 30 days 8 (asked: below 8 or not known; any less, less than 0.1 weeks of noise)", 0.0, 0.0),
        (Condition("web_visits_30d", AT_LEAST, 8.0), None,
         "web visits in 30 days not known (asked: at least 8)", None, None),
        (Condition("web_visits_30d", BELOW, 8.0), float("inf"),
         "web visits in 30 days inf (asked: below 8 or not known)", None, None),
        (Condition("email_open_rate_90d", AT_LEAST, 0.3), 0.25,
         "email open rate 25 % (asked: at least 30 %; 5 percentage points more, less than 0.1 weeks of noise)",
         pytest.approx(0.05), pytest.approx(0.025)),
        (Condition("lifecycle_stage", Test.ONE_OF, 0.0, ("customer",)), "trial",
         "lifecycle stage trial (asked: is customer)", None, None),
        (Condition("lifecycle_stage", Test.NONE_OF, 0.0, ("trial",)), "trial",
         "lifecycle stage trial (asked: is not trial)", None, None),
    ],
)  # fmt: skip
def test_a_change_says_value_threshold_and_distance(fitted, condition, value, text, short_by, weeks) -> None:
    found = neighbour(fitted, condition, value)
    (change,) = found.changes
    assert (change.text, change.short_by, change.weeks_of_noise) == (text, short_by, weeks)
    assert found.weeks_of_noise == weeks
    json.dumps(to_values(found), allow_nan=False)


def test_where_none_is_near_the_fewest_changes_are_told(fitted: Fitted) -> None:
    trial, large = Condition("lifecycle_stage", Test.ONE_OF, 0.0, ("trial",)), Condition("firm_size", AT_LEAST, 90.0)
    boxes = [Box((trial,)), Box((trial.negation, large)), Box((trial.negation, large.negation))]
    segments = tuple(
        replace(s, definition=Definition((b,))) for s, b in zip(fitted.segmentation.segments[:3], boxes, strict=True)
    )
    confidence = replace(fitted.segmentation.confidence, noise=(Noise("firm_size", 1.0),))
    segmentation = replace(fitted.segmentation, segments=segments, confidence=confidence)
    values = fitted.snapshot.head(1).with_columns(
        pl.lit("trial").alias("lifecycle_stage"), pl.lit(95.0).alias("firm_size")
    )
    (placement,) = placed(segmentation, values).values()
    found = nearest_other(segmentation, placement)
    assert found is not None
    assert (found.segment_id, found.weeks_of_noise, len(found.changes)) == (segments[1].segment_id, None, 1)


def test_intent_is_the_sum_of_what_is_told(fitted: Fitted) -> None:
    index = fitted.segmentation.intent
    assert index is not None
    for row in range(30):
        account = fitted.snapshot[row : row + 1]
        found = intent_points(index, fitted.segmentation.vocabulary, account)
        parts = [part.points for part in (*found.adds, *found.takes)]
        tenths = round(10 * (found.start + sum(parts) + found.others))
        assert found.intent == min(max((tenths + 5) // 10, 0), 100)
        assert found.intent == account.select(index.expression()).item()
        assert all(a.points >= b.points > 0 for a, b in pairwise(found.adds))
        assert all(a.points <= b.points < 0 for a, b in pairwise(found.takes))


def test_the_scorecard_tells_the_values_that_earn_most_in_words(fitted: Fitted) -> None:
    items = (
        Item(Bins("web_visits_30d", Kind.NUMERIC, None, thresholds=(5.0,)), (0, -7, -20, 60), (0.0,) * 4),
        Item(Bins("lifecycle_stage", Kind.ORDINAL, None, levels=("trial",)), (0, 0, 31, -5), (0.0,) * 4),
        Item(Bins("expansion_flag", Kind.BOOLEAN, None, thresholds=(0.5,)), (0, 0, -11, 40), (0.0,) * 4),
        Item(Bins("sales_motion", Kind.CATEGORICAL, None, levels=("self_serve",)), (0, 0, 20, 0), (0.0,) * 4),
        Item(Bins("webinar_attendance_count", Kind.NUMERIC, None, thresholds=(1.0,)), (0, -3, 0, 9), (0.0,) * 4),
    )
    index = IntentIndex(0.04, 433, items, 1.0, 0.0, ())
    account = fitted.snapshot.head(1).with_columns(
        pl.lit(7.0).alias("web_visits_30d"),
        pl.lit("trial").alias("lifecycle_stage"),
        pl.lit(False).alias("expansion_flag"),
        pl.lit("self_serve").alias("sales_motion"),
        pl.lit(None, dtype=pl.Float64).alias("webinar_attendance_count"),
    )
    found = intent_points(index, fitted.segmentation.vocabulary, account)
    assert [(p.feature, p.value, p.points) for p in found.adds] == [
        ("web_visits_30d", "7", 6.0),
        ("lifecycle_stage", "trial", 3.1),
        ("sales_motion", "self serve", 2.0),
    ]
    assert [(p.feature, p.value, p.points) for p in found.takes] == [
        ("expansion_flag", "no", -1.1),
        ("webinar_attendance_count", "not known", -0.3),
    ]
    assert (found.start, found.others, found.intent) == (43.3, 0.0, 53.0)
    assert found.anchor_chance == pytest.approx(0.04 / 1.04)


MONDAY = date(2026, 1, 5)


def stored(segmentation: Segmentation, account: pl.DataFrame, **changes: object) -> StoredAccount:
    """The account scored by version "v" in each of its weeks; `changes` replace columns of the scores."""
    scores = (
        segmentation.assign(account)
        .collect()
        .with_columns(definition_version=pl.lit("v"), before_first_model=pl.lit(False), override_owner=pl.lit(None))
    )
    scores = scores.with_columns(pl.lit(value).alias(name) for name, value in changes.items())
    days = scores["snapshot_date"].to_list()
    return StoredAccount("A1", scores, account, {"v": segmentation}, days, days)


def explained(account: StoredAccount) -> Explanation:
    """In the first week, with the texts stored for it."""
    return explain(account, MONDAY, [MONDAY], texts=account.rows[MONDAY], name="Acme")


def test_an_explanation_holds_what_was_stored_and_survives_json(fitted: Fitted) -> None:
    account = weeks_of(fitted.snapshot[7:9])
    told = explained(stored(fitted.segmentation, account))
    row = fitted.segmentation.assign(account).collect().row(0, named=True)
    assert (told.segment_id, told.confidence) == (row["segment_id"], row["confidence"])
    assert [met.text for met in told.conditions] == row["reasons"] == list(told.reasons)
    assert told.account_name == "Acme"
    assert (told.week, told.newest_week) == (MONDAY, date(2026, 1, 12))
    assert told.intent is not None
    assert told.outdated is None
    assert json.loads(json.dumps(to_values(told), allow_nan=False))["week"] == "2026-01-05"


def test_an_explanation_needs_no_other_columns_than_it_says(fitted: Fitted) -> None:
    account = weeks_of(fitted.snapshot[7:9])
    columns = columns_explained(fitted.segmentation)
    assert columns <= set(fitted.segmentation.required_columns)
    whole = stored(fitted.segmentation, account)
    few = replace(whole, snapshots=account.select(sorted(columns)))
    assert explained(few) == explained(whole)


@pytest.mark.parametrize("changes", [{"rule_segment_id": "SEG-77"}, {"reasons": ["web visits in 30 days 3 (below 5)"]}])
def test_values_that_changed_after_scoring_are_told(fitted: Fitted, changes: dict[str, object]) -> None:
    told = explained(stored(fitted.segmentation, weeks_of(fitted.snapshot[7:8]), **changes))
    assert told.outdated is not None
    assert f"they meet {told.rule_segment_id}" in told.outdated
    assert "score 2026-01-05 again" in told.outdated


def test_a_held_account_says_what_its_values_meet_and_what_would_keep_it(fitted: Fitted) -> None:
    own = fitted.segmentation.assign(weeks_of(fitted.snapshot[7:8])).collect()["segment_id"].item()
    for held_in in {segment.segment_id for segment in fitted.segmentation.segments} - {own}:
        scored = {"segment_id": held_in, "held": True, "reasons": ["held at a border"]}
        told = explained(stored(fitted.segmentation, weeks_of(fitted.snapshot[7:8]), **scored))
        assert (told.segment_id, told.rule_segment_id, told.outdated) == (held_in, own, None)
        assert told.reasons == ("held at a border",)
        assert told.conditions
        assert told.nearest is not None
        assert told.nearest.segment_id == held_in
        assert told.nearest.changes


def test_what_was_set_to_a_segment_that_has_ended_is_told_after_the_conditions(fitted: Fitted) -> None:
    account = weeks_of(fitted.snapshot[7:8])
    conditions = fitted.segmentation.assign(account).collect()["reasons"].item().to_list()
    told = explained(
        stored(fitted.segmentation, account, reasons=[*conditions, "the rule applies: Ana set it to SEG-99"])
    )
    assert told.outdated is None


def test_the_only_segment_has_no_neighbour(fitted: Fitted) -> None:
    everyone = replace(fitted.segmentation.segments[0], definition=Definition((Box(()),)))
    segmentation = replace(fitted.segmentation, segments=(everyone,))
    told = explained(stored(segmentation, weeks_of(fitted.snapshot[:1])))
    assert told.nearest is None
    assert told.conditions == ()
