"""The tiers that are timed are those of real tables: every account, as many events as are claimed."""

from __future__ import annotations

import polars as pl
import pytest

from benchmarks.prepared import DATA_MONTH, WEEK, Prepared
from benchmarks.stages import tiers
from seg_assets.catalogs import default_catalogue
from seg_assets.sample_data import snapshot
from seg_assets.schemas import account_snapshots


def test_a_repeat_tiers_every_account_on_a_year_of_events(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tiers, "EVENT_ROWS", 5_200)
    prepared = Prepared(tmp_path, 500)
    table = account_snapshots(default_catalogue())
    stages = snapshot(WEEK, accounts=500, seed=7)["sales_lifecycle"].select("account_id", "lifecycle_stage")
    prepared.lakehouse.replace(
        table, pl.concat([stages, pl.DataFrame(schema=table.schema)], how="diagonal_relaxed"), WEEK
    )
    repeats = tiers.repeats(prepared)
    events = [next(repeats)(), next(repeats)()]
    assert events[0] == events[1]
    assert 5_200 <= events[0] <= 5_300
    found = prepared.lakehouse.scan("account_tiers", [DATA_MONTH]).collect()
    assert found.height == stages.height
    assert {"A", "B", "D", "none"} <= set(found["tier"])
