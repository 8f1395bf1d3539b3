"""Weeks, months and maturity are plain date rules; the brute-force forms below say what they mean."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_assets.calendar import (
    event_weeks,
    matured_snapshots,
    mondays,
    month_after,
    month_before,
    month_of,
    months_earlier,
    parse_monday,
    parse_month,
)

DAYS = st.dates(dt.date(2024, 1, 1), dt.date(2027, 12, 31))
MONDAYS = mondays(dt.date(2025, 1, 6), dt.date(2026, 12, 28))


@st.composite
def landed_weeks(draw: st.DrawFn) -> set[dt.date]:
    """Weeks in a row, up to two of them missing."""
    first, last = sorted((draw(st.integers(0, 103)), draw(st.integers(0, 103))))
    weeks = MONDAYS[first : last + 1]
    return set(weeks) - draw(st.sets(st.sampled_from(weeks), max_size=2))


@given(DAYS)
def test_a_month_is_between_its_neighbours(day):
    month = month_of(day)
    assert month_before(month_after(month)) == month
    assert month_after(month) > day >= month


@given(DAYS, DAYS)
def test_mondays_are_all_mondays_between(first, last):
    expected = [
        first + dt.timedelta(days=i)
        for i in range((last - first).days + 1)
        if (first + dt.timedelta(days=i)).weekday() == 0
    ]
    assert mondays(first, last) == expected


@given(
    st.sampled_from(MONDAYS),
    st.sampled_from(MONDAYS),
    st.integers(1, 90),
    st.integers(0, 10),
    landed_weeks(),
    st.none() | st.integers(1, 200),
)
def test_a_snapshot_is_matured_when_every_day_of_its_window_is_known(snapshot, moment, horizon, lag, weeks, days):
    week = dt.timedelta(days=7)
    history_from = min(weeks) - dt.timedelta(days=days) if weeks and days else None

    def known(day):
        if any(monday - week <= day < monday for monday in weeks):
            return True
        return history_from is not None and history_from <= day < min(weeks) - week

    window = [snapshot + dt.timedelta(days=i + 1) for i in range(horizon)]
    expected = all(map(known, window)) and window[-1] + dt.timedelta(days=lag) <= moment
    found = matured_snapshots(
        [snapshot], moment, conversion_weeks=weeks, history_from=history_from, horizon_days=horizon, lag_days=lag
    )
    assert found == ([snapshot] if expected else [])


def test_snapshots_before_conversions_began_to_land_are_unknown():
    """They counted as matured with not one conversion."""
    began, months = dt.date(2026, 6, 29), [dt.date(2026, 3, 30), dt.date(2026, 4, 27)]
    for history_from, expected in (
        (None, []),
        (dt.date(2026, 6, 23), []),
        (dt.date(2026, 4, 29), []),
        (dt.date(2026, 4, 28), months[1:]),
        (dt.date(2026, 3, 31), months),
    ):
        found = matured_snapshots(
            months, began, conversion_weeks=[began], history_from=history_from, horizon_days=60, lag_days=0
        )
        assert found == expected


def test_sixty_days_are_matured_on_the_ninth_monday_after():
    weeks = mondays(dt.date(2026, 1, 26), dt.date(2026, 7, 20))
    snapshots = [dt.date(2026, 1, 26), dt.date(2026, 2, 23), dt.date(2026, 3, 30)]
    at = {
        moment: matured_snapshots(
            snapshots, moment, conversion_weeks=weeks, history_from=None, horizon_days=60, lag_days=0
        )
        for moment in (dt.date(2026, 3, 23), dt.date(2026, 3, 30), dt.date(2026, 4, 27))
    }
    assert at == {
        dt.date(2026, 3, 23): [],
        dt.date(2026, 3, 30): snapshots[:1],
        dt.date(2026, 4, 27): snapshots[:2],
    }


def test_an_unlanded_week_makes_the_window_unknown_not_zero():
    weeks = [week for week in mondays(dt.date(2026, 1, 26), dt.date(2026, 7, 20)) if week != dt.date(2026, 3, 2)]
    found = matured_snapshots(
        [dt.date(2026, 1, 26), dt.date(2026, 3, 30)],
        dt.date(2026, 7, 20),
        conversion_weeks=weeks,
        history_from=None,
        horizon_days=60,
        lag_days=0,
    )
    assert found == [dt.date(2026, 3, 30)]


def test_months_and_mondays_are_read_or_refused_with_the_remedy():
    assert parse_month("2026-07") == parse_month("2026-07-01") == dt.date(2026, 7, 1)
    assert parse_monday("2026-07-06") == dt.date(2026, 7, 6)
    with pytest.raises(ValueError, match="write it as 2026-07"):
        parse_month("July")
    with pytest.raises(ValueError, match="the Monday of its week is 2026-07-06"):
        parse_monday("2026-07-08")
    with pytest.raises(ValueError, match="is not a date"):
        parse_monday("2026-13-40")


def test_months_earlier_is_the_same_day_or_the_last_of_a_shorter_month():
    assert months_earlier(dt.date(2026, 6, 29), 12) == dt.date(2025, 6, 29)
    assert months_earlier(dt.date(2024, 2, 29), 12) == dt.date(2023, 2, 28)
    assert months_earlier(dt.date(2026, 1, 31), 2) == dt.date(2025, 11, 30)
    assert months_earlier(dt.date(2026, 3, 31), 27) == dt.date(2023, 12, 31)


def test_events_are_of_the_weeks_that_had_landed_and_reach_into_the_window():
    landed = mondays(dt.date(2026, 3, 2), dt.date(2026, 7, 20))
    found = event_weeks(landed, dt.date(2026, 6, 29), 3)
    assert (found[0], found[-1]) == (dt.date(2026, 3, 30), dt.date(2026, 6, 29))
    assert event_weeks([], dt.date(2026, 6, 29), 3) == []
