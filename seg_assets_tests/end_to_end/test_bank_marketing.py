"""Public data that no one here made runs through the same graph, by its own catalogue and prepare.py."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from seg_assets_tests.end_to_end.homes import Home, Told
from seg_assets_tests.shared import CHECKOUT, shared_file

pytestmark = pytest.mark.slow

EXAMPLE = CHECKOUT / "examples" / "bank_marketing"
WEEK, DATA_MONTH, SERVICE_MONTH = dt.date(2010, 11, 29), dt.date(2010, 11, 1), dt.date(2010, 12, 1)
CLIENTS, SUBSCRIBERS = 45_211, 5_289


@pytest.fixture(scope="session")
def bank(made_once, new_home) -> Callable[..., tuple[Home, Told]]:
    """Runs prepare.py with some options as a person would, then the graph; the home, and what was told."""

    def ran(name: str, *options: str) -> tuple[Home, Told]:
        source = shared_file("data/uci_bank_marketing/bank.zip")

        def make(folder: Path) -> None:
            home = new_home(folder)
            subprocess.run([sys.executable, EXAMPLE / "prepare.py", source, home.landing, *options], check=True)
            told = home.seg_run(catalogue=EXAMPLE / "catalogue.yaml")
            told.save(folder)

        folder = made_once(name, make)
        return Home(folder / "home", folder / "landing"), Told.load(folder)

    return ran


@pytest.fixture(scope="session")
def with_outcome(bank) -> tuple[Home, Told]:
    return bank("bank")


def test_one_snapshot_is_a_service_month_and_a_week(with_outcome):
    home, told = with_outcome
    assert told.exit_code == 0, told.object
    assert told.object["months"] == ["2010-12"]
    assert told.object["weeks"] == [str(WEEK)]
    assert all(check["passed"] for check in told.object["checks"])
    assert home.scores(WEEK)["before_first_model"].all()


def test_every_client_is_scored_exactly_once(with_outcome):
    home, _ = with_outcome
    assert home.scores(WEEK)["account_id"].to_list() == [f"C{n:05d}" for n in range(1, CLIENTS + 1)]
    assert home.scores(WEEK)["segment_id"].null_count() == 0


def test_segments_are_named_apart_and_convert_apart(with_outcome):
    _, told = with_outcome
    segments = pl.DataFrame(told.object["segments"])
    assert segments["name"].str.len_chars().is_between(1, 60).all()
    assert segments["name"].n_unique() == segments.height >= 3
    assert segments["play"].null_count() == 0
    assert segments["accounts"].sum() == CLIENTS
    assert segments["conversions"].sum() == SUBSCRIBERS
    assert segments["conversion_rate"].max() > 2 * segments["conversion_rate"].min()


def test_definitions_run_as_sql_find_the_same_clients(with_outcome):
    home, _ = with_outcome
    assert_frame_equal(home.by_sql(WEEK), home.scores(WEEK).select("account_id", "segment_id"))


def test_without_its_outcome_the_same_clients_are_together_and_conversion_is_unknown(bank, with_outcome):
    home, told = bank("bank_without_outcome", "--without-outcome")
    assert told.exit_code == 0, told.object
    segments = pl.DataFrame(told.object["segments"])
    assert segments["conversion_rate"].null_count() == segments["conversions"].null_count() == segments.height
    assert segments["name"].n_unique() == segments.height
    both = home.scores(WEEK).join(with_outcome[0].scores(WEEK), on="account_id", suffix="_with_outcome")
    assert both.height == CLIENTS
    pairs = both.select("segment_id", "segment_id_with_outcome").unique()
    assert pairs.height == segments.height
