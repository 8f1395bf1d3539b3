"""Bad landings through the real asset: a clear failure or a quarantine, and what was stored stays."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from resources.lakehouse import Lakehouse
from seg_assets.assets.raw import build_raw
from seg_assets.catalogs import default_catalogue
from seg_assets.landing import Landing
from seg_assets.partitions import Partitions
from seg_assets.sample_data import snapshot

WEEK = dt.date(2026, 6, 29)
SOURCE = "marketing_engagement"
CATALOGUE = default_catalogue()
RAW = {asset.key.to_user_string(): asset for asset in build_raw(CATALOGUE, Partitions(CATALOGUE.first_month))}
GOOD = (
    snapshot(WEEK, accounts=400, seed=3)[SOURCE]
    .drop("snapshot_date")
    .with_columns(pl.col("web_visits_30d").cast(pl.Float64))
)
RATE, COUNT = "email_open_rate_90d", "web_visits_30d"


class Place:
    """A landing folder with a lakehouse beside it, and the raw asset over both."""

    def __init__(self, folder: Path) -> None:
        self.landing = folder / "landing"
        self.lakehouse = Lakehouse(str(folder / "lakehouse"))

    def land(self, frame: pl.DataFrame, week: dt.date = WEEK, source: str = SOURCE) -> Path:
        file = self.landing / source / f"snapshot_date={week}" / "part-0.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        frame.write_parquet(file)
        return file

    def materialize(self, week: dt.date = WEEK, source: str = SOURCE, **config: bool) -> dg.ExecuteInProcessResult:
        return dg.materialize(
            [RAW[f"raw/{source}"]],
            partition_key=str(week),
            resources={"lakehouse": self.lakehouse, "landing": Landing(str(self.landing))},
            run_config={"ops": {f"raw__{source}": {"config": config}}} if config else None,
            raise_on_error=False,
        )

    def stored(self, week: dt.date = WEEK) -> pl.DataFrame:
        return self.lakehouse.scan(f"raw/{SOURCE}", [week]).sort("account_id").collect()

    def quarantined(self, week: dt.date = WEEK) -> pl.DataFrame:
        return self.lakehouse.scan(f"quarantine/{SOURCE}", [week]).collect()


def failure(result: dg.ExecuteInProcessResult) -> str:
    (event,) = [event for event in result.all_events if event.is_step_failure]
    return event.step_failure_data.user_failure_data.description


@pytest.fixture
def place(tmp_path):
    """A place whose week has been landed in good order and stored."""
    found = Place(tmp_path)
    found.land(GOOD)
    assert found.materialize().success
    assert found.stored().height == GOOD.height
    return found


def first_rows(count: int, **values: pl.Expr) -> pl.DataFrame:
    first = pl.int_range(pl.len()) < count
    return GOOD.with_columns(
        pl.when(first).then(value).otherwise(pl.col(name)).alias(name) for name, value in values.items()
    )


REFUSED = {
    "missing column": (GOOD.drop(RATE), f"1 column is missing: {RATE}"),
    "misspelt column": (GOOD.rename({RATE: "email_open_rat_90d"}), "did you mean"),
    "wrong type": (GOOD.with_columns(pl.lit("many").alias(COUNT)), f"column {COUNT}"),
    "share as percent": (GOOD.with_columns(pl.col(RATE) * 100), "outside 0..1"),
    "empty snapshot": (GOOD.clear(), "the snapshot is empty"),
    "conflicting load": (
        pl.concat([GOOD, GOOD.with_columns(pl.col(COUNT) + 1)]).with_columns(pl.col(COUNT).fill_null(0)),
        "account_id",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_week_that_cannot_be_used_fails_with_its_reason_and_changes_nothing(place, case):
    frame, message = REFUSED[case]
    before = place.stored()
    place.land(frame)
    result = place.materialize()
    assert not result.success
    told = failure(result)
    assert told.startswith(f"landing/{SOURCE}, week {WEEK}")
    assert message in told
    assert place.stored().equals(before)
    (check,) = result.get_asset_check_evaluations()
    assert (check.passed, check.blocking, check.severity) == (False, True, dg.AssetCheckSeverity.ERROR)
    assert message in check.description


SET_ASIDE = {
    "null account": (first_rows(3, account_id=pl.lit(None, pl.String)), 3, "account_id"),
    "share above one": (first_rows(4, **{RATE: pl.lit(1.5)}), 4, RATE),
    "negative count": (first_rows(2, **{COUNT: pl.lit(-1.0)}), 2, COUNT),
    "infinity": (first_rows(5, **{COUNT: pl.lit(float("inf"))}), 5, COUNT),
    "conflict": (pl.concat([GOOD, first_rows(1, **{COUNT: pl.lit(9_999.0)}).head(1)]), 2, "account_id"),
}


@pytest.mark.parametrize("case", SET_ASIDE)
def test_bad_rows_are_set_aside_whole_and_the_others_are_stored(place, case):
    frame, count, column = SET_ASIDE[case]

    place.land(frame)
    result = place.materialize()
    assert result.success
    aside = place.quarantined()
    assert aside.height == count
    assert aside["column"].unique().to_list() == [column]
    assert all(reason for reason in aside["reason"])
    assert set(json.loads(aside["row"][0])) >= set(GOOD.columns)
    assert place.stored().height == frame.height - count
    (check,) = result.get_asset_check_evaluations()
    assert not check.passed
    assert column in check.description


def test_identical_duplicates_are_stored_once(place):
    place.land(pl.concat([GOOD, GOOD.head(50)]))
    assert place.materialize().success
    assert place.stored()["account_id"].to_list() == GOOD["account_id"].sort().to_list()


def test_an_extra_column_is_told_and_left_out(place):
    place.land(GOOD.with_columns(colour=pl.lit("blue")))
    result = place.materialize()
    assert result.success
    assert "colour" in result.get_asset_check_evaluations()[0].description
    assert "colour" not in place.stored().columns


def test_a_clean_week_clears_the_quarantine_of_a_dirty_one(place):
    place.land(first_rows(4, **{RATE: pl.lit(1.5)}))
    place.materialize()
    place.land(GOOD)
    assert place.materialize().success
    assert place.quarantined().is_empty()
    assert place.stored().height == GOOD.height


def test_a_corrupt_file_is_named(place):
    file = place.land(GOOD)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    before = place.stored()
    assert "part-0.parquet" in failure(place.materialize())
    assert place.stored().equals(before)


def test_a_missing_source_says_where_it_was_looked_for(place):
    told = failure(place.materialize(source="product_usage"))
    assert "there is no table at" in told and "product_usage" in told


def test_half_of_the_accounts_lost_needs_a_persons_word(place):
    following = WEEK + dt.timedelta(days=7)
    place.land(GOOD.head(GOOD.height // 3), following)
    result = place.materialize(following)
    assert not result.success
    assert "accept_loss" in failure(result)
    assert following not in place.lakehouse.partitions(f"raw/{SOURCE}")
    assert place.materialize(following, accept_loss=True).success
    assert place.stored(following).height == GOOD.height // 3


def test_a_full_disk_fails_the_run_and_keeps_the_week(place, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    before = place.stored()
    monkeypatch.setattr(pl.LazyFrame, "sink_parquet", full)
    result = place.materialize()
    monkeypatch.undo()
    assert not result.success
    assert place.stored().equals(before)
