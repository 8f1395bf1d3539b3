from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seg_assets.segmentation import Segmentation
from seg_assets.segmentation.account_history import BACK, HELD, OVERRIDE, UNKNOWN, Cause, StoredAccount, history
from seg_assets.segmentation.confidence import Noise
from seg_assets.segmentation.definitions import Box, Condition, Definition, Test
from seg_assets.segmentation.events import Tombstone
from seg_assets.segmentation.migrations import BEHAVIOUR, DEFINITION, LOST, NEW
from seg_assets.segmentation.placement import placements
from seg_assets_tests.segmentation.conftest import Fitted
from seg_assets_tests.segmentation.random_trees import accounts, segmentations

FEW, MANY = "SEG-01", "SEG-02"
WEEKS = tuple(date(2026, 6, 1) + timedelta(weeks=n) for n in range(5))


def split_at(fitted: Fitted, threshold: float, ids: tuple[str, str] = (FEW, MANY)) -> Segmentation:
    """Few and many web visits."""
    few = Condition("web_visits_30d", Test.BELOW, threshold)
    segments = tuple(
        replace(fitted.segmentation.segments[0], segment_id=name, definition=Definition((Box((condition,)),)))
        for name, condition in zip(ids, (few, few.negation), strict=True)
    )
    confidence = replace(fitted.segmentation.confidence, noise=(Noise("web_visits_30d", 1.0),))
    return replace(fitted.segmentation, segments=segments, confidence=confidence)


@pytest.fixture
def at_ten_then_twenty(fitted: Fitted) -> dict[str, Segmentation]:
    """Version "old" splits at 10 visits, "new" at 20."""
    return {"old": split_at(fitted, 10.0), "new": split_at(fitted, 20.0)}


def visits(*weekly: float | None) -> pl.DataFrame:
    """An account's snapshots from the first of WEEKS on; None where it was not there."""
    rows = [(day, value) for day, value in zip(WEEKS, weekly, strict=False) if value is not None]
    schema = {"snapshot_date": pl.Date, "web_visits_30d": pl.Float64}
    return pl.DataFrame(rows, schema, orient="row").with_columns(pl.lit("A1").alias("account_id"))


def scored(
    versions: dict[str, Segmentation],
    snapshots: pl.DataFrame,
    by: str = "",
    held_in: dict[date, str] | None = None,
    weeks: int = 5,
    owner: str | None = None,
) -> StoredAccount:
    """The account as it would have been scored. by: "o" or "n" a week, for the version old or new; default all old.

    held_in: where it was shown instead; owner: who set it there, None where the hold did.
    """
    named = {"o": "old", "n": "new"}
    by_week = {day: named[letter] for day, letter in zip(WEEKS, by or "ooooo", strict=False)}
    rows = []
    for day in snapshots["snapshot_date"]:
        met = placements(versions[by_week[day]], snapshots)[day].segment
        segment_id = (held_in or {}).get(day, met.segment_id)
        rows.append(
            {
                "snapshot_date": day,
                "segment_id": segment_id,
                "segment_name": f"Name of {segment_id}",
                "rule_segment_id": met.segment_id,
                "held": segment_id != met.segment_id and owner is None,
                "override_owner": None if segment_id == met.segment_id else owner,
                "definition_version": by_week[day],
                "before_first_model": False,
            }
        )
    return StoredAccount(
        "A1", pl.DataFrame(rows), snapshots, versions, WEEKS[:weeks], [r["snapshot_date"] for r in rows]
    )


def causes(account: StoredAccount) -> list[tuple[Cause, ...]]:
    """Of every week, oldest first."""
    return [week.causes for week in reversed(history(account, account.scored))]


def test_an_account_that_stays_has_weeks_and_no_causes(at_ten_then_twenty) -> None:
    told = history(scored(at_ten_then_twenty, visits(3, 4, 5, 25, 30), by="oooon", weeks=5), WEEKS[:3])
    assert [week.week for week in told] == [WEEKS[2], WEEKS[1], WEEKS[0]]
    assert {(week.segment_id, week.definition_version, week.causes) for week in told} == {(FEW, "old", ())}


def test_a_value_that_crossed_a_border_is_behaviour(at_ten_then_twenty) -> None:
    found = causes(scored(at_ten_then_twenty, visits(9, 10), weeks=2))
    assert found == [(), (Cause(BEHAVIOUR, "web visits in 30 days 10 (at least 10), was 9", FEW, MANY),)]


def test_a_value_that_crossed_both_borders_is_behaviour_whatever_the_version(at_ten_then_twenty) -> None:
    _, (cause,) = causes(scored(at_ten_then_twenty, visits(9, 30), by="on", weeks=2))
    assert cause.kind == BEHAVIOUR


def test_values_that_other_definitions_read_otherwise_are_definition(at_ten_then_twenty) -> None:
    found = causes(scored(at_ten_then_twenty, visits(15, 16), by="on", weeks=2))
    text = f"by old the same values are {MANY}, by new they are {FEW}"
    assert found == [(), (Cause(DEFINITION, text, MANY, FEW),)]


def test_both_at_once_are_two_steps(fitted: Fitted) -> None:
    versions = {"old": split_at(fitted, 10.0), "new": split_at(fitted, 10.0, ids=("SEG-03", "SEG-04"))}
    _, found = causes(scored(versions, visits(9, 11), by="on", weeks=2))
    assert [(c.kind, c.from_segment_id, c.to_segment_id) for c in found] == [
        (BEHAVIOUR, FEW, MANY),
        (DEFINITION, MANY, "SEG-04"),
    ]


def test_a_move_that_other_definitions_undo_is_no_change(at_ten_then_twenty) -> None:
    assert causes(scored(at_ten_then_twenty, visits(9, 11), by="on", weeks=2)) == [(), ()]


def test_what_became_of_a_segment_that_ended_is_told(fitted: Fitted) -> None:
    ended = Tombstone(MANY, "Many", "merged", ("SEG-03",))
    new = replace(split_at(fitted, 10.0, ids=(FEW, "SEG-03")), tombstones=(ended,))
    _, found = causes(scored({"old": split_at(fitted, 10.0), "new": new}, visits(30, 30), by="on", weeks=2))
    assert found[0].text.endswith("they are SEG-03; SEG-02 has ended: merged into SEG-03")


def test_an_account_that_came_later_is_new(at_ten_then_twenty) -> None:
    found = causes(scored(at_ten_then_twenty, visits(None, None, 9, 9), weeks=4))
    assert [[cause.kind for cause in week] for week in found] == [[NEW], []]
    assert str(WEEKS[1]) in found[0][0].text


def test_an_account_of_the_first_scored_week_is_not_called_new(at_ten_then_twenty) -> None:
    assert causes(scored(at_ten_then_twenty, visits(9), weeks=1)) == [()]


def test_weeks_away_are_told_and_the_change_over_them_has_its_cause(at_ten_then_twenty) -> None:
    found = causes(scored(at_ten_then_twenty, visits(9, None, None, 30), weeks=4))
    assert [[cause.kind for cause in week] for week in found] == [[], ["away"], ["away"], [BACK, BEHAVIOUR]]
    assert found[3][0].text == f"not among the accounts since {WEEKS[1]}"
    assert found[3][1].text.endswith("was 9")


def test_an_account_that_is_gone_is_lost_since_a_week(at_ten_then_twenty) -> None:
    told = history(scored(at_ten_then_twenty, visits(9, 9), weeks=4), WEEKS[:4])
    assert [(week.week, week.segment_id) for week in told[:2]] == [(WEEKS[3], None), (WEEKS[2], None)]
    assert {cause.kind for week in told[:2] for cause in week.causes} == {LOST}
    assert {cause.text for week in told[:2] for cause in week.causes} == {
        f"no longer among the accounts since {WEEKS[2]}"
    }


def test_a_hold_is_told_when_it_begins_and_when_it_ends(at_ten_then_twenty) -> None:
    account = scored(at_ten_then_twenty, visits(9, 10, 11, 11), held_in={WEEKS[1]: FEW}, weeks=4)
    _, begins, ends, after = causes(account)
    assert [(c.kind, c.from_segment_id, c.to_segment_id) for c in begins] == [(BEHAVIOUR, FEW, MANY), (HELD, MANY, FEW)]
    assert [(c.kind, c.from_segment_id, c.to_segment_id) for c in ends] == [(HELD, FEW, MANY)]
    assert after == ()


def test_a_persons_override_is_told_when_it_begins_and_when_it_ends(at_ten_then_twenty) -> None:
    held_in = {WEEKS[1]: MANY, WEEKS[2]: MANY}
    account = scored(at_ten_then_twenty, visits(9, 9, 9, 9), held_in=held_in, weeks=4, owner="Ana")
    _, begins, goes_on, ends = causes(account)
    assert [(c.kind, c.from_segment_id, c.to_segment_id) for c in begins] == [(OVERRIDE, FEW, MANY)]
    assert begins[0].text == f"set to {MANY} by Ana, while its values meet {FEW}"
    assert goes_on == ()
    assert [(c.kind, c.from_segment_id, c.to_segment_id) for c in ends] == [(OVERRIDE, MANY, FEW)]
    assert [week.override_owner for week in history(account, WEEKS[:4])] == [None, "Ana", "Ana", None]


def test_an_account_that_moves_on_while_held_is_not_called_released(fitted: Fitted) -> None:
    below_ten, below_twenty = (Condition("web_visits_30d", Test.BELOW, threshold) for threshold in (10.0, 20.0))
    boxes = [Box((below_ten,)), Box((below_ten.negation, below_twenty)), Box((below_twenty.negation,))]
    two = split_at(fitted, 10.0)
    segments = tuple(
        replace(two.segments[0], segment_id=f"SEG-{n:02}", definition=Definition((box,)))
        for n, box in enumerate(boxes, 1)
    )
    held_in = {WEEKS[1]: "SEG-01", WEEKS[2]: "SEG-01"}
    account = scored({"old": replace(two, segments=segments)}, visits(9, 11, 21), held_in=held_in, weeks=3)
    kinds = [[(c.kind, c.from_segment_id, c.to_segment_id) for c in found] for found in causes(account)]
    assert kinds[2] == [(BEHAVIOUR, "SEG-02", "SEG-03")]


def test_a_cause_that_cannot_be_computed_is_not_guessed(at_ten_then_twenty) -> None:
    whole = scored(at_ten_then_twenty, visits(9, 30), by="on", weeks=2)
    unread = replace(whole, segmentations={"new": at_ten_then_twenty["new"]})
    unstored = replace(whole, snapshots=visits(None, 30))
    changed = replace(whole, snapshots=visits(30, 30))
    told = [causes(account)[1] for account in (unread, unstored, changed)]
    assert all([cause.kind for cause in found] == [UNKNOWN] for found in told)
    assert [found[0].text for found in told] == [
        "the definitions old can no longer be read",
        f"the account's values of {WEEKS[0]} are no longer stored",
        f"the account's values of {WEEKS[0]} have changed since {WEEKS[0]} was scored",
    ]


def test_weeks_before_the_first_model_say_so(at_ten_then_twenty) -> None:
    account = scored(at_ten_then_twenty, visits(9, 9), weeks=2)
    flags = pl.Series("before_first_model", [True, False])
    told = history(replace(account, scores=account.scores.with_columns(flags)), WEEKS[:2])
    assert [week.before_first_model for week in told] == [False, True]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_causes_lead_from_the_segment_before_to_the_one_now(fitted: Fitted, data: st.DataObject) -> None:
    """Whatever moved: behaviour under the definitions before, then the definitions on the values now."""
    account = data.draw(accounts(fitted.snapshot, weeks=5))
    versions = {name: data.draw(segmentations(fitted.segmentation, account)) for name in ("old", "new")}
    by = data.draw(st.lists(st.sampled_from(["old", "new"]), min_size=5, max_size=5))
    found = {name: placements(segmentation, account) for name, segmentation in versions.items()}
    days = account["snapshot_date"].to_list()
    met = [found[version][day].segment.segment_id for version, day in zip(by, days, strict=True)]
    scores = pl.DataFrame({"snapshot_date": days, "segment_id": met, "rule_segment_id": met, "segment_name": met})
    scores = scores.with_columns(
        pl.Series("definition_version", by), held=False, override_owner=None, before_first_model=False
    )
    told = history(StoredAccount("A1", scores, account, versions, days, days), days)[::-1]
    for before, week in pairwise(told):
        if before.segment_id == week.segment_id:
            assert week.causes == ()
            continue
        meant = found[str(before.definition_version)][week.week].segment.segment_id
        steps = [(before.segment_id, meant, BEHAVIOUR), (meant, week.segment_id, DEFINITION)]
        expected = [(start, end, kind) for start, end, kind in steps if start != end]
        assert [(c.from_segment_id, c.to_segment_id, c.kind) for c in week.causes] == expected
        assert all(cause.text for cause in week.causes)
