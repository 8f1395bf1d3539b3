"""Other people's invoices through the same tier rules."""

from __future__ import annotations

import datetime as dt
import runpy
from typing import Any

import polars as pl
import pytest

from seg_assets_tests.shared import CHECKOUT, shared_file

LINES = pl.DataFrame(
    [
        ("1", "P1", 2, dt.datetime(2011, 11, 1, 8), 5.0, 7.0),
        ("1", "P2", 1, dt.datetime(2011, 11, 1, 8), 3.0, 7.0),
        ("2", "P1", 1, dt.datetime(2011, 12, 1, 9), 5.0, 7.0),
        ("3", "P1", 9, dt.datetime(2011, 12, 2, 9), 5.0, 8.0),
        ("C4", "P1", -9, dt.datetime(2011, 12, 3, 9), 5.0, 8.0),
        ("5", "P1", 1, dt.datetime(2011, 12, 3, 9), 0.0, 8.0),
        ("6", "P1", 1, dt.datetime(2011, 12, 3, 9), 5.0, None),
    ],
    schema=["InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"],
    orient="row",
).with_columns(Country=pl.lit("Portugal"))


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    return runpy.run_path(str(CHECKOUT / "examples" / "online_retail" / "tiers.py"))


def test_an_invoice_is_one_event_and_cancellations_are_none(example):
    customers = example["tiered"](LINES, 1.0).customers
    assert customers.select("customer_name", "total_revenue", "total_events", "distinct_products").rows() == [
        ("7", 18.0, 2.0, 2),
        ("8", 45.0, 1.0, 1),
    ]


def test_without_a_margin_nobody_is_profitable(example):
    assert set(example["tiered"](LINES, None).customers["tier_code"]) <= {"C", "D"}


def test_the_published_file_gives_the_published_customers_and_all_four_tiers(example):
    invoices = pl.read_parquet(shared_file("data/online_retail/online_retail.parquet"))
    cleaned = example["sales"](invoices)
    assert cleaned["CustomerID"].n_unique() == 4_338
    assert (cleaned["Quantity"] * cleaned["UnitPrice"]).sum() == pytest.approx(8_911_407.90, abs=0.01)
    tables = example["tiered"](invoices, 1.0)
    assert example["by_tier"](tables)["tier_code"].to_list() == ["A", "B", "C", "D"]
    assert tables.customers["profitability_score_raw"].max() == 100
