"""The tier rules on Online Retail, a UK wholesaler's invoices of a year: the same SQL, other people's customers.

Belongs here: what the public file lacks or says in a way of its own (no account, no margin, cancellations).
Does not: the rules or their SQL (seg_assets); the file has no features, so there are no segments to make of it.

    python examples/online_retail/tiers.py online_retail.parquet
"""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path

import duckdb
import polars as pl

from seg_assets.catalogs.tiers import TierRules
from seg_assets.segmentation.sql.tiers_in_duckdb import TierTables, tier_accounts

# The Monday after the last invoice, 9 December 2011.
REFERENCE_DATE = dt.date(2011, 12, 12)
MARGINS = {"revenue stands in for margin": 1.0, "margin unknown, as it is": None}


def sales(invoices: pl.DataFrame) -> pl.DataFrame:
    """The invoice lines after the usual cleaning: no cancellation, a customer, a positive quantity and price."""
    return invoices.filter(
        ~pl.col("InvoiceNo").str.starts_with("C"),
        pl.col("CustomerID").is_not_null(),
        pl.col("Quantity") > 0,
        pl.col("UnitPrice") > 0,
    )


def revenue_events(invoices: pl.DataFrame, margin: float | None) -> pl.DataFrame:
    """Revenue events: a row a line of `sales`; each invoice is one event, counted at its first line.

    margin: share of revenue that is taken for gross margin, the same for all; None where it is unknown.
    """
    lines = sales(invoices).with_row_index("line")
    revenue = pl.col("Quantity") * pl.col("UnitPrice")
    customer = pl.col("CustomerID").cast(pl.Int64).cast(pl.String)
    return lines.select(
        account_id=customer,
        customer_name=customer,
        event_date=pl.col("InvoiceDate").dt.date(),
        product="StockCode",
        business_unit=pl.lit(None, pl.String),
        total_revenue=revenue,
        total_gross_margin=pl.lit(None, pl.Float64) if margin is None else revenue * margin,
        event_count=(pl.col("line") == pl.col("line").min().over("InvoiceNo")).cast(pl.Float64),
        cs_representative=pl.lit(None, pl.String),
        region="Country",
    )


def tiered(invoices: pl.DataFrame, margin: float | None) -> TierTables:
    """Tiers of all customers as of REFERENCE_DATE; nothing says who has left, so every account counts as active."""
    events = revenue_events(invoices, margin)
    accounts = events.select(pl.col("account_id").unique()).with_columns(
        pl.lit(True).alias("active"), pl.lit(None, pl.String).alias("parent_customer")
    )
    with duckdb.connect() as connection:
        connection.register("revenue_events", events.to_arrow())
        connection.register("accounts", accounts.to_arrow())
        return tier_accounts(connection, TierRules(), REFERENCE_DATE)


def by_tier(tables: TierTables) -> pl.DataFrame:
    """A row a tier: customers, revenue, and what is usual there."""
    return (
        tables.customers.group_by("tier_code")
        .agg(
            customers=pl.len(),
            revenue=pl.col("total_revenue").sum().round(0).cast(pl.Int64),
            median_revenue=pl.col("total_revenue").median().round(2),
            median_invoices=pl.col("total_events").median(),
            median_products=pl.col("distinct_products").median(),
            median_days_since=pl.col("days_since_last_event").median(),
        )
        .sort("tier_code")
    )


def main() -> None:
    """The program: a table of tiers and one of flags for each way to do without margins."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="the public file as Parquet")
    invoices = pl.read_parquet(parser.parse_args().file)
    cleaned = sales(invoices)
    total = (cleaned["Quantity"] * cleaned["UnitPrice"]).sum()
    print(
        f"{cleaned.height:,} of {invoices.height:,} lines, {cleaned['CustomerID'].n_unique():,} customers, {total:,.2f}"
    )
    with pl.Config(tbl_hide_column_data_types=True, tbl_hide_dataframe_shape=True, tbl_width_chars=140):
        for title, margin in MARGINS.items():
            tables = tiered(invoices, margin)
            print(f"\n{title}: {tables.customers.height:,} customers from {tables.figures['first_event']} on")
            print(by_tier(tables))
            print(tables.customers["action_flag"].value_counts(sort=True, name="customers"))


if __name__ == "__main__":
    main()
