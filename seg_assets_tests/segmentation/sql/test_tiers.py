"""The incumbent exactly: the team's own tables are met, and scores do not depend on how the rows came."""

from __future__ import annotations

import datetime as dt
from functools import cache

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_assets.calendar import months_earlier
from seg_assets.catalogs.tiers import FewProducts, Inactive, New, Otherwise, TierRules
from seg_assets.segmentation.sql.tiers_in_duckdb import TierTables
from seg_assets_tests.segmentation.sql.tier_cases import DAY, RULES, accounts_of, events_of, reference_inputs, tiered
from seg_assets_tests.shared import shared_file

CASES = {
    "sample_dedup_2024-12-31": ("fct_sample", "dim_dedup"),
    "sample_dedup_2025-02-15": ("fct_sample", "dim_dedup"),
    "stress_2024-12-31": ("fct_stress", "dim_stress"),
}
MONEY = ("total_revenue", "total_gross_margin")
COLUMNS = (
    *("cs_representative", "region", *MONEY, "margin_rate_pct", "active_accounts", "total_accounts", "total_events"),
    *("active_months", "events_per_active_month", "distinct_products", "distinct_bus", "first_event_date"),
    *("last_event_date", "days_since_last_event", "profitability_score", "profitability_score_raw"),
    *("adherence_score", "adherence_score_raw", "tier", "action_flag"),
)


def day_of(case: str) -> dt.date:
    return dt.date.fromisoformat(case.rpartition("_")[2])


@cache
def ours(case: str) -> TierTables:
    return tiered(*reference_inputs(*CASES[case]), day=day_of(case))


def theirs(case: str) -> pl.DataFrame:
    expected = pl.read_parquet(shared_file(f"tier_reference/outputs/{case}.parquet")).sort("customer_name")
    return expected.with_columns(pl.col(pl.Decimal).cast(pl.Float64))


@pytest.mark.parametrize("case", CASES)
def test_the_reference_has_the_same_customers(case):
    assert ours(case).customers["customer_name"].to_list() == theirs(case)["customer_name"].to_list()


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("case", CASES)
def test_the_reference_is_met_on_every_row(case, column):
    found, expected = ours(case).customers[column], theirs(case)[column]
    if column.endswith("_raw"):
        assert found.null_count() == 0
        assert (found - expected).abs().max() <= 1e-9
    else:
        assert found.to_list() == expected.to_list()


@pytest.mark.parametrize("case", CASES)
def test_revenue_per_account_is_the_references_to_the_cent(case):
    """Theirs is rounded from a sum of doubles, and six quotients that end in half a cent fell below it."""
    difference = (ours(case).customers["revenue_per_active_account"] - theirs(case)["revenue_per_active_account"]).abs()
    assert difference.max() < 0.0101
    assert (difference > 0.001).sum() <= 6


@pytest.mark.parametrize("case", CASES)
def test_the_main_business_unit_is_the_references_where_no_two_tie(case):
    events, _ = reference_inputs(*CASES[case])
    inside = pl.col("event_date").is_between(day_of(case).replace(year=day_of(case).year - 1), day_of(case))
    by_unit = (
        events.filter(inside)
        .group_by("customer_name", "business_unit")
        .agg(pl.col("total_revenue").sum().round(4))
        .group_by("customer_name")
        .agg((pl.col("total_revenue") == pl.col("total_revenue").max()).sum().alias("best"))
    )
    alone = by_unit.filter(pl.col("best") == 1).select("customer_name")
    found = ours(case).customers.join(alone, "customer_name", "semi", maintain_order="left")
    expected = theirs(case).join(alone, "customer_name", "semi", maintain_order="left")
    assert found.height > 0.9 * theirs(case).height
    assert found["main_business_unit"].to_list() == expected["main_business_unit"].to_list()


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_rows_does_not_matter(seed):
    events, accounts = reference_inputs(*CASES["stress_2024-12-31"])
    shuffled = tiered(
        events.sample(fraction=1, shuffle=True, seed=seed),
        accounts.sample(fraction=1, shuffle=True, seed=seed),
        day=day_of("stress_2024-12-31"),
    )
    assert shuffled.customers.equals(ours("stress_2024-12-31").customers)
    assert shuffled.accounts.equals(ours("stress_2024-12-31").accounts)


def test_two_status_rows_do_not_multiply_revenue_and_are_counted():
    case = "stress_2024-12-31"
    events, accounts = reference_inputs(*CASES[case])
    twice = tiered(events, pl.concat([accounts, accounts.head(500)]), day=day_of(case))
    assert twice.customers.equals(ours(case).customers)
    assert twice.accounts.equals(ours(case).accounts)
    assert (twice.figures["repeated_accounts"], ours(case).figures["repeated_accounts"]) == (500, 0)


def test_an_account_said_active_and_inactive_is_active():
    both = pl.concat([accounts_of(A1=False), accounts_of(A1=True)])
    assert tiered(events_of({}), both).customers["active_accounts"].to_list() == [1]


def test_customers_whose_accounts_are_all_inactive_change_nobodys_tier():
    events, accounts = reference_inputs(*CASES["stress_2024-12-31"])
    other = events.head(200).with_columns(customer_name=pl.lit("Z gone"), account_id=pl.lit("Z1"), total_revenue=9e6)
    more = tiered(
        pl.concat([events, other]), pl.concat([accounts, accounts_of(Z1=False)]), day=day_of("stress_2024-12-31")
    )
    assert more.customers.equals(ours("stress_2024-12-31").customers)
    (gone,) = more.accounts.filter(pl.col("account_id") == "Z1").to_dicts()
    assert (gone["tier"], gone["reason"]) == ("none", "customer Z gone has no active account")


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "customer_name": st.sampled_from(["K", "L", "M", "N", None]),
            "account_id": st.sampled_from(["A1", "A2", "A3", "A4", "A5"]),
            "event_date": st.dates(DAY - dt.timedelta(days=500), DAY + dt.timedelta(days=20)),
            "product": st.sampled_from(["P", "Q", None]),
            "business_unit": st.sampled_from(["U", "V", None]),
            "total_revenue": st.sampled_from([0.0, -5.25, 0.1, 0.2, 0.30000000000000004, 1e6]),
            "total_gross_margin": st.sampled_from([None, -1.0, 0.0, 3.1]),
            "event_count": st.sampled_from([None, 0.0, 1.0, 2.5]),
        }
    ),
    max_size=30,
)


@settings(max_examples=25, deadline=None)
@given(rows=ROWS, active=st.lists(st.booleans(), min_size=4, max_size=4))
def test_scores_lie_in_0_to_100_and_every_account_is_there_once(rows, active):
    accounts = accounts_of(**{f"A{i}": flag for i, flag in enumerate(active, 1)})
    tables = tiered(events_of(*rows) if rows else events_of({}).clear(), accounts)
    for column in ("profitability_score_raw", "adherence_score_raw"):
        assert all(0 <= score <= 100 for score in tables.customers[column])
    assert tables.accounts["account_id"].to_list() == ["A1", "A2", "A3", "A4"]
    assert set(tables.accounts["tier"]) <= {"A", "B", "C", "D", "none"}
    has_tier = tables.accounts["tier"] != "none"
    assert (tables.accounts["action"].is_not_null() == has_tier).all()
    assert (tables.accounts["profitability"].is_not_null() == has_tier).all()
    assert tables.accounts["reason"].null_count() == 0


def test_the_window_begins_and_ends_with_its_days():
    first = DAY.replace(year=DAY.year - 1)
    days = [first - dt.timedelta(days=1), first, DAY, DAY + dt.timedelta(days=1)]
    found = tiered(events_of(*({"event_date": day} for day in days)), accounts_of(A1=True)).customers.row(0, named=True)
    assert (found["total_revenue"], found["first_event_date"], found["last_event_date"]) == (200, first, DAY)


def test_sums_of_money_tie_where_the_cents_do():
    """0.1 + 0.2 is not 0.3 as a double, and one of two equal customers would rank above the other."""
    rows = [{"total_revenue": 0.1}, {"total_revenue": 0.2}]
    other = {"customer_name": "L", "account_id": "A2", "total_revenue": 0.3, "total_gross_margin": 80.0}
    found = tiered(events_of(*rows, other), accounts_of(A1=True, A2=True)).customers
    assert found["revenue_rank"].to_list() == [0, 0]
    assert found["gross_margin_rank"].to_list() == [0, 0]


def test_an_unnamed_event_belongs_to_the_parent_where_that_is_known():
    known = accounts_of(A1=True).with_columns(parent_customer=pl.lit("Parent & Sons"))
    rows = [{"customer_name": None}, {"customer_name": None, "account_id": "A9"}]
    tables = tiered(events_of(*rows), known)
    assert tables.customers["customer_name"].to_list() == ["Parent & Sons"]
    assert (tables.figures["events_without_customer"], tables.figures["events_of_unknown_accounts"]) == (1, 1)


def test_an_account_of_two_customers_takes_the_one_with_most_revenue():
    rows = [{}, {"customer_name": "L", "total_revenue": 500.0}, {"account_id": "A2"}]
    tables = tiered(events_of(*rows), accounts_of(A1=True, A2=False))
    assert dict(tables.accounts.select("account_id", "customer_name").iter_rows()) == {"A1": "L", "A2": "Kiel Freight"}
    assert tables.figures["further_customers_of_accounts"] == 1


@pytest.mark.parametrize(
    ("rows", "flag"),
    [
        ([{"event_date": DAY - dt.timedelta(days=91)}], "CHURN RISK: Inactive 90+ days"),
        ([{"event_date": DAY - dt.timedelta(days=90)}], "WARNING: Inactive 60+ days"),
        ([{"event_date": DAY - dt.timedelta(days=60)}], "NEW: Recent customer"),
        ([{"event_date": dt.date(2026, 3, 1)}, {}], "NEW: Recent customer"),
        ([{"event_date": dt.date(2026, 2, 28)}, {}], "REGULAR"),
        ([{"event_date": dt.date(2025, month, 3)} for month in range(7, 13)], "CHURN RISK: Inactive 90+ days"),
        (
            [{"event_date": dt.date(2025 + (m > 12), (m - 1) % 12 + 1, 3)} for m in range(9, 19)],
            "OPPORTUNITY: Expand portfolio (Xsell)",
        ),
        ([{"event_date": dt.date(2025 + (m > 12), (m - 1) % 12 + 1, 3)} for m in range(10, 19)], "REGULAR"),
    ],
)
def test_the_first_flag_that_holds_is_taken(rows, flag):
    found = tiered(events_of(*rows), accounts_of(A1=True)).customers.row(0, named=True)
    assert found["action_flag"] == flag
    assert found["action"] == next(each.action for each in RULES.flags if each.name == flag)


def test_profit_from_one_account_asks_for_expansion():
    rows = [{"event_date": dt.date(2025, 7, 1)}, {}, {"customer_name": "L", "account_id": "A2", "total_revenue": 1.0}]
    found = tiered(events_of(*rows), accounts_of(A1=True, A2=True)).customers
    assert found["action_flag"].to_list() == ["OPPORTUNITY: Account expansion", "NEW: Recent customer"]


def test_other_rules_give_other_texts_quotes_included():
    rules = TierRules(
        window_months=3,
        flags=(
            New(name="it's new", months=0, action='say "hello"'),
            FewProducts(name="narrow", active_months=1, products=2, action="{show}"),
            Inactive(name="never", days=1, action="-"),
            Otherwise(name="else", action="-"),
        ),
    )
    rows = [{}, {"customer_name": "L", "account_id": "A2", "event_date": dt.date(2026, 4, 2)}]
    old = {"customer_name": "M", "account_id": "A3", "event_date": dt.date(2026, 3, 28)}
    found = tiered(events_of(*rows, old), accounts_of(A1=True, A2=True, A3=True), rules).customers
    assert found.select("action_flag", "action").rows() == [("it's new", 'say "hello"'), ("narrow", "{show}")]


WORKED = {
    # margin, revenue, events, active months, products, business units, days since the last event
    "Kiel": (40_000, 100_000, 24, 12, 3, 2, 10),
    "Lund": (30_000, 120_000, 30, 10, 2, 1, 20),
    "Malmo": (20_000, 50_000, 6, 3, 3, 1, 70),
    "Narvik": (10_000, 20_000, 8, 2, 1, 1, 5),
    "Oslo": (5_000, 8_000, 2, 2, 1, 1, 200),
}


def test_the_worked_example_of_the_documentation():
    rows = [
        {
            "customer_name": name,
            "account_id": name,
            "event_date": months_earlier(DAY - dt.timedelta(days=days), back),
            "product": f"P{back % products}",
            "business_unit": f"U{back % units}",
            "total_revenue": revenue / months,
            "total_gross_margin": margin / months,
            "event_count": events / months,
        }
        for name, (margin, revenue, events, months, products, units, days) in WORKED.items()
        for back in range(months)
    ]
    tables = tiered(events_of(*rows), accounts_of(**dict.fromkeys(WORKED, True)))
    kiel = tables.customers.filter(pl.col("customer_name") == "Kiel").row(0, named=True)
    assert (kiel["profitability_score"], kiel["adherence_score"]) == (88.75, 65.0)
    assert (kiel["tier"], kiel["action_flag"]) == ("TIER B - MARGIN POWER", "OPPORTUNITY: Account expansion")
    (why,) = tables.accounts.filter(pl.col("account_id") == "Kiel")["reason"]
    assert why == (
        "profitability 88.8: gross margin above 100 % of customers, revenue above 75 %; adherence 65.0: events above "
        "75 %, events a month 25 %, products 75 %, business units 100 %, last event no earlier than of 75 %"
    )
