"""The columns of the tier tables: names, types, meanings.

Belongs here: one Table a Delta table, as in schemas.py. Does not: the rules (catalogs/tiers.py), filling them
(assets/tiers.py).
"""

from __future__ import annotations

import polars as pl

from seg_assets.schemas import ACCOUNT_ID, Column, Table

ACCOUNT_TIERS = Table(
    "account_tiers",
    {
        "account_id": ACCOUNT_ID,
        "data_month": Column(pl.Date, "The month of the data"),
        "snapshot_date": Column(pl.Date, "The month's training snapshot: the reference date"),
        "customer_name": Column(
            pl.String, "The customer whose tier it takes; null without revenue in the window", sensitive=True
        ),
        "tier": Column(pl.String, "A, B, C, D or none"),
        "tier_title": Column(pl.String, "The tier in words"),
        "action_flag": Column(pl.String, "The first flag that holds for the customer; null without a tier"),
        "action": Column(pl.String, "What to do about the customer; null without a tier"),
        "active": Column(pl.Boolean, "Whether the account itself is in business"),
        "profitability": Column(pl.Float64, "The customer's profitability score, 0 to 100"),
        "adherence": Column(pl.Float64, "The customer's adherence score, 0 to 100"),
        "total_revenue": Column(pl.Float64, "The customer's revenue in the window"),
        "total_gross_margin": Column(pl.Float64, "The customer's gross margin in the window; null where none is known"),
        "days_since_last_event": Column(pl.Int64, "Days from the customer's last event to the reference date"),
        "reason": Column(pl.String, "What the scores are made of, or why there is no tier"),
    },
    partition_column="data_month",
    description="Every account's tier by the rules, with its reason",
)

CUSTOMER_TIERS = Table(
    "customer_tiers",
    {
        "data_month": Column(pl.Date, "The month of the data"),
        "snapshot_date": Column(pl.Date, "The month's training snapshot: the reference date"),
        "customer_name": Column(pl.String, "The customer, with one active account at least", sensitive=True),
        "main_business_unit": Column(pl.String, "That with most of its revenue"),
        "cs_representative": Column(pl.String, "Its representative, of several the last by name", sensitive=True),
        "region": Column(pl.String, "Its region, of several the last by name"),
        "total_revenue": Column(pl.Float64, "Revenue in the window"),
        "total_gross_margin": Column(pl.Float64, "Gross margin in the window; null where none is known"),
        "margin_rate_pct": Column(pl.Float64, "Gross margin over revenue, %; null without revenue"),
        "revenue_per_active_account": Column(pl.Float64, "Revenue over active accounts"),
        "active_accounts": Column(pl.Int64, "Active accounts with an event in the window"),
        "total_accounts": Column(pl.Int64, "Known accounts with an event in the window"),
        "total_events": Column(pl.Float64, "Events in the window"),
        "active_months": Column(pl.Int64, "Calendar months with an event"),
        "events_per_active_month": Column(pl.Float64, "Events over active months"),
        "distinct_products": Column(pl.Int64, "Products"),
        "distinct_bus": Column(pl.Int64, "Business units"),
        "first_event_date": Column(pl.Date, "First event in the window"),
        "last_event_date": Column(pl.Date, "Last event in the window"),
        "days_since_last_event": Column(pl.Int64, "Days from that to the reference date"),
        "profitability_score": Column(pl.Float64, "Profitability, 0 to 100, two decimals"),
        "profitability_score_raw": Column(pl.Float64, "Profitability, 0 to 100"),
        "adherence_score": Column(pl.Float64, "Adherence, 0 to 100, two decimals"),
        "adherence_score_raw": Column(pl.Float64, "Adherence, 0 to 100"),
        "tier": Column(pl.String, "The tier as the team writes it"),
        "action_flag": Column(pl.String, "The first flag that holds"),
        "tier_code": Column(pl.String, "A, B, C or D"),
        "action": Column(pl.String, "What to do about the customer"),
        "gross_margin_rank": Column(pl.Float64, "Share of the other customers below, 0 to 1; of no known margin 1"),
        "revenue_rank": Column(pl.Float64, "Share of the other customers below, 0 to 1"),
        "events_rank": Column(pl.Float64, "Share of the other customers below, 0 to 1"),
        "events_per_active_month_rank": Column(pl.Float64, "Share of the other customers below, 0 to 1"),
        "distinct_products_rank": Column(pl.Float64, "Share of the other customers below, 0 to 1"),
        "distinct_bus_rank": Column(pl.Float64, "Share of the other customers below, 0 to 1"),
        "days_since_last_event_rank": Column(pl.Float64, "Share of the other customers with a later event, 0 to 1"),
    },
    partition_column="data_month",
    description="The tier rules' figures and scores, a row per customer",
)
