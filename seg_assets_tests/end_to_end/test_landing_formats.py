"""The same accounts, landed by hand as CSV, as Parquet and as Delta, are read alike and are in the same segments."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

from seg_assets_tests.end_to_end.conftest import BEFORE, LABELS
from seg_assets_tests.end_to_end.homes import Home
from seg_assets_tests.end_to_end.landed import land_population

pytestmark = pytest.mark.slow

SERVICE_MONTH = dt.date(2026, 6, 1)
NOT_LANDED = "2025-02"


@pytest.fixture(scope="session")
def by_delta(made_once, new_home) -> Home:
    """The first two Mondays of the finished home, which is Parquet, as Delta tables, and June's model on them."""

    def make(folder: Path) -> None:
        home = new_home(folder)
        land_population(home.landing, (LABELS, BEFORE), "delta")
        told = home.seg_run("--months", "2026-06", "--weeks", BEFORE)
        assert told.exit_code == 0, told.object

    folder = made_once("delta", make)
    return Home(folder / "home", folder / "landing")


@pytest.fixture(scope="session")
def by_csv(made_once, new_home) -> Home:
    """The second of these Mondays as CSV files, read: what is made of equal rows is equal."""

    def make(folder: Path) -> None:
        home = new_home(folder)
        land_population(home.landing, (LABELS, BEFORE), "csv")
        told = home.seg_run("--months", NOT_LANDED, "--weeks", BEFORE)
        assert told.skipped["segment_scores"] == "no model has been promoted yet"

    folder = made_once("csv", make)
    return Home(folder / "home", folder / "landing")


@pytest.fixture(params=["csv", "delta"])
def other_format(request) -> Home:
    home: Home = request.getfixturevalue(f"by_{request.param}")
    return home


@pytest.mark.parametrize("source", ["sales_lifecycle", "product_usage", "pipeline_conversions"])
def test_every_format_is_read_alike(other_format, finished, source):
    table = f"raw/{source}"
    assert other_format.files(table).keys() <= finished.files(table).keys()
    assert BEFORE in other_format.files(table)
    for week in other_format.files(table):
        same = [home.table(table, week) for home in (other_format, finished)]
        assert_frame_equal(*(frame.sort(frame.columns) for frame in same))


def test_nothing_is_lost_on_the_way(other_format):
    landings = other_format.table("landings")
    assert set(landings["source"]) >= {"firmographics", "account_value", "pipeline_conversions"}
    assert landings["quarantined"].sum() == 0
    assert landings["problems"].list.len().sum() == 0


def test_segments_and_scores_do_not_depend_on_the_format(by_delta, finished):
    """Nor on what landed later: the finished home had June and July when it fitted June's model."""
    assert_frame_equal(by_delta.scores(BEFORE), finished.scores(BEFORE))
    assert_frame_equal(*(home.table("segment_profiles", SERVICE_MONTH) for home in (by_delta, finished)))
