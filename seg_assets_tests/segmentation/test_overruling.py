"""What a person may decide about the champion, and what the next week is then scored by."""

from __future__ import annotations

import datetime as dt

import pytest

from seg_assets.segmentation.overruling import (
    Refused,
    changes_nothing,
    holds_until,
    promoted_by,
    rolled_back_by,
    weeks_to_score_again,
)
from seg_assets.segmentation.promotion import Promotion, champion_of

MAY, JUNE, JULY, AUGUST = (dt.date(2026, month, 1) for month in (5, 6, 7, 8))
NOW = dt.datetime(2026, 8, 4, 9, tzinfo=dt.UTC)
FITTED = {"2026-05.1": MAY, "2026-06.1": JUNE, "2026-07.1": JULY, "2026-08.1": AUGUST}


def decided(month, version, action="promote", to_version=None, day=1):
    at = dt.datetime(month.year, month.month, day, tzinfo=dt.UTC)
    return Promotion(month, version, action, "automatic", at, "because", None, to_version or version)


ROWS = [
    decided(MAY, "2026-05.1"),
    decided(JUNE, "2026-06.1"),
    decided(JULY, "2026-07.1"),
    decided(AUGUST, "2026-08.1", "reject", "2026-07.1"),
]
WHO = {"by": "Ana", "reason": "the mix of July is wrong", "at": NOW}


def champion(rows, *day):
    found = champion_of(rows, dt.date(2026, *day))
    assert found is not None
    return found.definition_version


def test_a_person_promotes_what_the_gates_rejected():
    row = promoted_by(ROWS, FITTED, definition_version="2026-08.1", **WHO)
    assert (row.service_month, row.action, row.from_version, row.to_version) == (
        AUGUST,
        "promote",
        "2026-07.1",
        "2026-08.1",
    )
    assert champion([*ROWS, row], 8, 3) == "2026-08.1"
    assert champion([*ROWS, row], 7, 27) == "2026-07.1"


def test_a_rollback_holds_from_its_month_and_says_what_it_replaces():
    row = rolled_back_by(ROWS, FITTED, definition_version="2026-06.1", service_month=JULY, **WHO)
    assert (row.action, row.from_version, row.to_version, row.by) == ("rollback", "2026-07.1", "2026-06.1", "Ana")
    assert champion([*ROWS, row], 6, 29) == "2026-06.1"
    assert champion([*ROWS, row], 7, 6) == "2026-06.1"
    assert champion([*ROWS, row], 8, 3) == "2026-06.1"


def test_a_later_promotion_ends_a_rollback_and_that_is_told():
    row = rolled_back_by(ROWS, FITTED, definition_version="2026-05.1", service_month=JUNE, **WHO)
    assert holds_until([*ROWS, row], JUNE) == (JULY, "2026-07.1")
    assert holds_until([*ROWS, row], JULY) is None


def test_stored_weeks_that_a_rollback_leaves_behind_are_named():
    row = rolled_back_by(ROWS, FITTED, definition_version="2026-06.1", service_month=JULY, **WHO)
    stored = {dt.date(2026, 6, 29): "2026-06.1", dt.date(2026, 7, 6): "2026-07.1", dt.date(2026, 8, 3): "2026-06.1"}
    assert weeks_to_score_again(stored, ROWS) == [(dt.date(2026, 8, 3), "2026-06.1", "2026-07.1")]
    assert weeks_to_score_again(stored, [*ROWS, row]) == [(dt.date(2026, 7, 6), "2026-07.1", "2026-06.1")]


def test_a_rollback_can_be_taken_back():
    rows = [*ROWS, rolled_back_by(ROWS, FITTED, definition_version="2026-06.1", service_month=JULY, **WHO)]
    again = promoted_by(rows, FITTED, definition_version="2026-07.1", **WHO | {"at": NOW + dt.timedelta(hours=1)})
    assert again.from_version == "2026-06.1"
    assert champion([*rows, again], 7, 6) == "2026-07.1"


def test_what_is_in_force_already_changes_nothing():
    same = rolled_back_by(ROWS, FITTED, definition_version="2026-07.1", service_month=AUGUST, **WHO)
    other = rolled_back_by(ROWS, FITTED, definition_version="2026-06.1", service_month=AUGUST, **WHO)
    assert changes_nothing(ROWS, same)
    assert not changes_nothing(ROWS, other)


def test_the_first_champion_by_a_persons_hand_had_none_before_it():
    """Where the first challenger was rejected, no week can be scored until a person promotes it."""
    rejected = [decided(MAY, "2026-05.1", "reject", None)]
    rejected = [Promotion(**{**vars(rejected[0]), "to_version": None})]
    row = promoted_by(rejected, FITTED, definition_version="2026-05.1", **WHO)
    assert row.from_version is None
    assert not changes_nothing(rejected, row)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"definition_version": "2026-09.1"}, "no version '2026-09.1' was fitted; the newest are 2026-05.1, 2026-06.1"),
        ({"reason": "  "}, "a reason is needed"),
        ({"by": ""}, "the name of the person who decides is needed"),
        ({"by": "automatic"}, "the name of the person who decides is needed"),
    ],
)
def test_a_promotion_is_refused_with_what_is_missing(wrong, why):
    with pytest.raises(Refused, match=why):
        promoted_by(ROWS, FITTED, **{"definition_version": "2026-08.1"} | WHO | wrong)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"definition_version": "2026-06.9"}, "no version '2026-06.9' was fitted"),
        ({"service_month": dt.date(2026, 9, 1)}, "2026-09 was never refreshed; those that were are 2026-05, 2026-06"),
        ({"service_month": MAY}, "2026-06.1 learned from data that 2026-05 did not have; it can serve from 2026-06 on"),
        ({"definition_version": "2026-08.1", "service_month": AUGUST}, "never was champion.*seg promote 2026-08.1"),
        ({"reason": ""}, "a reason is needed"),
    ],
)
def test_a_rollback_is_refused_with_what_is_missing(wrong, why):
    with pytest.raises(Refused, match=why):
        rolled_back_by(ROWS, FITTED, **{"definition_version": "2026-06.1", "service_month": JULY} | WHO | wrong)
