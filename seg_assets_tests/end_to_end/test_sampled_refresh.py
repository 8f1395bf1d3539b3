"""A population above the limit is fitted on a sample, counted as a whole, and says what that leaves open."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from resources.tracking import Tracking
from seg_assets.catalogs.load import load_catalogue
from seg_assets.schemas import SEGMENT_MODEL
from seg_assets.steps.fit import refresh
from seg_assets.steps.inputs import FitInputs
from seg_assets.steps.refresh_data import read_refresh_data
from seg_assets_tests.end_to_end.homes import Home

pytestmark = pytest.mark.slow

MONTH = dt.date(2026, 7, 1)
LIMIT = 2_000
CHANGES = {
    "fewest_segments: 7": "fewest_segments: 4",
    "most_segments: 9": "most_segments: 4",
    "hold_weeks: 2": f"hold_weeks: 2\n  fit_accounts_at_most: {LIMIT}",
}


def test_a_refresh_above_the_limit_learns_from_a_sample_and_counts_everyone(home: Home) -> None:
    catalogue = load_catalogue(home.catalogue(**CHANGES))
    data = read_refresh_data(home.lakehouse, catalogue, MONTH)
    everyone = data.population.collect()
    ids = set(data.snapshot["account_id"])
    assert len(ids) == data.snapshot.height == LIMIT < everyone.height == data.accounts
    assert ids < set(everyone["account_id"])
    assert data.previous is not None
    assert set(data.previous["account_id"]) <= ids

    inputs = FitInputs(
        lakehouse=home.lakehouse.root,
        tracking=Tracking.below(home.folder / "mlflow"),
        catalogue=catalogue,
        service_months=(MONTH,),
        every_count=False,
        names={},
        dagster_run="a test",
    )
    _, fitted = refresh(inputs, MONTH)
    row = home.table(SEGMENT_MODEL.name, MONTH).sort("fitted_at").row(-1, named=True)
    metrics = json.loads(row["metrics"])
    assert (row["accounts"], metrics["fit_population"], metrics["fit_sampled"]) == (everyone.height,) * 2 + (LIMIT,)
    assert f"Learned from 2,000 of {everyone.height:,} accounts" in fitted["sampling_error_table"]
    errors = {name: value for name, value in metrics.items() if name.startswith("share_error_")}
    assert len(errors) == row["segments"]
    assert all(0 <= error < 0.01 for error in errors.values())
    told = [line for line in fitted["segment_table"].splitlines() if line.startswith("| SEG-")]
    assert sum(int(line.split("|")[3].replace(",", "")) for line in told) == everyone.height


def test_a_population_within_the_limit_is_learned_from_as_a_whole(finished: Home, home: Home) -> None:
    data = read_refresh_data(finished.lakehouse, load_catalogue(home.catalogue()), MONTH)
    assert data.sampled is None
    assert data.snapshot.height == data.population.collect().height
    metrics = json.loads(finished.table(SEGMENT_MODEL.name, MONTH).row(0, named=True)["metrics"])
    assert not any(name.startswith(("share_error", "threshold_", "fit_sampled")) for name in metrics)
