"""Events: each changes what lands, from its Monday on and never before."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from seg_assets.catalogs import Catalogue
from seg_assets.sample_data import EVENT_NAMES, Event, conversions, parse_event, snapshot

MONDAY = date(2026, 6, 29)
ACCOUNTS = 2_000
BEFORE = snapshot(MONDAY - timedelta(7), accounts=ACCOUNTS, seed=7)
UNDISTURBED = snapshot(MONDAY, accounts=ACCOUNTS, seed=7)


def under(name: str, monday: date = MONDAY) -> dict[str, pl.DataFrame]:
    return snapshot(monday, accounts=ACCOUNTS, seed=7, events=[Event(name, MONDAY)])


def test_the_events_are_those_of_the_contract():
    assert set(EVENT_NAMES) == {
        "outage", "price_change", "new_kind", "late_source", "duplicated_load", "unit_change", "timezone_shift",
    }  # fmt: skip


@pytest.mark.parametrize("name", EVENT_NAMES)
def test_an_event_changes_its_monday_and_none_before(name: str):
    before = under(name, MONDAY - timedelta(7))
    assert all(before[source].equals(frame) for source, frame in BEFORE.items())
    now = under(name)
    assert any(source not in now or not now[source].equals(frame) for source, frame in UNDISTURBED.items())


@pytest.mark.parametrize("name", ["outage", "late_source", "duplicated_load"])
def test_accidents_are_over_a_week_later(name: str):
    later = MONDAY + timedelta(7)
    calm = snapshot(later, accounts=ACCOUNTS, seed=7)
    assert all(under(name, later)[source].equals(frame) for source, frame in calm.items())


@pytest.mark.parametrize("name", ["price_change", "new_kind", "unit_change", "timezone_shift"])
def test_changes_stay(name: str):
    later = MONDAY + timedelta(14)
    calm = snapshot(later, accounts=ACCOUNTS, seed=7)
    assert any(not under(name, later)[source].equals(frame) for source, frame in calm.items())


def test_an_outage_takes_most_of_web_and_email():
    hit, calm = under("outage")["marketing_engagement"], UNDISTURBED["marketing_engagement"]
    assert hit["web_visits_30d"].sum() < 0.3 * calm["web_visits_30d"].sum()
    assert hit["email_open_rate_90d"].null_count() > 0.7 * hit.height


def test_a_price_change_steps_contracts_up_and_discounts_down(catalogue: Catalogue):
    changed, calm = under("price_change")["account_value"], UNDISTURBED["account_value"]
    for column in ("contract_value", "estimated_arr"):
        assert changed[column].sum() == pytest.approx(1.15 * calm[column].sum(), rel=0.01)
    assert changed["discount_rate"].mean() < 0.7 * calm["discount_rate"].mean()
    assert changed["arr_growth_12m"].min() >= -1


def test_a_new_kind_is_a_tenth_of_the_population_and_unlike_the_others(catalogue: Catalogue):
    frames = under("new_kind")
    known = UNDISTURBED["sales_lifecycle"]["account_id"].implode()
    newcomers = frames["sales_lifecycle"].filter(~pl.col("account_id").is_in(known))
    assert newcomers.height / frames["sales_lifecycle"].height == pytest.approx(0.10, abs=0.01)
    use = frames["product_usage"].with_columns(new=~pl.col("account_id").is_in(known))
    serving = dict(use.group_by("new").agg(pl.col("model_serving_requests_30d").median()).rows())
    assert serving[True] > 50 * serving[False]
    for rule in catalogue.rules:
        if rule.name == "trial_is_a_trial":
            assert newcomers.filter(~pl.sql_expr(rule.must)).is_empty()


def test_newcomers_convert_only_after_they_appear():
    args = {"accounts": ACCOUNTS, "seed": 7}
    end = MONDAY + timedelta(120)
    with_them = conversions(None, end, **args, events=[Event("new_kind", MONDAY)])
    theirs = with_them.join(conversions(None, end, **args), on="account_id", how="anti")
    assert theirs.height > 0
    assert theirs["qualified_at"].min() >= MONDAY


def test_a_late_source_does_not_land():
    assert set(UNDISTURBED) - set(under("late_source")) == {"marketing_engagement"}


def test_a_duplicated_load_has_identical_and_conflicting_rows():
    frame = under("duplicated_load")["account_value"]
    assert frame.height == 2 * UNDISTURBED["account_value"].height
    conflicting = frame.unique().filter(pl.col("account_id").is_duplicated())["account_id"].n_unique()
    assert 0.005 < conflicting / UNDISTURBED["account_value"].height < 0.04


def test_a_unit_change_sends_percent_and_megabytes():
    changed = under("unit_change")
    assert changed["marketing_engagement"]["email_open_rate_90d"].max() > 50
    before = UNDISTURBED["product_usage"]["data_ingested_gb_30d"].sum()
    assert changed["product_usage"]["data_ingested_gb_30d"].sum() == pytest.approx(1024 * before)


def test_a_timezone_shift_loses_a_day_of_thirty():
    shifted = under("timezone_shift")
    for source, column in (("marketing_engagement", "web_visits_30d"), ("product_usage", "sql_queries_30d")):
        share = shifted[source][column].sum() / UNDISTURBED[source][column].sum()
        assert share == pytest.approx(29 / 30, abs=0.02)
    moved = shifted["product_usage"]["days_since_last_login"] - UNDISTURBED["product_usage"]["days_since_last_login"]
    assert moved.drop_nulls().unique().to_list() == [1]


def test_an_event_is_read_from_its_name_and_monday():
    assert parse_event("outage:2026-06-29") == Event("outage", MONDAY)
    assert str(parse_event("new_kind:2026-06-29")) == "new_kind:2026-06-29"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("outage", "write NAME:MONDAY"),
        ("outtage:2026-06-29", "unknown name 'outtage'; known are outage, price_change"),
        ("outage:29.06.2026", "'29.06.2026' is not a date"),
        ("outage:2026-06-30", "Tuesday; snapshots are taken on Mondays, such as 2026-06-29"),
    ],
)
def test_an_event_misspelled_says_how_to_write_it(text: str, words: str):
    with pytest.raises(ValueError, match=words):
        parse_event(text)
