"""Weeks, months, and how they map onto each other.

Belongs here: the three partition definitions, the mappings between them, and the choice of a training snapshot.
Does not: what lies in a partition (schemas.py), reading or writing one (resources/lakehouse.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import dagster as dg

from seg_assets.calendar import month_after, month_before, month_of, weeks_remembered

SNAPSHOT_OF_DATA_MONTH = dg.TimeWindowPartitionMapping(start_offset=1, end_offset=0)
"""account_features (data month) -> account_snapshots (week): exactly the month's last Monday."""

FEATURES_OF_SERVICE_MONTH = dg.TimeWindowPartitionMapping(start_offset=-1, end_offset=-1)
"""segment_model (service month) -> account_features (data month), and -> its own month before."""

REFRESHES_COMPARED = dg.TimeWindowPartitionMapping(start_offset=-1, end_offset=0)
"""stability_report (service month) -> segment_model: the month's own and the one before."""

MODEL_OF_WEEK = dg.TimeWindowPartitionMapping(start_offset=0, end_offset=-1)
"""segment_scores (week) -> segment_model (service month): one model, also where a week straddles two months."""


TIERS_OF_WEEK = dg.TimeWindowPartitionMapping(
    start_offset=-5, end_offset=-5, allow_nonexistent_upstream_partitions=True
)
"""segment_scores (week) -> account_tiers (data month): the month before, and for a first or fifth Monday one beside it.

Offsets count weeks, so that no mapping gives exactly the month before. It is lineage: which month was read, the newest
before the week's own that is there, the materialization says; a week is scored without any too.
"""


def snapshots_of_week(hold_weeks: int) -> dg.TimeWindowPartitionMapping:
    """segment_scores (week) -> account_snapshots (week): its own and the Mondays before that its hold depends on."""
    first = -weeks_remembered(hold_weeks)
    return dg.TimeWindowPartitionMapping(start_offset=first, allow_nonexistent_upstream_partitions=True)


@dataclass(frozen=True)
class Partitions:
    """The partition definitions of a catalogue that begins in `first_month` (a first day of a month)."""

    first_month: dt.date

    @property
    def week(self) -> dg.WeeklyPartitionsDefinition:
        """Mondays; the current week counts as soon as its Monday has begun."""
        return dg.WeeklyPartitionsDefinition(self.first_month.isoformat(), day_offset=1, hour_offset=1, end_offset=1)

    def newest_week(self) -> dt.date | None:
        """The Monday of the current week, by this machine's clock; None before the first month has begun."""
        key = self.week.get_last_partition_key()
        return None if key is None else dt.date.fromisoformat(key)

    @property
    def data_month(self) -> dg.MonthlyPartitionsDefinition:
        """Months of data; the current month counts, so that a first snapshot can be used the day it lands."""
        return dg.MonthlyPartitionsDefinition(self.first_month.isoformat(), end_offset=1)

    @property
    def service_month(self) -> dg.MonthlyPartitionsDefinition:
        """Months that a model serves: the month after each data month."""
        return dg.MonthlyPartitionsDefinition(self.first_month.isoformat(), end_offset=2)


def training_snapshot(landed: Iterable[dt.date], data_month: dt.date) -> dt.date | None:
    """The Monday that a data month trains on: its last landed one; None where none of its Mondays landed."""
    return max((week for week in landed if month_of(week) == data_month), default=None)


def month_ends(landed: Iterable[dt.date]) -> list[dt.date]:
    """The last landed Monday of every data month, ascending."""
    last: dict[dt.date, dt.date] = {}
    for week in sorted(landed):
        last[month_of(week)] = week
    return list(last.values())


def service_months(landed: Iterable[dt.date]) -> list[dt.date]:
    """The service months that landed snapshots can train, ascending: the month after each data month that is over.

    A data month is over when a later Monday has landed, or when its own last Monday has.
    """
    weeks = sorted(landed)
    return [
        month_after(month_of(week))
        for week in month_ends(weeks)
        if month_of(week) < month_of(weeks[-1]) or month_of(week + dt.timedelta(days=7)) > month_of(week)
    ]


def data_months_over(landed: Iterable[dt.date]) -> list[dt.date]:
    """The data months that are over, ascending: those that `service_months` are trained on."""
    return [month_before(month) for month in service_months(landed)]
