"""The annual lock through the real asset: what a week adds is tested where it is worked out."""

from __future__ import annotations

import datetime as dt
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest

from seg_assets.assets.annual_lock import build_annual_lock
from seg_assets.catalogs import Catalogue
from seg_assets.schemas import SEGMENT_SCORES
from seg_assets_tests.assets.scored_home import CATALOGUE, PARTITIONS, WEEKS, ScoredHome, why_failed

FROM_FEBRUARY: Catalogue = CATALOGUE.model_copy(update={"fiscal_year_starts": 2})
YEAR = dt.date(2026, 2, 1)


@pytest.fixture
def home(tmp_path: Path, scored_folder: Path) -> ScoredHome:
    shutil.copytree(scored_folder, tmp_path / "home")
    return ScoredHome(tmp_path / "home")


def lock(home: ScoredHome, week: dt.date, catalogue: Catalogue = FROM_FEBRUARY):
    return home.materialize(build_annual_lock(catalogue, PARTITIONS), week)


def locks(home: ScoredHome, year: dt.date = YEAR) -> pl.DataFrame:
    return home.lakehouse.scan("annual_lock", [year]).sort("account_id").collect()


def score_again(home: ScoredHome, week: dt.date, version: str) -> None:
    """Everybody in the first segment, by another version."""
    accounts = home.accounts(week)
    first = accounts["segment_id"].min()
    frame = accounts.with_columns(segment_id=pl.lit(first), definition_version=pl.lit(version))
    home.lakehouse.replace(SEGMENT_SCORES, frame.drop("snapshot_date"), week)


def test_a_lock_stays_when_its_week_is_scored_again(home):
    assert lock(home, WEEKS[-1]).success
    locked = ("account_id", "fiscal_year", *(name for name in locks(home).columns if name.startswith("locked_")))
    before = locks(home).select(locked)
    assert set(before["fiscal_year"]) == {"FY2027"}
    for week in WEEKS:
        score_again(home, week, "2026-07.2")
        assert lock(home, week).success
    after = locks(home)
    assert after.select(locked).equals(before)
    assert set(after["definition_version"]) == {"2026-07.2"} and set(after["locked_version"]) == {"2026-07.1"}


def test_the_first_week_that_is_locked_takes_what_was_scored_before(home):
    assert lock(home, WEEKS[-1]).success
    found = locks(home)
    assert found.height == home.accounts(WEEKS[-1]).height
    assert found["locked_on"].value_counts().sort("locked_on").rows() == [
        (WEEKS[0], 3_000),
        (WEEKS[1], 10),
        (WEEKS[2], 10),
    ]
    assert set(found["as_of"]) == {WEEKS[-1]}


def test_the_table_tells_who_has_moved_since(home):
    assert lock(home, WEEKS[-1]).success
    score_again(home, WEEKS[-1], "2026-07.2")
    result = lock(home, WEEKS[-1])
    found = locks(home)
    moved = found.filter("differs")
    assert 0 < moved.height == found.filter(pl.col("locked_segment_id") != pl.col("segment_id")).height
    (made,) = result.asset_materializations_for_node("annual_lock")
    assert made.metadata["differ"].value == moved.height and made.metadata["locked_now"].value == 0
    assert made.metadata["dagster/row_count"].value == home.accounts(WEEKS[-1]).height


def test_each_fiscal_year_locks_anew(home):
    from_august = CATALOGUE.model_copy(update={"fiscal_year_starts": 8})
    august = dt.date(2026, 8, 3)
    home.lakehouse.replace(SEGMENT_SCORES, home.accounts(WEEKS[-1]).drop("snapshot_date"), august)
    assert lock(home, WEEKS[0], from_august).success and lock(home, august, from_august).success
    old, new = locks(home, dt.date(2025, 8, 1)), locks(home, dt.date(2026, 8, 1))
    assert set(old["fiscal_year"]) == {"FY2026"} and max(old["locked_on"]) < august
    assert set(new["fiscal_year"]) == {"FY2027"} and set(new["locked_on"]) == {august}


def test_weeks_that_are_locked_at_once_lose_nobody(home):
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda week: lock(home, week), WEEKS[:2]))
    assert all(result.success for result in done)
    assert lock(home, WEEKS[2]).success
    found = locks(home)
    assert found.height == found["account_id"].n_unique() == home.accounts(WEEKS[2]).height


def test_a_week_that_is_not_scored_says_so(home):
    week = WEEKS[-1] + dt.timedelta(weeks=1)
    assert f"week {week} is not scored" in why_failed(lock(home, week))
