"""Which months a test may learn from."""

from __future__ import annotations

import datetime as dt

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seg_assets.calendar import mondays, month_of
from seg_assets.segmentation.conversion.candidates.candidate import Candidate, as_they_are
from seg_assets.segmentation.conversion.candidates.merging import merging
from seg_assets.segmentation.conversion.design import (
    MOST_TRAINING_MONTHS,
    Landed,
    complete_on,
    is_complete,
    ranked,
    training_days,
)
from seg_assets_tests.segmentation.small_catalogue import small_catalogue

FIRST, LAST = dt.date(2025, 1, 6), dt.date(2026, 7, 20)
WEEKS = mondays(FIRST, LAST)
MONTH_ENDS = tuple({month_of(week): week for week in WEEKS}.values())


def landed(until: dt.date = LAST) -> Landed:
    return Landed(MONTH_ENDS, frozenset(week for week in WEEKS if week <= until), FIRST)


@given(test=st.sampled_from(MONTH_ENDS), lag=st.integers(0, 45))
def test_every_training_month_was_over_when_the_test_began(test: dt.date, lag: int) -> None:
    catalogue = small_catalogue(outcome_lag_days=lag)
    days = training_days(landed(), test, catalogue)
    assert len(days) <= MOST_TRAINING_MONTHS
    assert all(day + dt.timedelta(days=60 + lag) <= test for day in days)
    missed = [day for day in MONTH_ENDS if day + dt.timedelta(days=60 + lag) <= test]
    assert days == missed[-MOST_TRAINING_MONTHS:]


@given(test=st.sampled_from(MONTH_ENDS[:12]), lag=st.integers(0, 45))
def test_a_month_can_be_reported_from_the_day_that_is_told(test: dt.date, lag: int) -> None:
    catalogue = small_catalogue(outcome_lag_days=lag)
    day = complete_on(test, catalogue)
    assert is_complete(landed(day), test, catalogue)
    assert not is_complete(landed(day - dt.timedelta(weeks=1)), test, catalogue)


def test_a_week_of_conversions_that_is_missing_leaves_its_months_unknown() -> None:
    test = dt.date(2026, 3, 30)
    hole = Landed(MONTH_ENDS, frozenset(WEEKS) - {dt.date(2026, 5, 4)}, FIRST)
    assert is_complete(landed(), test, small_catalogue())
    assert not is_complete(hole, test, small_catalogue())


def test_ranks_come_from_training_counts_and_are_shrunk() -> None:
    candidate = Candidate("one", "One", ("few", "many"), lambda _: np.zeros(0, np.intp), as_they_are)
    found = ranked(candidate, np.array([1, 0, 1]), np.array([[8.0, 2.0], [900.0, 100.0]]), 30.0)
    rate = 102 / 1010
    assert found.scores.tolist() == [(100 + 30 * rate) / 1030, (2 + 30 * rate) / 40, (100 + 30 * rate) / 1030]
    assert (found.count, found.labels) == (2, ("few", "many"))


def test_merged_classes_are_called_by_their_largest_cells() -> None:
    candidate = Candidate("one", "One", tuple("abcdef"), lambda _: np.zeros(0, np.intp), merging(2, 30.0))
    low = [[500, 1], [2_000, 0]]
    high = [[90, 60], [190, 110], [80, 50], [40, 30]]
    found = ranked(candidate, np.array([0, 5]), np.array(high + low, dtype=np.float64), 30.0)
    assert found.labels == ("f; e", "b; a; c; 1 more")
    assert found.scores[0] > found.scores[1]
