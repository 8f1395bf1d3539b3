"""Every week finds exactly one model, every data month exactly its last Monday, by brute force over the calendar."""

from __future__ import annotations

import datetime as dt

import dagster as dg
import pytest

from seg_assets.calendar import mondays, month_before, remembered_mondays
from seg_assets.partitions import (
    FEATURES_OF_SERVICE_MONTH,
    MODEL_OF_WEEK,
    SNAPSHOT_OF_DATA_MONTH,
    TIERS_OF_WEEK,
    Partitions,
    month_ends,
    service_months,
    snapshots_of_week,
    training_snapshot,
)

PARTITIONS = Partitions(dt.date(2025, 1, 1))
WEEKS = mondays(dt.date(2025, 1, 6), dt.date(2026, 8, 31))
MONTHS = sorted({week.replace(day=1) for week in WEEKS})


def upstream(mapping, key, downstream, upstream_definition):
    subset = downstream.empty_subset().with_partition_keys([key.isoformat()])
    found = mapping.get_upstream_mapped_partitions_result_for_partitions(subset, downstream, upstream_definition)
    return list(found.partitions_subset.get_partition_keys())


def test_partition_keys_are_mondays_and_first_days():
    assert PARTITIONS.week.get_partition_keys()[:2] == ["2025-01-06", "2025-01-13"]
    assert all(dt.date.fromisoformat(key).weekday() == 0 for key in PARTITIONS.week.get_partition_keys())
    assert PARTITIONS.service_month.get_first_partition_key() == "2025-01-01"


@pytest.mark.parametrize("week", WEEKS, ids=str)
def test_a_week_is_scored_by_the_model_of_the_month_it_begins_in(week):
    found = upstream(MODEL_OF_WEEK, week, PARTITIONS.week, PARTITIONS.service_month)
    assert found == [week.replace(day=1).isoformat()]


@pytest.mark.parametrize("week", WEEKS, ids=str)
def test_a_week_takes_the_tiers_of_the_month_before(week):
    found = upstream(TIERS_OF_WEEK, week, PARTITIONS.week, PARTITIONS.data_month)
    own = week.replace(day=1)
    before = month_before(own)
    assert (before.isoformat() in found) == (before >= PARTITIONS.first_month)
    beside = {month_before(before).isoformat()} if week.day < 8 else {own.isoformat()} if week.day > 28 else set()
    assert set(found) <= {before.isoformat()} | beside


@pytest.mark.parametrize(("hold_weeks", "mondays_read"), [(0, 1), (1, 3), (2, 4)])
def test_a_week_reads_the_mondays_that_its_hold_depends_on(hold_weeks, mondays_read):
    mapping = snapshots_of_week(hold_weeks)
    for number, week in enumerate(WEEKS[:6]):
        found = upstream(mapping, week, PARTITIONS.week, PARTITIONS.week)
        assert found == [str(monday) for monday in WEEKS[max(0, number + 1 - mondays_read) : number + 1]]
        earlier = reversed(remembered_mondays(week, hold_weeks))
        assert found == [str(monday) for monday in (*earlier, week) if monday in WEEKS]


@pytest.mark.parametrize("month", MONTHS[1:], ids=str)
def test_a_month_trains_on_the_last_monday_of_the_month_before(month):
    data_month = month_before(month)
    features = upstream(FEATURES_OF_SERVICE_MONTH, month, PARTITIONS.service_month, PARTITIONS.data_month)
    assert features == [data_month.isoformat()]
    snapshot = upstream(SNAPSHOT_OF_DATA_MONTH, data_month, PARTITIONS.data_month, PARTITIONS.week)
    assert snapshot == [max(week for week in WEEKS if week.replace(day=1) == data_month).isoformat()]


def test_the_latest_landed_monday_stands_in_for_one_that_never_landed():
    landed = [dt.date(2026, 6, 15), dt.date(2026, 6, 22), dt.date(2026, 7, 6)]
    assert training_snapshot(landed, dt.date(2026, 6, 1)) == dt.date(2026, 6, 22)
    assert training_snapshot(landed, dt.date(2026, 5, 1)) is None


def test_a_month_can_be_trained_once_it_is_over():
    landed = [dt.date(2026, 5, 25), dt.date(2026, 6, 22)]
    assert service_months(landed) == [dt.date(2026, 6, 1)]
    assert service_months([*landed, dt.date(2026, 6, 29)]) == [dt.date(2026, 6, 1), dt.date(2026, 7, 1)]
    assert service_months([*landed, dt.date(2026, 7, 6)]) == [dt.date(2026, 6, 1), dt.date(2026, 7, 1)]


def test_month_ends_are_the_last_landed_mondays():
    assert month_ends(WEEKS[:9]) == [dt.date(2025, 1, 27), dt.date(2025, 2, 24), dt.date(2025, 3, 3)]
    assert isinstance(PARTITIONS.week, dg.WeeklyPartitionsDefinition)
