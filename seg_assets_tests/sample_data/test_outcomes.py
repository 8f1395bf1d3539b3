"""Conversions: rare, drawn once, learnable but noisy, shared within families, and never visible beforehand."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from seg_assets.catalogs import Catalogue, Kind
from seg_assets.sample_data import conversions, revenue_events

from .conftest import ACCOUNTS, SEED, frames_of, joined

HORIZON = timedelta(60)
OPEN = ["prospecting", "discovery", "evaluation", "negotiation"]


@pytest.fixture(scope="module")
def qualified() -> pl.DataFrame:
    return conversions(None, date(2026, 12, 1), accounts=ACCOUNTS, seed=SEED)


def labelled(monday: date, qualified: pl.DataFrame, catalogue: Catalogue) -> tuple[pl.DataFrame, np.ndarray]:
    """Eligible accounts of a Monday, and whether each converted within the horizon."""
    whole = joined(frames_of(monday)).filter(~pl.sql_expr(str(catalogue.open_opportunity)))
    coming = qualified.filter(pl.col("qualified_at").is_between(monday, monday + HORIZON, closed="right"))
    return whole, whole["account_id"].is_in(coming["account_id"].implode()).to_numpy()


@pytest.mark.parametrize("monday", [date(2025, 1, 27), date(2025, 9, 29), date(2026, 5, 18)])
def test_two_to_six_percent_of_eligible_accounts_convert_within_60_days(
    monday: date, qualified: pl.DataFrame, catalogue: Catalogue
):
    _, converted = labelled(monday, qualified, catalogue)
    assert 0.02 < converted.mean() < 0.06


def test_conversion_can_be_learned_out_of_time_but_not_well(qualified: pl.DataFrame, catalogue: Catalogue):
    features = [feature for feature in catalogue.features if feature.kind is not Kind.CATEGORICAL]

    def matrix(whole: pl.DataFrame) -> np.ndarray:
        codes = [
            pl.col(f.name).replace_strict({level: i for i, level in enumerate((*f.levels, *f.unordered_levels))})
            if f.kind is Kind.ORDINAL
            else pl.col(f.name).cast(pl.Float64)
            for f in features
        ]
        return whole.select(codes).cast(pl.Float64).to_numpy()

    past = [labelled(day, qualified, catalogue) for day in (date(2025, 6, 30), date(2025, 9, 29), date(2025, 12, 29))]
    model = HistGradientBoostingClassifier(max_iter=60, max_leaf_nodes=8, learning_rate=0.08, l2_regularization=5)
    model.fit(np.concatenate([matrix(whole) for whole, _ in past]), np.concatenate([y for _, y in past]))
    whole, converted = labelled(date(2026, 3, 30), qualified, catalogue)
    seen = matrix(whole)
    assert 0.73 < roc_auc_score(converted, model.predict_proba(seen)[:, 1]) < 0.86
    known = np.nan_to_num(seen)
    best = max(max(a, 1 - a) for a in (roc_auc_score(converted, column) for column in known.T))
    assert best < 0.74


def test_an_opportunity_opens_with_its_conversion_and_not_before(qualified: pl.DataFrame):
    monday = date(2026, 3, 30)
    whole = joined(frames_of(monday))
    latest = (
        qualified.filter(pl.col("qualified_at") <= monday)
        .group_by("account_id")
        .agg(pl.col("qualified_at").max())
        .join(whole, on="account_id", how="right")
    )
    working = pl.col("opportunity_stage").is_in(OPEN)
    assert latest.filter(working)["qualified_at"].null_count() == 0
    assert latest.filter(working != (pl.col("open_opportunities") > 0)).is_empty()
    fresh = latest.filter(pl.col("qualified_at") > monday - timedelta(30))
    assert fresh.height > 50
    assert fresh.filter(~working).is_empty()


def test_a_conversion_is_the_same_whenever_it_is_asked_for(qualified: pl.DataFrame):
    first, last = date(2026, 3, 2), date(2026, 3, 9)
    week = conversions(first, last, accounts=ACCOUNTS, seed=SEED)
    here = qualified.filter((pl.col("qualified_at") >= first) & (pl.col("qualified_at") < last))
    assert week.height > 20
    assert week.equals(here)


def test_an_account_does_not_convert_again_while_its_deal_is_open(qualified: pl.DataFrame):
    gaps = qualified.sort("account_id", "qualified_at").select(
        pl.col("qualified_at").diff().over("account_id").dt.total_days()
    )
    assert gaps.to_series().drop_nulls().min() >= 40


def test_some_conversions_end_as_customers(qualified: pl.DataFrame):
    monday = date(2025, 3, 31)
    before = joined(frames_of(monday)).filter(pl.col("lifecycle_stage").is_in(["lead", "mql"]))
    later = joined(frames_of(date(2026, 3, 30))).select("account_id", pl.col("lifecycle_stage").alias("later"))
    coming = qualified.filter(pl.col("qualified_at").is_between(monday, monday + HORIZON))
    ended = before.join(coming, on="account_id", how="semi").join(later, on="account_id")
    assert 0.15 < (ended["later"] == "customer").mean() < 0.6


def test_families_convert_together(qualified: pl.DataFrame):
    monday = date(2026, 3, 30)
    master = frames_of(monday)["account_master"].select("account_id", "parent_account_id")
    coming = qualified.filter(pl.col("qualified_at").is_between(date(2025, 7, 1), monday)).select("account_id").unique()
    flagged = master.with_columns(converted=pl.col("account_id").is_in(coming["account_id"].implode()))
    sums = flagged.group_by("parent_account_id").agg(n=pl.len(), c=pl.col("converted").sum()).filter(pl.col("n") > 1)
    rate = sums["c"].sum() / sums["n"].sum()
    pairs = (sums["n"] * (sums["n"] - 1)).sum()
    together = (sums["c"] * (sums["c"] - 1)).sum() / pairs
    assert together > 1.1 * rate**2


def test_revenue_events_bill_customers_only():
    events = revenue_events(date(2026, 6, 1), date(2026, 6, 29), accounts=ACCOUNTS, seed=SEED)
    assert events.columns == [
        "account_id", "customer_name", "event_date", "product", "business_unit", "total_revenue",
        "total_gross_margin", "event_count", "cs_representative", "region",
    ]  # fmt: skip
    assert events["event_date"].min() >= date(2026, 6, 1)
    assert events["event_date"].max() < date(2026, 6, 29)
    assert events.is_unique().all()
    now = joined(frames_of(date(2026, 6, 29))).filter(pl.col("lifecycle_stage").is_in(["customer", "churned"]))
    assert events["account_id"].is_in(now["account_id"].implode()).all()
    assert events["total_revenue"].min() > 0
    assert (events["total_gross_margin"] < events["total_revenue"]).all()


def test_a_year_of_revenue_is_about_the_contracts_in_force():
    events = revenue_events(date(2025, 7, 21), date(2026, 7, 20), accounts=ACCOUNTS, seed=SEED)
    contracts = joined(frames_of(date(2026, 1, 26)))["contract_value"].sum()
    assert events["total_revenue"].sum() == pytest.approx(contracts, rel=0.25)
