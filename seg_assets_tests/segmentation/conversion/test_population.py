"""Who is judged, at the edges of each rule."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from seg_assets.segmentation.conversion.population import (
    AsOf,
    eligible_accounts,
    funnel,
    populations,
)
from seg_assets_tests.segmentation.conversion.shop import DESIGN, TEST, accounts_on, shop

CATALOGUE = shop()


def with_conversions(*days: int, account: str = "A0000001") -> AsOf:
    frame = accounts_on(TEST, CATALOGUE, accounts=10).with_columns(clicks=pl.lit(0.0), member=pl.lit(True))
    dates = [TEST + dt.timedelta(days=day) for day in days]
    conversions = pl.DataFrame(
        {"account_id": [account] * len(days), "qualified_at": dates}, {"account_id": pl.String, "qualified_at": pl.Date}
    )
    return AsOf(TEST, frame.lazy(), conversions.lazy())


@pytest.mark.parametrize(
    ("day", "eligible"), [(-61, True), (-60, True), (-59, False), (0, False), (1, True), (60, True), (61, True)]
)
def test_an_account_that_qualified_within_the_horizon_before_is_not_asked_again(day: int, eligible: bool) -> None:
    found = eligible_accounts(with_conversions(day), CATALOGUE).collect()
    assert ("A0000001" in found["account_id"].to_list()) is eligible
    assert found.height == (10 if eligible else 9)


@pytest.mark.parametrize(("days", "converted"), [((1, 2, 60), 1), ((61,), 0), ((-61, 5), 1)])
def test_an_account_converts_once_and_within_the_horizon(days: tuple[int, ...], converted: int) -> None:
    assert eligible_accounts(with_conversions(*days), CATALOGUE).collect()["converted"].sum() == converted


def test_the_funnel_accounts_for_everybody() -> None:
    as_of = with_conversions(-5)
    members = pl.when(pl.col("account_id") < "A0000004").then(pl.lit(True)).otherwise(pl.lit(None, pl.Boolean))
    clicks = pl.when(pl.col("account_id") == "A0000000").then(2_000.0).otherwise(0.0)
    as_of = AsOf(TEST, as_of.accounts.with_columns(member=members, clicks=clicks), as_of.conversions)
    steps = funnel(as_of, eligible_accounts(as_of, CATALOGUE).collect(), CATALOGUE)
    assert [(step.step, step.accounts, step.dropped) for step in steps] == [
        ("all accounts", 10, 0),
        ("no opportunity", 9, 1),
        ("eligible", 8, 1),
        ("headline", 2, 6),
    ]


def test_the_pool_is_never_shown_without_its_parts() -> None:
    frame = accounts_on(TEST, CATALOGUE, accounts=200)
    parts = populations(CATALOGUE, ["north", "south", "east", "not known"])
    assert [part.name for part in parts] == [
        "headline",
        "eligible",
        *(f"city={name}" for name in ("north", "south", "east", "not known")),
    ]
    sizes = {part.name: frame.filter(part.chosen).height for part in parts}
    assert sum(size for name, size in sizes.items() if name.startswith("city=")) == sizes["eligible"] == 200


def test_a_catalogue_without_a_design_judges_all_eligible_accounts() -> None:
    assert [part.name for part in populations(shop(lift_report={}), [])] == ["eligible"]
    assert [part.name for part in populations(shop(lift_report={"headline": DESIGN["headline"]}), [])] == [
        "headline",
        "eligible",
    ]
