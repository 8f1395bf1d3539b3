from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_assets.segmentation.conversion.quarter import pooled, quarter_of
from seg_assets.segmentation.conversion.ranking import Judged, Ranking, Stratum
from seg_assets_tests.segmentation.conversion.judged_accounts import judged, ranking, score

JANUARY, FEBRUARY, MARCH, APRIL, JULY = (dt.date(2026, *day) for day in ((1, 26), (2, 23), (3, 30), (4, 27), (7, 27)))


def month(as_of: dt.date, accounts: dict[str, bool], segment: str = "one") -> tuple[Judged, list[Ranking]]:
    """Accounts and whether they converted, all in one segment of the candidate `segments`."""
    count = len(accounts)
    own = judged(list(accounts.values()), as_of=as_of, ids=list(accounts))
    own.strata["tier"] = Stratum(np.zeros(count, dtype=np.intp), (segment,))
    candidate = Ranking("segments", "segments", 1, np.zeros(count, dtype=np.intp), np.full(count, 0.1), (segment,))
    return own, [candidate, score("best", np.arange(count))]


def test_each_account_counts_once_a_quarter_at_its_first_date() -> None:
    people, _ = pooled([month(FEBRUARY, {"A": True, "C": False}), month(JANUARY, {"A": False, "B": True})])
    assert people.account_ids.to_list() == ["A", "B", "C"]
    assert people.converted.tolist() == [False, True, False]
    assert people.as_of.to_list() == [JANUARY, JANUARY, FEBRUARY]
    assert people.blocks.tolist() == [0, 0, 1]


def test_over_the_year_an_account_counts_again_each_quarter_until_it_has_converted() -> None:
    tests = [
        month(MARCH, {"A": True, "B": False}),
        month(APRIL, {"A": True, "B": True}),
        month(JULY, {"A": False, "B": True, "C": True}),
    ]
    people, _ = pooled(tests)
    counted = list(zip(people.account_ids.to_list(), people.as_of.to_list(), people.converted.tolist(), strict=True))
    assert counted == [("A", MARCH, True), ("B", MARCH, False), ("B", APRIL, True), ("C", JULY, True)]
    assert people.families[1] == people.families[2]
    assert [quarter_of(day) for day in (JANUARY, MARCH, APRIL, JULY)] == [1, 1, 2, 3]


def test_classes_and_strata_are_matched_by_label() -> None:
    people, (segments, best) = pooled(
        [month(JANUARY, {"A": True}, "one"), month(FEBRUARY, {"B": False}, "two"), month(MARCH, {"C": False}, "one")]
    )
    assert segments.classes is not None
    assert (segments.labels, segments.classes.tolist(), segments.count) == (("one", "two"), [0, 1, 0], 2)
    assert people.strata["tier"].codes.tolist() == [0, 1, 0]
    assert (best.classes, best.count) == (None, None)
    assert best.scores.tolist() == [0, 0, 0]


def test_a_candidate_that_a_month_lacks_is_left_out() -> None:
    later = month(FEBRUARY, {"B": True})
    _, rankings = pooled([month(JANUARY, {"A": True}), (later[0], later[1][:1])])
    assert [each.name for each in rankings] == ["segments"]


def test_the_same_date_twice_and_no_date_at_all_are_refused() -> None:
    with pytest.raises(ValueError, match="different as-of dates"):
        pooled([month(JANUARY, {"A": True}), month(JANUARY, {"B": True})])
    with pytest.raises(ValueError, match="different as-of dates"):
        pooled([])
    whole, rankings = pooled([month(JANUARY, {"A": True}), month(FEBRUARY, {"B": True})])
    with pytest.raises(ValueError, match="pooled already"):
        pooled([(whole, rankings)])


ACCOUNTS = st.dictionaries(st.sampled_from("ABCDEFGH"), st.booleans(), max_size=8)


@given(st.lists(ACCOUNTS, min_size=5, max_size=5))
@settings(max_examples=50, deadline=None)
def test_no_account_is_twice_in_a_quarter_and_no_conversion_twice_in_a_year(months: list[dict[str, bool]]) -> None:
    dates = (JANUARY, FEBRUARY, MARCH, APRIL, JULY)
    people, rankings = pooled([month(day, accounts) for day, accounts in zip(dates, months, strict=True)])
    rows = list(zip(people.account_ids.to_list(), people.as_of.to_list(), people.converted.tolist(), strict=True))
    assert len({(account, quarter_of(day)) for account, day, _ in rows}) == len(rows)
    converted = [account for account, _, known in rows if known]
    assert len(set(converted)) == len(converted)
    assert {account for account, *_ in rows} == {account for accounts in months for account in accounts}
    assert all(len(each.scores) == len(rows) for each in rankings)
    assert ranking("none", [], [0.1]).of(np.array([], dtype=np.intp)).scores.size == 0
