"""Running the tier rules: one month's customers and accounts with their tier, by DuckDB.

Belongs here: the order of the texts, and what came of them. Does not: the texts (tiers.py), files (assets/tiers.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl

from seg_assets.catalogs.tiers import TierRules
from seg_assets.segmentation.sql.tiers import tiers_sql
from seg_assets.segmentation.sql.tiers_by_account import account_tiers_sql, customers_of_sql, tier_figures_sql


@dataclass(frozen=True)
class TierTables:
    """customers: a row a customer with an active account; accounts: a row an account; figures: what was odd."""

    customers: pl.DataFrame
    accounts: pl.DataFrame
    figures: Mapping[str, Any]


def tier_accounts(connection: duckdb.DuckDBPyConnection, rules: TierRules, reference_date: dt.date) -> TierTables:
    """Tiers as of `reference_date`, of the tables `revenue_events` and `accounts` that `connection` knows.

    Leaves the tables `customer_tiers` and `customers_of` in the connection. Raises duckdb.Error for money of 10^14 or
    more in one event.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE customer_tiers AS {tiers_sql(rules, reference_date)}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE customers_of AS {customers_of_sql(rules, reference_date)}")
    customers = connection.sql("SELECT * FROM customer_tiers ORDER BY customer_name").pl()
    accounts = connection.sql(account_tiers_sql(rules, reference_date)).pl()
    figures = connection.sql(tier_figures_sql()).pl().row(0, named=True)
    return TierTables(customers, accounts, figures)
