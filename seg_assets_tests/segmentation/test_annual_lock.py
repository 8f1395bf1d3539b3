"""A lock that is stored stays; weeks add new accounts and tell where everybody is now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import polars as pl

from seg_assets.segmentation.annual_lock import with_week

FEBRUARY, MARCH, APRIL = dt.date(2026, 2, 2), dt.date(2026, 3, 2), dt.date(2026, 4, 6)


def scores(week: dt.date, segments: Mapping[str, str], version: str = "2026-02.1") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "account_id": list(segments),
            "snapshot_date": [week] * len(segments),
            "segment_id": list(segments.values()),
            "segment_name": [f"name of {segment}" for segment in segments.values()],
            "definition_version": version,
        }
    )


def told(locks: pl.DataFrame) -> dict[str, tuple[str, dt.date, str, dt.date, bool]]:
    columns = ("account_id", "locked_segment_id", "locked_on", "segment_id", "as_of", "differs")
    return {row[0]: row[1:] for row in locks.select(columns).rows()}


def test_accounts_keep_the_segment_of_the_first_week_and_newcomers_that_of_their_own():
    locks = with_week(None, scores(FEBRUARY, {"a": "SEG-01", "b": "SEG-02"}))
    locks = with_week(locks, scores(MARCH, {"a": "SEG-03", "c": "SEG-02"}, "2026-03.1"))
    assert told(locks) == {
        "a": ("SEG-01", FEBRUARY, "SEG-03", MARCH, True),
        # No longer there: where it was last.
        "b": ("SEG-02", FEBRUARY, "SEG-02", FEBRUARY, False),
        "c": ("SEG-02", MARCH, "SEG-02", MARCH, False),
    }
    a = locks.row(0, named=True)
    assert (a["locked_version"], a["definition_version"]) == ("2026-02.1", "2026-03.1")
    assert (a["locked_segment_name"], a["segment_name"]) == ("name of SEG-01", "name of SEG-03")


def test_a_week_that_is_scored_again_changes_no_lock():
    locks = with_week(None, scores(FEBRUARY, {"a": "SEG-01"}))
    again = with_week(locks, scores(FEBRUARY, {"a": "SEG-02", "b": "SEG-02"}, "2026-02.2"))
    assert told(again) == {
        "a": ("SEG-01", FEBRUARY, "SEG-02", FEBRUARY, True),
        "b": ("SEG-02", FEBRUARY, "SEG-02", FEBRUARY, False),
    }
    assert with_week(again, scores(FEBRUARY, {"a": "SEG-02", "b": "SEG-02"}, "2026-02.2")).equals(again)


def test_an_earlier_week_that_is_scored_later_moves_nobody():
    locks = with_week(None, scores(MARCH, {"a": "SEG-01"}))
    after = with_week(locks, scores(FEBRUARY, {"a": "SEG-02", "b": "SEG-02"}))
    assert told(after)["a"] == ("SEG-01", MARCH, "SEG-01", MARCH, False)
    assert told(after)["b"] == ("SEG-02", FEBRUARY, "SEG-02", FEBRUARY, False)
    assert told(with_week(after, scores(APRIL, {"b": "SEG-04"})))["b"][2:] == ("SEG-04", APRIL, True)
