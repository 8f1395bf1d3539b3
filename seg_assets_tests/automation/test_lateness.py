"""Which sources are late: named after their deadline, not before, and not for what is long past."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from seg_assets.automation.lateness import LOOK_BACK_WEEKS, due_at, late_sources
from seg_assets.calendar import mondays
from seg_assets.catalogs import Catalogue
from seg_assets_tests.automation.simulated_home import CATALOGUE, SOURCES, utc

WEEKS = mondays(dt.date(2026, 1, 5), dt.date(2026, 7, 20))
NEWEST = WEEKS[-1]


def landed(**missing: list[dt.date]) -> dict[str, dict[dt.date, str]]:
    """All sources with all weeks, but for those named."""
    return {source: {week: "x" for week in WEEKS if week not in missing.get(source, [])} for source in SOURCES}


def with_source(**changes: object) -> Catalogue:
    """The default catalogue with another first source."""
    first, *others = CATALOGUE.sources
    return CATALOGUE.model_copy(update={"sources": (first.model_copy(update=changes), *others)})


def test_a_source_is_late_from_its_deadline_on_and_not_before():
    there = landed(**{SOURCES[1]: [NEWEST]})
    assert late_sources(CATALOGUE, there, utc("2026-07-21 23:59")) == []
    (late,) = late_sources(CATALOGUE, there, utc("2026-07-22 00:00"))
    assert (late.source, late.weeks, late.newest) == (SOURCES[1], (NEWEST,), WEEKS[-2])
    assert late.since == utc("2026-07-22 00:00")


def test_a_week_that_nobody_landed_is_missed_from_every_source():
    late = late_sources(CATALOGUE, landed(), utc("2026-07-29 00:00"))
    assert [one.source for one in late] == list(SOURCES)
    assert {one.weeks for one in late} == {(dt.date(2026, 7, 27),)}


def test_a_history_of_month_ends_has_no_late_source():
    """All sources were called late for 22 December, on the day on which a history up to 29 December was landed."""
    ends = [dt.date(2025, 11, 24), dt.date(2025, 12, 29)]
    there = {source: dict.fromkeys(ends, "x") for source in SOURCES}
    assert late_sources(CATALOGUE, there, utc("2025-12-30 06:00")) == []
    assert late_sources(CATALOGUE, there, utc("2026-01-07 00:00"))[0].weeks == (dt.date(2026, 1, 5),)


def test_a_source_has_the_days_that_the_catalogue_gives_it():
    catalogue = with_source(due_days=5)
    there = landed(**{SOURCES[0]: [NEWEST]})
    assert late_sources(catalogue, there, utc("2026-07-24 23:59")) == []
    assert late_sources(catalogue, there, utc("2026-07-25 00:00"))[0].source == SOURCES[0]


def test_a_source_that_is_not_required_is_never_late():
    there = landed(**{SOURCES[0]: WEEKS})
    assert late_sources(with_source(required=False), there, utc("2026-07-23 00:00")) == []
    (late,) = late_sources(CATALOGUE, there, utc("2026-07-23 00:00"))
    assert late.newest is None


def test_an_old_gap_is_history():
    old, recent = WEEKS[-1 - LOOK_BACK_WEEKS], WEEKS[-LOOK_BACK_WEEKS]
    there = landed(**{SOURCES[0]: [old, recent]})
    (late,) = late_sources(CATALOGUE, there, utc("2026-07-23 00:00"))
    assert late.weeks == (recent,)


def test_an_empty_home_has_no_late_source():
    assert late_sources(CATALOGUE, {}, utc("2026-07-23 00:00")) == []


@given(hours=st.integers(0, 24 * 400), zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Tokyo"]))
def test_the_zone_of_the_clock_moves_no_deadline(hours, zone):
    now = utc("2025-10-01 00:00") + dt.timedelta(hours=hours)
    there = landed(**{SOURCES[2]: WEEKS[-3:]})
    assert late_sources(CATALOGUE, there, now) == late_sources(CATALOGUE, there, now.astimezone(ZoneInfo(zone)))


@given(st.sampled_from(WEEKS))
def test_every_deadline_is_whole_days_after_its_monday(week):
    days = due_at(CATALOGUE, SOURCES[0], week) - dt.datetime.combine(week, dt.time(), dt.UTC)
    assert days == dt.timedelta(days=CATALOGUE.sources[0].due_days)
