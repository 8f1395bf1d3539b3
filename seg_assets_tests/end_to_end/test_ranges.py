"""Ranges from Dagster's own command line, as a data engineer backfills them."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys

import dagster as dg
import pytest

from seg_assets_tests.end_to_end.conftest import BEFORE, JULY, JUNE
from seg_assets_tests.end_to_end.homes import SETTINGS, Home, environment
from seg_assets_tests.shared import CHECKOUT

pytestmark = pytest.mark.slow


def materialize_range(home: Home, asset: str, first: dt.date, last: dt.date) -> None:
    """`dagster asset materialize --partition-range`, which asks for a single-run backfill policy."""
    clean = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    places = {
        "SEG_HOME": str(home.folder),
        "SEG_LANDING": str(home.landing),
        "DAGSTER_HOME": str(home.folder / "dagster"),
        "SEG_CATALOG": str(home.catalogue()),
        "PYTHONPATH": str(CHECKOUT),
    }
    command = [sys.executable, "-m", "dagster", "asset", "materialize", "-m", "seg_assets.definitions"]
    done = subprocess.run(
        [*command, "--select", asset, "--partition-range", f"{first}...{last}"],
        env=clean | places,
        cwd=home.folder,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def newest(home: Home, asset: str, partition: dt.date) -> dict[str, object]:
    """The metadata of a partition's newest materialization."""
    with environment({"DAGSTER_HOME": str(home.folder / "dagster")}), dg.DagsterInstance.get() as instance:
        wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey(asset.split("/")), asset_partitions=[str(partition)])
        (record,) = instance.fetch_materializations(wanted, limit=1).records
        return {name: value.value for name, value in record.asset_materialization.metadata.items()}


def test_a_range_of_weeks_replaces_those_weeks_and_no_other(home):
    """Pipes gives the step no partition key in a range; each week still is scored by its own champion."""
    before = home.files("segment_scores")
    materialize_range(home, "segment_scores", JUNE, JULY)
    after = home.files("segment_scores")
    assert {week for week in after if after[week] != before[week]} == {JUNE, JULY}
    assert after[BEFORE] == before[BEFORE]
    assert newest(home, "segment_scores", JUNE)["definition_version"] == "2026-06.1"
    assert newest(home, "segment_scores", JULY)["definition_version"] == "2026-07.1"
    for week in (JUNE, JULY):
        assert newest(home, "segment_scores", week)["dagster/row_count"] == home.scores(week).height


def test_a_range_of_months_is_refreshed_in_order(home):
    materialize_range(home, "segment_count_report,segment_model", dt.date(2026, 6, 1), dt.date(2026, 7, 1))
    models = home.table("segment_model").sort("fitted_at")
    assert models["definition_version"].to_list() == ["2026-06.1", "2026-07.1", "2026-06.2", "2026-07.2"]
    assert models["champion_before"].to_list() == [None, "2026-06.1", None, "2026-06.2"]
    first, second, again, after = models["segmentation"]
    assert (first, second) == (again, after)


def test_raw_weeks_are_read_in_any_order_and_hold_what_landed(home):
    before = {week: home.table("raw/account_value", week).height for week in (JUNE, JULY)}
    materialize_range(home, "raw/account_value", JULY, JULY)
    materialize_range(home, "raw/account_value", JUNE, JULY)
    assert {week: home.table("raw/account_value", week).height for week in (JUNE, JULY)} == before
