"""Months are split so that nothing is judged by what it learned from."""

from __future__ import annotations

import datetime as dt
import itertools

from hypothesis import given
from hypothesis import strategies as st

from seg_assets.segmentation.count.months import split_months

MONTH_ENDS = [
    dt.date.fromisoformat(day)
    for day in ("2025-10-27", "2025-11-24", "2025-12-29", "2026-01-26", "2026-02-23", "2026-03-30", "2026-04-27")
]


def test_seven_month_ends_give_two_to_fit_one_to_select_one_to_judge() -> None:
    split = split_months(MONTH_ENDS, 60)
    assert split is not None
    assert split.fit == tuple(MONTH_ENDS[:2])
    assert split.select == (MONTH_ENDS[4],)
    assert split.verdict == (MONTH_ENDS[6],)


def test_too_little_history_gives_no_split() -> None:
    assert split_months(MONTH_ENDS[-4:], 60) is None
    assert split_months([], 60) is None


@given(st.sets(st.dates(dt.date(2025, 1, 1), dt.date(2026, 12, 31)), max_size=30), st.integers(1, 120))
def test_every_part_lies_a_horizon_before_the_next(days: set[dt.date], horizon: int) -> None:
    split = split_months(list(days), horizon)
    if split is None:
        return
    parts = [split.fit, split.select, split.verdict]
    assert all(parts) and set().union(*parts) <= days
    for earlier, later in itertools.pairwise(parts):
        assert (min(later) - max(earlier)).days >= horizon
