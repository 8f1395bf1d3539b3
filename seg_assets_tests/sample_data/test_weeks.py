"""How the population moves from Monday to Monday: autocorrelated, with births and losses, ages that advance."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from .conftest import MONDAY, frames_of, joined

WEEK = timedelta(7)


@pytest.fixture(scope="module")
def weeks() -> pl.DataFrame:
    now, then = joined(frames_of(MONDAY)), joined(frames_of(MONDAY - WEEK))
    return then.join(now, on="account_id", suffix="_now")


def test_accounts_are_born_and_removed():
    now, then = (set(frames_of(day)["sales_lifecycle"]["account_id"]) for day in (MONDAY, MONDAY - 4 * WEEK))
    assert 0.005 < len(now - then) / len(now) < 0.03
    assert 0 < len(then - now) / len(then) < 0.01


def test_one_to_three_percent_change_lifecycle_stage_in_a_month():
    then, now = (joined(frames_of(day)).select("account_id", "lifecycle_stage") for day in (date(2026, 6, 22), MONDAY))
    both = then.join(now, on="account_id", suffix="_now")
    assert 0.01 < (both["lifecycle_stage"] != both["lifecycle_stage_now"]).mean() < 0.03


def test_account_age_advances_by_seven_days(weeks: pl.DataFrame):
    assert (weeks["account_age_days_now"] - weeks["account_age_days"]).unique().to_list() == [7]


@pytest.mark.parametrize("column", ["days_since_last_engagement", "days_since_last_login", "days_since_last_touch"])
def test_days_since_advance_by_seven_or_start_again(weeks: pl.DataFrame, column: str):
    step = weeks.select(now=f"{column}_now", before=column).drop_nulls()
    assert step.filter((pl.col("now") != pl.col("before") + 7) & (pl.col("now") > 7)).is_empty()
    assert 0.02 < (step["now"] <= 7).mean() < 0.98


def test_counts_over_30_days_move_smoothly(weeks: pl.DataFrame):
    for column in ("web_visits_30d", "dbu_consumed_30d", "sql_queries_30d", "api_calls_30d", "pricing_page_views_30d"):
        pair = np.log1p(weeks.select(column, f"{column}_now").drop_nulls().to_numpy().astype(np.float64))
        assert np.corrcoef(pair, rowvar=False)[0, 1] > 0.95, column
        assert not np.array_equal(pair[:, 0], pair[:, 1]), column


def test_who_a_company_is_stays(weeks: pl.DataFrame):
    known = weeks.filter(pl.col("industry").is_not_null() & pl.col("industry_now").is_not_null())
    for column in ("industry", "country", "funding_stage", "cloud_provider", "is_regulated_industry"):
        assert known[column].equals(known[f"{column}_now"]), column
    assert weeks["sales_motion"].equals(weeks["sales_motion_now"])


def test_mostly_the_same_accounts_go_missing(weeks: pl.DataFrame):
    then, now = weeks["industry"].is_null(), weeks["industry_now"].is_null()
    assert (then & now).sum() / then.sum() > 0.95


def test_responses_are_as_young_as_the_last_engagement():
    whole = joined(frames_of(MONDAY))
    quiet = whole.filter(pl.col("days_since_last_engagement") >= 90)
    assert quiet.height > 100
    assert (
        quiet.select(pl.sum_horizontal("form_fills_90d", "demo_requests_90d", "content_downloads_30d").sum()).item()
        == 0
    )
    idle = whole.filter(pl.col("days_since_last_login") >= 30)
    assert idle["dbu_consumed_30d"].max() == 0
    uncalled = whole.filter(pl.col("days_since_last_touch") >= 90)
    assert uncalled["sales_touches_90d"].max() == 0


def test_customers_lapse_before_they_leave():
    """Accounts that churn within a quarter use less than they did half a year ago; the others do not."""
    then, now = joined(frames_of(date(2025, 10, 20))), joined(frames_of(date(2026, 4, 20)))
    later = joined(frames_of(MONDAY)).select("account_id", pl.col("lifecycle_stage").alias("later"))
    use = pl.col("dbu_consumed_30d").log1p()
    both = then.select("account_id", "lifecycle_stage", before=use).join(
        now.select("account_id", pl.col("lifecycle_stage").alias("stage"), after=use), on="account_id"
    )
    customers = both.filter((pl.col("lifecycle_stage") == "customer") & (pl.col("stage") == "customer"))
    change = customers.join(later, on="account_id").with_columns(change=pl.col("after") - pl.col("before"))
    leaving = change.filter(pl.col("later") == "churned")["change"].mean()
    assert leaving < change.filter(pl.col("later") == "customer")["change"].mean() - 0.3
