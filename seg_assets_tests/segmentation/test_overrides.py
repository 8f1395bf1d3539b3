"""Which override holds in a week, which can be recorded, and what scores show of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from seg_assets.segmentation.events import Tombstone
from seg_assets.segmentation.labels import NO_LABELS, Labels
from seg_assets.segmentation.overridden import SHOWN, patch, with_overrides
from seg_assets.segmentation.overrides import (
    NONE,
    SET,
    Override,
    changes_nothing,
    ended_by,
    fingerprint,
    in_force,
    set_by,
    weeks_changed,
)
from seg_assets.segmentation.overruling import Refused
from seg_assets_tests.segmentation.conftest import Fitted
from seg_assets_tests.segmentation.label_examples import label

WEEKS = [dt.date(2026, 6, 1) + dt.timedelta(weeks=n) for n in range(6)]
SEGMENTS = {"SEG-01": "Lead", "SEG-02": "Customer"}
ENDED = {"SEG-03": "merged into SEG-02"}


def moment(hour: int) -> dt.datetime:
    return dt.datetime(2026, 7, 20, hour, tzinfo=dt.UTC)


def override(account: str = "A", segment: str = "SEG-02", week: int = 1, until: int = 4, hour: int = 1) -> Override:
    return Override(account, SET, segment, "Ana", "a merger", WEEKS[week], WEEKS[until], moment(hour))


def holds(rows: list[Override]) -> list[str | None]:
    """The segment that account A is set to in each of WEEKS."""
    held = [in_force(rows, week).get("A") for week in WEEKS]
    return [None if one is None else one.segment_id for one in held]


def test_an_override_holds_from_its_week_until_it_expires_and_leaves_others_alone() -> None:
    rows = [override(), override("B", "SEG-01", week=0)]
    assert holds(rows) == [None, "SEG-02", "SEG-02", "SEG-02", "SEG-02", None]


def test_the_one_recorded_last_counts_from_its_week_on_and_weeks_before_stay() -> None:
    rows = [override(hour=1), override(segment="SEG-01", week=3, until=5, hour=2)]
    assert holds(rows) == [None, "SEG-02", "SEG-02", "SEG-01", "SEG-01", "SEG-01"]
    end = ended_by(rows, account_id="A", owner="Ben", reason="over", from_week=WEEKS[4], at=moment(3))
    assert holds([end, *rows]) == [None, "SEG-02", "SEG-02", "SEG-01", None, None]
    assert (end.action, end.segment_id, end.expires_on) == ("end", "SEG-01", None)


def test_weeks_are_scored_again_where_what_they_show_has_changed_and_only_those() -> None:
    rows = [override(week=1, until=2)]
    shown = {week: fingerprint(in_force(rows, week)) for week in WEEKS}
    assert [shown[week] == NONE for week in WEEKS] == [True, False, False, True, True, True]
    assert weeks_changed(rows, shown) == []
    longer = [*rows, override(week=2, until=3, hour=2)]
    assert weeks_changed(longer, shown) == [WEEKS[2], WEEKS[3]]
    assert weeks_changed([], dict.fromkeys(WEEKS, NONE)) == []


WHO = {"owner": "Ana", "reason": "a merger"}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"segment_id": "SEG-03"}, r"SEG-03 has ended: merged into SEG-02. Set the account to SEG-01 \(Lead\), SEG-02"),
        ({"segment_id": "SEG-9"}, r"there is no segment 'SEG-9'; in week 2026-06-08 there are SEG-01 \(Lead\)"),
        ({"expires_on": WEEKS[0]}, "it would be over on 2026-06-01, before the week 2026-06-08"),
        ({"owner": " "}, "the name of the person"),
        ({"reason": ""}, "a reason is needed"),
    ],
)
def test_what_cannot_be_set_is_refused_with_what_can(changes: dict[str, object], why: str) -> None:
    asked = {"account_id": "A", "segment_id": "SEG-02", **WHO, "from_week": WEEKS[1], "expires_on": WEEKS[4]}
    assert set_by(**asked, at=moment(1), segments=SEGMENTS, ended=ENDED) == override()
    with pytest.raises(Refused, match=why):
        set_by(**(asked | changes), at=moment(1), segments=SEGMENTS, ended=ENDED)


def test_the_same_override_again_is_not_recorded_again() -> None:
    assert changes_nothing([override(hour=1)], override(hour=2))
    assert changes_nothing([override(hour=1)], override(week=3, hour=2))
    assert not changes_nothing([override(hour=1)], override(until=3, hour=2))
    assert not changes_nothing([], override())
    later = override(segment="SEG-01", week=5, until=5, hour=2)
    assert not changes_nothing([override(hour=1), later], override(hour=3))


def test_ending_what_does_not_hold_is_refused_and_says_what_became_of_it() -> None:
    with pytest.raises(Refused, match="no override holds for account B in week 2026-06-15"):
        ended_by([override()], account_id="B", **WHO, from_week=WEEKS[2], at=moment(2))
    ended = ended_by([override()], account_id="A", owner="Ben", reason="over", from_week=WEEKS[2], at=moment(2))
    with pytest.raises(Refused, match="the last row of it is ended by Ben from 2026-06-15 on: over"):
        ended_by([override(), ended], account_id="A", **WHO, from_week=WEEKS[3], at=moment(3))


LABELS = Labels.of([label("watched", 1, "segment_id = 'SEG-02' AND web_visits_30d IS NOT NULL")])


def scored(fitted: Fitted, held: dict[str, Override], labels: Labels = NO_LABELS) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The scores of the rules, and those with the overrides in `held`."""
    frame = fitted.snapshot.lazy()
    by_rule = fitted.segmentation.assign(frame, labels=labels)
    both = with_overrides(by_rule, patch(frame, held, fitted.segmentation, labels))
    return by_rule.collect(), both.collect()


def test_an_overridden_account_is_shown_where_it_was_set_with_who_and_why(fitted: Fitted) -> None:
    by_rule = fitted.segmentation.assign(fitted.snapshot).collect()
    elsewhere = by_rule.filter(pl.col("rule_segment_id") != "SEG-02")["account_id"][5]
    there = by_rule.filter(pl.col("rule_segment_id") == "SEG-02")["account_id"][0]
    held = {account: override(account) for account in (elsewhere, there, "gone")}
    by_rule, found = scored(fitted, held, LABELS)
    name = next(one.name for one in fitted.segmentation.segments if one.segment_id == "SEG-02")
    said = f"set to {name} by Ana until {WEEKS[4]}: a merger"

    moved, ruled = (frame.row(by_predicate=pl.col("account_id") == elsewhere, named=True) for frame in (found, by_rule))
    assert (moved["segment_id"], moved["segment_name"], moved["held"]) == ("SEG-02", name, False)
    assert moved["rule_segment_id"] == moved["second_segment_id"] == ruled["segment_id"]
    assert moved["confidence"] is None
    assert moved["reasons"] == [said, f"its values meet {ruled['segment_id']}"]
    assert (moved["override_owner"], moved["override_reason"]) == ("Ana", "a merger")
    assert moved["override_until"] == WEEKS[4]
    assert (moved["labels"], moved["action"], ruled["labels"]) == (["watched"], "do watched", [])

    pinned, ruled = (frame.row(by_predicate=pl.col("account_id") == there, named=True) for frame in (found, by_rule))
    assert pinned["reasons"] == [said, *ruled["reasons"]]
    assert pinned["confidence"] == ruled["confidence"]

    others = ~pl.col("account_id").is_in([elsewhere, there])
    assert found.filter(others).drop(*SHOWN).equals(by_rule.filter(others))
    assert found.filter(others).select(*SHOWN).null_count().row(0) == (by_rule.height - 2,) * 3
    assert found["account_id"].equals(by_rule["account_id"])


def test_without_overrides_scores_only_gain_empty_columns(fitted: Fitted) -> None:
    by_rule, found = scored(fitted, {})
    assert found.drop(*SHOWN).equals(by_rule)
    assert {name: found.schema[name] for name in SHOWN} == SHOWN


def test_an_override_to_a_segment_that_has_ended_leaves_the_rule_and_says_so(fitted: Fitted) -> None:
    tombstone = Tombstone("SEG-90", "Old", "merged", ("SEG-02",))
    after = replace(fitted, segmentation=replace(fitted.segmentation, tombstones=(tombstone,)))
    account = fitted.snapshot["account_id"][3]
    by_rule, found = scored(after, {account: override(account, "SEG-90")})
    was, now = (frame.row(3, named=True) for frame in (by_rule, found))
    told = f"the rule applies: Ana set it to SEG-90 until {WEEKS[4]}, which has ended: merged into SEG-02"
    assert now["reasons"] == [*was["reasons"], told]
    assert {name: now[name] for name in was if name != "reasons"} == {n: was[n] for n in was if n != "reasons"}
    assert now["override_owner"] is None


def test_a_held_account_that_is_set_where_its_values_are_is_as_sure_as_its_rule(fitted: Fitted) -> None:
    by_rule = fitted.segmentation.assign(fitted.snapshot.head(1)).with_columns(
        held=True, segment_id=pl.lit("SEG-99"), confidence=0.25, reasons=pl.lit(["held"], pl.List(pl.String))
    )
    rule = by_rule.collect()["rule_segment_id"].item()
    account = fitted.snapshot["account_id"][0]
    patched = patch(fitted.snapshot.lazy(), {account: override(account, rule)}, fitted.segmentation, NO_LABELS)
    (row,) = with_overrides(by_rule, patched).collect().to_dicts()
    assert (row["segment_id"], row["held"], row["confidence"]) == (rule, False, 0.75)
    assert row["second_segment_id"] == "SEG-99"
