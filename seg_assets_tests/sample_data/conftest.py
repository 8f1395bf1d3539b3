"""One population of 20,000 accounts, looked at on a few Mondays by all tests of the sample."""

from __future__ import annotations

from datetime import date
from functools import cache

import polars as pl
import pytest

from seg_assets.catalogs import Catalogue, default_catalogue
from seg_assets.sample_data import snapshot

ACCOUNTS = 20_000
SEED = 7
MONDAY = date(2026, 7, 20)


@cache
def frames_of(monday: date) -> dict[str, pl.DataFrame]:
    return snapshot(monday, accounts=ACCOUNTS, seed=SEED)


def joined(frames: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """One row per account with all features."""
    whole = frames["sales_lifecycle"]
    for source in ("firmographics", "marketing_engagement", "product_usage", "account_value"):
        whole = whole.join(frames[source].drop("snapshot_date"), on="account_id", how="left")
    return whole


@pytest.fixture(scope="session")
def frames() -> dict[str, pl.DataFrame]:
    return frames_of(MONDAY)


@pytest.fixture(scope="session")
def whole(frames: dict[str, pl.DataFrame]) -> pl.DataFrame:
    return joined(frames)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return default_catalogue()
