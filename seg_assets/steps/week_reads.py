"""What scoring a week reads: columns, earlier Mondays, tiers. The same for every engine.

Belongs here: deciding it from what is stored. Does not: reading it (score.py, score_on_spark.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.calendar import month_of, remembered_mondays
from seg_assets.catalogs.model import TIER
from seg_assets.segmentation import Segmentation
from seg_assets.segmentation.labels import Labels
from seg_assets.tier_schemas import ACCOUNT_TIERS

SNAPSHOTS = "account_snapshots"


@dataclass(frozen=True)
class WeekReads:
    """columns: of the week's snapshot, sorted, with types; mondays: that the hold looks back to, nearest first; landed:
    those of them that there are; tiers_of: the data month whose tiers labels ask, None where they ask none or there is
    none; unanswered: what labels ask and nothing answers.
    """

    columns: Mapping[str, pl.DataType]
    mondays: tuple[dt.date, ...]
    landed: tuple[dt.date, ...]
    tiers_of: dt.date | None
    unanswered: tuple[str, ...]


def week_reads(
    lakehouse: Lakehouse, week: dt.date, segmentation: Segmentation, hold_weeks: int, labels: Labels
) -> WeekReads:
    """What is read for `week`. Raises TableError where its snapshot is not there."""
    there = lakehouse.scan(SNAPSHOTS, [week]).collect_schema()
    features = [name for name in there if name in labels.columns]
    tiers_of = newest_tiers(lakehouse.partitions(ACCOUNT_TIERS.name), week) if TIER in labels.columns else None
    landed = lakehouse.partitions(SNAPSHOTS)
    mondays = tuple(remembered_mondays(week, hold_weeks))
    return WeekReads(
        columns={name: there[name] for name in sorted({*segmentation.required_columns, *features})},
        mondays=mondays,
        landed=tuple(monday for monday in mondays if monday in landed),
        tiers_of=tiers_of,
        unanswered=segmentation.unanswered(labels, features if tiers_of is None else [*features, TIER]),
    )


def newest_tiers(months: Collection[dt.date], week: dt.date) -> dt.date | None:
    """The data month whose tiers are in force in `week`: the newest of `months` before its own, None without one."""
    return max((month for month in months if month < month_of(week)), default=None)
