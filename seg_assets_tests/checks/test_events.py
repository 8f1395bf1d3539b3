"""Each event of the contract is caught in its week, by the check made for it, with the feature's name."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from resources.pages import Pages
from seg_assets.checks.drift import drift_of_week
from seg_assets.checks.missingness import missingness
from seg_assets.checks.mix import mix_of_segments
from seg_assets.checks.rows import rows_against_last_week
from seg_assets.checks.steps import one_step
from seg_assets.checks.week import Week
from seg_assets.landing import ContractError, LandingError, account_snapshot, validate
from seg_assets.sample_data import Event, snapshot
from seg_assets_tests.checks.weeks import ACCOUNTS, CATALOGUE, EVENT_WEEK, SEED, Weeks, accounts_on

CHECKS = {
    "rows": rows_against_last_week,
    "missingness": missingness,
    "steps": one_step,
    "mix": mix_of_segments,
}


def land(spring: Weeks, name: str) -> Week:
    spring.land(EVENT_WEEK, accounts_on(EVENT_WEEK, [Event(name, EVENT_WEEK)]))
    return spring.week(EVENT_WEEK)


def failing(week: Week, pages: Pages) -> dict[str, object]:
    found = {name: check(week) for name, check in CHECKS.items()} | {"drift": drift_of_week(week, pages)}
    return {name: finding for name, finding in found.items() if not finding.passed}


@pytest.fixture
def pages(tmp_path) -> Pages:
    return Pages(str(tmp_path / "pages"))


def test_an_ordinary_week_fails_nothing_and_draws_nothing(spring, pages):
    spring.land(EVENT_WEEK, accounts_on(EVENT_WEEK))
    assert failing(spring.week(EVENT_WEEK), pages) == {}
    assert not list(pages.path("x").parent.glob("**/*.html"))


def test_an_outage_is_missing_values_and_drift_of_one_source(spring, pages):
    found = failing(land(spring, "outage"), pages)
    gone = found["missingness"]
    assert gone.blocks
    assert "email_open_rate_90d" in gone.told and "email_click_rate_90d" in gone.told
    assert gone.causes[0].startswith("source marketing_engagement")
    assert gone.since == EVENT_WEEK
    assert gone.accounts > 0.7 * ACCOUNTS and gone.arr > 0
    assert "web_visits_30d" in found["drift"].told
    assert found["drift"].causes[0].startswith("source marketing_engagement")
    assert (spring.week(EVENT_WEEK).monday.isoformat() + ".html") in found["drift"].page


def test_a_price_change_is_a_step_of_contracts_that_distributions_hardly_show(spring, pages):
    found = failing(land(spring, "price_change"), pages)
    assert "steps" in found and "missingness" not in found
    told = found["steps"].told
    assert "contract_value is 1.15 times" in told
    assert "discount_rate is 0.6" in told
    assert found["steps"].causes[0].startswith("source account_value")
    assert not found["steps"].blocks


def test_a_new_kind_of_account_is_rows_that_came_and_drift_of_what_they_use(spring, pages):
    found = failing(land(spring, "new_kind"), pages)
    assert "came" in found["rows"].told
    assert any("sales_motion = self_serve" in cause for cause in found["rows"].causes)
    assert "api_calls_30d" in found["drift"].told
    assert any("accounts that are new this week" in cause for cause in found["mix"].causes)


def test_a_late_source_stops_the_snapshot_by_its_name():
    frames = snapshot(EVENT_WEEK, accounts=200, seed=SEED, events=[Event("late_source", EVENT_WEEK)])
    accepted = {
        source.name: validate(frames[source.name], source.name, CATALOGUE, EVENT_WEEK).accepted
        for source in CATALOGUE.sources
        if source.name in frames
    }
    with pytest.raises(LandingError, match="source marketing_engagement has no rows for this week"):
        account_snapshot(accepted, CATALOGUE, EVENT_WEEK)


def test_a_duplicated_load_is_told_by_the_contract_of_its_source():
    source = "account_value"
    frame = snapshot(EVENT_WEEK, accounts=1_000, seed=SEED, events=[Event("duplicated_load", EVENT_WEEK)])[source]
    report = validate(frame, source, CATALOGUE, EVENT_WEEK).report
    assert report.dropped > 900
    assert any("contradict each other" in str(problem) for problem in report.problems)


def test_a_unit_change_is_refused_by_its_ranges_or_told_as_step_and_drift(spring, pages):
    with pytest.raises(ContractError, match=r"email_open_rate_90d holds [\d,]+ values outside 0..1"):
        accounts_on(EVENT_WEEK, [Event("unit_change", EVENT_WEEK)])
    frame = accounts_on(EVENT_WEEK).with_columns(pl.col("data_ingested_gb_30d") * 1024)
    spring.land(EVENT_WEEK, frame)
    found = failing(spring.week(EVENT_WEEK), pages)
    assert "data_ingested_gb_30d is 1.0" in found["steps"].told
    assert found["drift"].told.startswith("data_ingested_gb_30d has drifted from the champion's training snapshot")
    assert found["drift"].causes[0] == "feature data_ingested_gb_30d"


def test_a_timezone_shift_is_a_day_too_many_for_everyone(spring, pages):
    found = failing(land(spring, "timezone_shift"), pages)
    told = found["steps"].told
    assert "days_since_last_engagement moved by 8" in told and "by 7 a week before" in told
    assert "days_since_last_login" in found["drift"].told


def test_the_week_after_an_outage_is_told_and_scored(spring, pages):
    """Against the week before it has drifted as much as that one; blocking it would keep a good week out."""
    land(spring, "outage")
    after = EVENT_WEEK + dt.timedelta(weeks=1)
    spring.land(after, accounts_on(after))
    found = failing(spring.week(after), pages)
    assert "drift" in found
    assert not any(finding.blocks for finding in found.values())


def test_what_goes_on_for_weeks_says_since_when(spring, pages):
    for number in range(3):
        monday = EVENT_WEEK + dt.timedelta(weeks=number)
        frame = accounts_on(monday).with_columns(pl.lit(None, pl.Float64).alias("sales_touches_90d"))
        spring.land(monday, frame)
    found = failing(spring.week(monday), pages)
    assert found["missingness"].since == EVENT_WEEK
    assert found["missingness"].causes[0] == "feature sales_touches_90d"
