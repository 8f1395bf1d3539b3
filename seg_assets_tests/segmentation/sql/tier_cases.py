"""Running the tier rules on frames, and the team's reference for them.

Belongs here: what several tests of tiers share. Does not: what must hold.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import polars as pl

from seg_assets.catalogs.tiers import TierRules
from seg_assets.landing.schemas import REVENUE_EVENTS
from seg_assets.segmentation.sql.tiers_in_duckdb import TierTables, tier_accounts
from seg_assets_tests.shared import shared_file

DAY = dt.date(2026, 6, 29)
RULES = TierRules()


def tiered(events: pl.DataFrame, accounts: pl.DataFrame, rules: TierRules = RULES, day: dt.date = DAY) -> TierTables:
    """What the rules give these events; accounts as `account_status` makes them."""
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.register("revenue_events", events.to_arrow())
        connection.register("accounts", accounts.to_arrow())
        return tier_accounts(connection, rules, day)


def events_of(*rows: dict[str, Any]) -> pl.DataFrame:
    """Revenue events; what a row does not say is a product P of unit U with revenue 100, margin 40, one event."""
    usual = {
        "customer_name": "Kiel Freight",
        "account_id": "A1",
        "snapshot_date": DAY,
        "event_date": DAY - dt.timedelta(days=10),
        "product": "P",
        "business_unit": "U",
        "total_revenue": 100.0,
        "total_gross_margin": 40.0,
        "event_count": 1.0,
        "cs_representative": "Ada",
        "region": "EMEA",
    }
    return pl.DataFrame([usual | row for row in rows], schema=REVENUE_EVENTS.polars)


def accounts_of(**active: bool) -> pl.DataFrame:
    """Accounts by id, each with whether it is active; nobody's parent is known."""
    return pl.DataFrame(
        [(account, flag, None) for account, flag in active.items()],
        schema={"account_id": pl.String, "active": pl.Boolean, "parent_customer": pl.String},
        orient="row",
    )


def reference_inputs(events: str, accounts: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The team's events and statuses, in our columns."""
    statuses = pl.read_parquet(shared_file(f"tier_reference/inputs/{accounts}.parquet"))
    return pl.read_parquet(shared_file(f"tier_reference/inputs/{events}.parquet")), statuses.select(
        "account_id", active=pl.col("status") == "active", parent_customer=pl.lit(None, pl.String)
    )
