"""What is stale, what is complete, what can be one run: pure decisions on plain dates."""

from __future__ import annotations

import datetime as dt
import itertools

from hypothesis import given
from hypothesis import strategies as st

from seg_assets.automation.plan import complete_weeks, consecutive, months_to_serve, stale, weeks_to_read
from seg_assets.calendar import mondays

WEEKS = mondays(dt.date(2026, 6, 1), dt.date(2026, 7, 20))
A, B, C = WEEKS[:3]
JULY = dt.date(2026, 7, 1)


def test_a_week_is_read_when_new_re_landed_or_read_by_another_catalogue():
    landed = {A: "a1", B: "b2", C: "c1"}
    read = {A: "a1", B: "b1", C: "c1"}
    assert weeks_to_read(landed, read, {A: 1, B: 2, C: 3}) == [B]
    assert weeks_to_read(landed, read, {A: 1, B: 2}) == [B, C]
    assert weeks_to_read(landed, {}, {}) == [A, B, C]


def test_a_week_without_a_required_source_is_named_with_the_source():
    landed = {"firms": {A, B}, "usage": {A}}
    complete, skipped = complete_weeks(landed, ["firms", "usage"], None)
    assert complete == [A]
    assert [str(skip) for skip in skipped] == [f"week {B}: usage has not landed"]


def test_a_week_that_was_asked_for_and_never_landed_is_named():
    complete, skipped = complete_weeks({"firms": {A}}, ["firms"], [C])
    assert complete == []
    assert str(skipped[0]) == f"week {C}: firms has not landed"


def test_months_that_are_over_are_served_and_the_newest_one_is_named():
    months, skipped = months_to_serve([dt.date(2026, 5, 25), A, B], None, JULY)
    assert months == [dt.date(2026, 6, 1)]
    assert [str(skip) for skip in skipped] == [
        "month 2026-07: 2026-06 is not over, its last landed snapshot is 2026-06-08; --months takes that one"
    ]


def test_a_month_that_is_not_over_is_served_where_asked_for_or_where_there_is_no_other():
    """One public snapshot of a Monday in mid-month gave no segments at all, and no reason."""
    assert months_to_serve([A], None, JULY) == ([JULY], [])
    assert months_to_serve([dt.date(2026, 5, 25), A, B], [JULY], JULY) == ([JULY], [])
    assert months_to_serve([], None, JULY) == ([], [])


def test_a_month_that_has_not_begun_waits_for_its_first_day():
    """Between a month's last Monday and the first of the next, `seg run` ended in Dagster's "unknown partition"."""
    landed = [dt.date(2026, 5, 25), dt.date(2026, 6, 29)]
    june = dt.date(2026, 6, 1)
    months, skipped = months_to_serve(landed, None, june)
    assert months == [june]
    assert [str(skip) for skip in skipped] == [
        "month 2026-07: it has not begun; --months 2026-07 refreshes it now, on 2026-06-29"
    ]
    assert months_to_serve(landed, None, JULY)[0] == [june, JULY]
    assert months_to_serve(landed, [JULY], june)[0] == [JULY]


def test_weeks_of_a_catalogue_without_required_sources_are_those_of_any():
    complete, skipped = complete_weeks({"firms": {A}, "usage": {B}}, [], None)
    assert (complete, skipped) == ([A, B], [])


def test_a_month_without_a_snapshot_is_named():
    months, skipped = months_to_serve([A], [dt.date(2026, 9, 1)], JULY)
    assert months == []
    assert [str(skip) for skip in skipped] == ["month 2026-09: no snapshot of 2026-08 has landed"]


def test_a_partition_is_stale_when_missing_or_older_than_what_it_is_made_of():
    assert stale(A, {}, [])
    assert stale(A, {A: 5}, [({A: 6}, [A])])
    assert not stale(A, {A: 5}, [({A: 4, B: 9}, [A])])
    assert not stale(A, {A: 5}, [({}, [A])])


@given(st.sets(st.sampled_from(WEEKS)))
def test_ranges_cover_exactly_their_weeks(weeks):
    ranges = consecutive(sorted(weeks))
    assert {week for first, last in ranges for week in mondays(first, last)} == weeks
    assert all(later[0] - earlier[1] > dt.timedelta(days=7) for earlier, later in itertools.pairwise(ranges))
