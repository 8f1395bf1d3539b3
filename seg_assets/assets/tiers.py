"""Account tiers: the incumbent rules on a data month's training snapshot.

Belongs here: the asset. Does not: the rules (catalogs/tiers.py), their SQL (segmentation/sql/tiers.py), who is active
(segmentation/account_status.py).
"""

import datetime as dt
import time
from typing import Any

import dagster as dg
import duckdb
import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.assets.description import frame_markdown, table_metadata, written
from seg_assets.calendar import event_weeks, mondays, months_earlier
from seg_assets.catalogs import Catalogue
from seg_assets.landing.schemas import REVENUE_EVENTS
from seg_assets.partitions import SNAPSHOT_OF_DATA_MONTH, Partitions, training_snapshot
from seg_assets.segmentation.account_status import account_status
from seg_assets.segmentation.sql.tiers_in_duckdb import TierTables, tier_accounts
from seg_assets.tier_schemas import ACCOUNT_TIERS, CUSTOMER_TIERS

EVENTS = "raw/revenue_events"
MASTER = "raw/account_master"


def build_tiers(catalogue: Catalogue, partitions: Partitions) -> dg.AssetsDefinition:
    """The asset `account_tiers`, which also writes the table `customer_tiers`."""
    window = dg.TimeWindowPartitionMapping(
        start_offset=-catalogue.tiers.window_months, allow_nonexistent_upstream_partitions=True
    )

    @dg.asset(
        name="account_tiers",
        partitions_def=partitions.data_month,
        backfill_policy=dg.BackfillPolicy.single_run(),
        deps=[
            dg.AssetDep("account_snapshots", partition_mapping=SNAPSHOT_OF_DATA_MONTH),
            # Optional; who is in business otherwise is the catalogue's `active_when`.
            dg.AssetDep(["raw", "account_master"], partition_mapping=SNAPSHOT_OF_DATA_MONTH),
            dg.AssetDep(["raw", "revenue_events"], partition_mapping=window),
        ],
        group_name="tiers",
        kinds={"duckdb", "delta"},
        code_version=f"{catalogue.tiers.fingerprint()}, active when {catalogue.active_when}",
        owners=[catalogue.objective.owner],
        description="The team's tiers, which segments have to beat: one row an account of the month's training "
        "snapshot, with its customer's tier A to D or `none`, action flag, recommended action and what explains them. "
        "A row a customer lies in the table customer_tiers.",
        metadata=table_metadata(ACCOUNT_TIERS),
    )
    def account_tiers(
        context: dg.AssetExecutionContext, lakehouse: dg.ResourceParam[Lakehouse]
    ) -> dg.MaterializeResult:
        for key in context.partition_keys:
            metadata = tier_month(catalogue, lakehouse, dt.date.fromisoformat(key))
            context.add_asset_metadata(metadata, partition_key=key)
        return dg.MaterializeResult()

    return account_tiers


def tier_month(catalogue: Catalogue, lakehouse: Lakehouse, month: dt.date) -> dict[str, Any]:
    """Make and store one data month; figures for its materialization."""
    began = time.monotonic()
    day = training_snapshot(lakehouse.partitions("account_snapshots"), month)
    if day is None:
        raise dg.Failure(
            f"no snapshot of {month:%Y-%m} has landed: materialize account_snapshots for one of its Mondays"
        )
    snapshot = lakehouse.scan("account_snapshots", [day]).collect()
    master = lakehouse.scan(MASTER, [day]).collect() if day in lakehouse.partitions(MASTER) else None
    status = account_status(snapshot, master, catalogue)
    landed = lakehouse.partitions(EVENTS)
    weeks = event_weeks(landed, day, catalogue.tiers.window_months)
    tables = _tiers(catalogue, [file for week in weeks for file in landed[week]], status, day)
    accounts = tables.accounts.join(snapshot.select("account_id"), "account_id", "semi")
    dated = pl.lit(day).alias("snapshot_date")
    lakehouse.replace(CUSTOMER_TIERS, tables.customers.with_columns(dated), month)
    rows = lakehouse.replace(ACCOUNT_TIERS, accounts.with_columns(dated), month)
    return {
        **written(rows, lakehouse.uri(ACCOUNT_TIERS.name)),
        "reference_date": day.isoformat(),
        "tiers": frame_markdown(_by_tier(catalogue, accounts, snapshot)),
        "flags": frame_markdown(_by_flag(catalogue, tables.customers)),
        "revenue_events": _events_told(catalogue, tables, list(landed), weeks, day),
        "active_told_by": ", ".join(f"{who} {n:,}" for who, n in status["told_by"].value_counts(sort=True).iter_rows()),
        "customers": tables.customers.height,
        **{name: value for name, value in tables.figures.items() if isinstance(value, int)},
        "seconds": round(time.monotonic() - began, 3),
    }


def _tiers(catalogue: Catalogue, files: list[str], status: pl.DataFrame, day: dt.date) -> TierTables:
    """The rules on the events of `files`; without a file on none. Raises dagster.Failure where DuckDB cannot."""
    with duckdb.connect() as connection:
        connection.register("accounts", status.to_arrow())
        if files:
            connection.read_parquet(files).create_view("revenue_events")
        else:
            connection.register("revenue_events", pl.DataFrame(schema=REVENUE_EVENTS.polars).to_arrow())
        try:
            return tier_accounts(connection, catalogue.tiers, day)
        except duckdb.Error as error:
            raise dg.Failure(
                f"the tiers as of {day} cannot be computed: {str(error).splitlines()[0]}. Look at total_revenue, "
                f"total_gross_margin and event_count of {EVENTS}: each has to be below 10^14",
                allow_retries=False,
            ) from error


def _by_tier(catalogue: Catalogue, accounts: pl.DataFrame, snapshot: pl.DataFrame) -> pl.DataFrame:
    """A row a tier, with those that nobody is in: accounts, share, customers, ARR where the catalogue has it."""
    titles = [(code, tier.title) for code, tier in catalogue.tiers.tiers.by_code.items()]
    every = pl.DataFrame([*titles, ("none", "no tier")], ["tier", "title"], orient="row")
    figures = [
        pl.len().alias("accounts"),
        (pl.len() / max(accounts.height, 1)).round(4).alias("share"),
        pl.col("customer_name").n_unique().alias("customers"),
    ]
    if catalogue.value_feature is not None:
        accounts = accounts.join(snapshot.select("account_id", arr=catalogue.value_feature), "account_id", "left")
        figures.append(pl.col("arr").sum().round(0).cast(pl.Int64).alias("ARR"))
    counted = accounts.group_by("tier").agg(figures)
    customers = pl.when(pl.col("tier") != "none").then(pl.col("customers")).otherwise(0)
    return every.join(counted.with_columns(customers), "tier", "left").fill_null(0)


def _by_flag(catalogue: Catalogue, customers: pl.DataFrame) -> pl.DataFrame:
    """A row a flag in its order: customers, and what to do."""
    every = pl.DataFrame([(flag.name, flag.action) for flag in catalogue.tiers.flags], ["flag", "action"], orient="row")
    counted = customers.group_by(flag="action_flag").agg(pl.len().alias("customers"))
    return every.join(counted, "flag", "left").fill_null(0).select("flag", "customers", "action")


def _events_told(
    catalogue: Catalogue, tables: TierTables, landed: list[dt.date], weeks: list[dt.date], day: dt.date
) -> str:
    """What was looked at, in a sentence."""
    if not tables.figures["events"]:
        return f"no revenue events have landed up to {day}: every account is `none`"
    # Weeks before the earliest landed one are within it: it may hold all history.
    begin = max(min(landed), months_earlier(day, catalogue.tiers.window_months))
    missing = len(set(mondays(begin + dt.timedelta(days=1), day)) - set(weeks) - {begin})
    lacking = f"; weeks of the window that have not landed: {missing}" if missing else ""
    figures = tables.figures
    return (
        f"events looked at: {figures['events']:,}, from {figures['first_event']} to {figures['last_event']}; "
        f"landed weeks: {len(weeks)}{lacking}"
    )
