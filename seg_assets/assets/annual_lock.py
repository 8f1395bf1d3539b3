"""Annual lock: the segment that an account keeps for the fiscal year, as each scored week adds to it.

Belongs here: the asset. Does not: what a week adds (segmentation/annual_lock.py).
"""

import datetime as dt
import time
from collections.abc import Sequence
from typing import Any

import dagster as dg
import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.assets.description import table_metadata
from seg_assets.catalogs import Catalogue
from seg_assets.kpi_schemas import ANNUAL_LOCK
from seg_assets.partitions import Partitions
from seg_assets.schemas import SEGMENT_SCORES
from seg_assets.segmentation.annual_lock import with_week
from seg_assets.segmentation.kpis.periods import Year, year_of

READ = ("account_id", "snapshot_date", "segment_id", "segment_name", "definition_version")


def build_annual_lock(catalogue: Catalogue, partitions: Partitions) -> dg.AssetsDefinition:
    """The asset `annual_lock`."""

    @dg.asset(
        name=ANNUAL_LOCK.name,
        partitions_def=partitions.week,
        backfill_policy=dg.BackfillPolicy.single_run(),
        deps=[SEGMENT_SCORES.name],
        group_name="weekly_scores",
        kinds={"polars", "delta"},
        code_version=f"years start in month {catalogue.fiscal_year_starts}",
        owners=[catalogue.objective.owner],
        description="The segment that each account keeps for the fiscal year, for territories and quotas: that of the "
        "year's first scored week, or of the account's own first one. Beside it the segment that it is in now, and "
        "whether they differ. A lock that is stored never changes; a week adds accounts that are new.",
        metadata=table_metadata(ANNUAL_LOCK),
    )
    def annual_lock(context: dg.AssetExecutionContext, lakehouse: dg.ResourceParam[Lakehouse]) -> dg.MaterializeResult:
        for key in sorted(context.partition_keys):
            metadata = _add_week(catalogue, lakehouse, dt.date.fromisoformat(key))
            context.add_asset_metadata(metadata, partition_key=key)
        return dg.MaterializeResult()

    return annual_lock


def _add_week(catalogue: Catalogue, lakehouse: Lakehouse, week: dt.date) -> dict[str, Any]:
    """Add a week to the locks of its year; figures for its materialization. Raises dagster.Failure without scores."""
    began = time.monotonic()
    scored = lakehouse.partitions(SEGMENT_SCORES.name)
    if week not in scored:
        raise dg.Failure(f"week {week} is not scored: materialize {SEGMENT_SCORES.name} for it first")
    year = year_of(week, catalogue.fiscal_year_starts)
    # Two weeks of one year may be scored at once; one must not write over what the other has locked.
    with lakehouse.alone(f"the {ANNUAL_LOCK.name} of {year.first}"):
        stored = _stored(lakehouse, year)
        known = 0 if stored is None else stored.height
        # A year's first locks are of its first scored week, also where that was scored before there were locks.
        weeks = [day for day in sorted(scored) if year_of(day, catalogue.fiscal_year_starts) == year]
        locks = _with_weeks(lakehouse, stored, weeks if stored is None else [week])
        lakehouse.replace(ANNUAL_LOCK, locks.with_columns(fiscal_year=pl.lit(year.name)), year.first)
    return {
        # Of the week: the table's partition is the year.
        "dagster/row_count": lakehouse.scan(SEGMENT_SCORES.name, [week]).select(pl.len()).collect().item(),
        "dagster/uri": lakehouse.uri(ANNUAL_LOCK.name),
        "fiscal_year": year.name,
        "locked_now": locks.height - known,
        "locked_so_far": locks.height,
        "differ": locks.filter("differs").height,
        "seconds": round(time.monotonic() - began, 3),
    }


def _stored(lakehouse: Lakehouse, year: Year) -> pl.DataFrame | None:
    if year.first not in lakehouse.partitions(ANNUAL_LOCK.name):
        return None
    return lakehouse.scan(ANNUAL_LOCK.name, [year.first]).drop("year_start", "fiscal_year").collect()


def _with_weeks(lakehouse: Lakehouse, stored: pl.DataFrame | None, weeks: Sequence[dt.date]) -> pl.DataFrame:
    """The locks once `weeks`, of which there is at least one, are added in their order."""
    first, *others = weeks
    locks = with_week(stored, lakehouse.scan(SEGMENT_SCORES.name, [first]).select(READ).collect())
    for week in others:
        locks = with_week(locks, lakehouse.scan(SEGMENT_SCORES.name, [week]).select(READ).collect())
    return locks
