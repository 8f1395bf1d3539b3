"""The frozen reference through the real asset: set once, kept, and set anew by a person only."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import dagster as dg
import numpy as np
import polars as pl
import pytest

from resources.lakehouse import Lakehouse, TableError
from seg_assets.assets import features
from seg_assets.assets.features import build_features
from seg_assets.catalogs import Catalogue
from seg_assets.partitions import Partitions
from seg_assets.schemas import account_snapshots
from seg_assets_tests.segmentation.small_catalogue import small_catalogue

CATALOGUE = small_catalogue()
MAY, JUNE = dt.date(2026, 5, 1), dt.date(2026, 6, 1)
LAST_MONDAY = {MAY: dt.date(2026, 5, 25), JUNE: dt.date(2026, 6, 29)}
ENOUGH = 200


class Place:
    """Account snapshots in a lakehouse, and the asset over them."""

    def __init__(self, folder: Path) -> None:
        self.lakehouse = Lakehouse(str(folder))

    def land(self, month: dt.date, accounts: int = ENOUGH, times: float = 1, catalogue: Catalogue = CATALOGUE) -> None:
        random = np.random.default_rng(month.month)
        table = account_snapshots(catalogue)
        values: dict[str, object] = {"account_id": [f"A{number:04}" for number in range(accounts)]}
        for feature in catalogue.features:
            match table.schema[feature.name]:
                case pl.Float64:
                    values[feature.name] = random.lognormal(2, 1, accounts) * times
                case pl.Boolean:
                    values[feature.name] = random.random(accounts) < 0.5
                case _:
                    values[feature.name] = random.choice(["north", "south", "east"], accounts)
        self.lakehouse.replace(table, pl.DataFrame(values), LAST_MONDAY[month])

    def materialize(
        self, *months: dt.date, catalogue: Catalogue = CATALOGUE, **config: bool
    ) -> dg.ExecuteInProcessResult:
        return dg.materialize(
            [build_features(catalogue, Partitions(catalogue.first_month))],
            tags={
                "dagster/asset_partition_range_start": str(months[0]),
                "dagster/asset_partition_range_end": str(months[-1]),
            },
            resources={"lakehouse": self.lakehouse},
            run_config={"ops": {"account_features": {"config": config}}} if config else None,
            raise_on_error=False,
        )

    def references(self) -> pl.DataFrame:
        if not self.lakehouse.exists("feature_references"):
            return pl.DataFrame()
        return self.lakehouse.scan("feature_references").sort("set_at").collect()

    def reference_used(self, month: dt.date) -> dict[str, object]:
        row = self.lakehouse.scan("preprocessors", [month]).collect().row(0, named=True)
        return json.loads(row["preprocessor"])["reference"]


def failure(result: dg.ExecuteInProcessResult) -> str:
    (event,) = [event for event in result.all_events if event.is_step_failure]
    return event.step_failure_data.user_failure_data.description


@pytest.fixture
def place(tmp_path) -> Place:
    return Place(tmp_path)


@pytest.mark.parametrize("runs", [[(MAY,), (JUNE,)], [(MAY, JUNE)]], ids=["month by month", "in one run"])
def test_the_first_month_freezes_the_reference_and_the_second_keeps_it(place, runs):
    place.land(MAY)
    place.land(JUNE, times=10)
    for months in runs:
        assert place.materialize(*months).success
    (frozen,) = place.references().to_dicts()
    assert (frozen["data_month"], frozen["by"]) == (MAY, "first refresh")
    assert place.reference_used(MAY) == place.reference_used(JUNE) == json.loads(frozen["reference"])


def test_a_changed_catalogue_is_refused_with_what_changed(place):
    place.land(MAY)
    assert place.materialize(MAY).success
    kept = [feature.model_dump() for feature in CATALOGUE.features if feature.name != "clicks"]
    changed = small_catalogue(features=[*kept, {**kept[0], "name": "returns"}])
    place.land(JUNE)
    told = failure(place.materialize(JUNE, catalogue=changed))
    assert "frozen reference of 2026-05" in told
    assert "feature returns is new, feature clicks is gone" in told
    assert "`reset_reference: true`" in told
    assert place.references().height == 1


def test_a_person_resets_the_reference_from_that_month_on(place):
    place.land(MAY)
    place.land(JUNE, times=10)
    assert place.materialize(MAY).success
    assert place.materialize(JUNE, reset_reference=True).success
    first, second = place.references().to_dicts()
    assert (second["data_month"], second["by"]) == (JUNE, "reset by a person")
    assert first["reference"] != second["reference"]
    assert place.reference_used(JUNE) == json.loads(second["reference"])
    assert place.reference_used(MAY) == json.loads(first["reference"])


@pytest.mark.parametrize("reset", [False, True])
def test_too_few_accounts_freeze_nothing(place, reset):
    """Thirty accounts of a trial run decided what 0 and 100 meant for every later month."""
    place.land(MAY, accounts=ENOUGH - 1)
    told = failure(place.materialize(MAY, reset_reference=reset))
    assert "week 2026-05-25 holds 199 accounts" in told
    assert "at least 200 are needed" in told
    assert place.references().is_empty()
    assert not place.lakehouse.exists("preprocessors")


def test_a_month_that_fails_half_way_freezes_nothing(place, monkeypatch):
    place.land(MAY)
    written = Lakehouse.replace

    def full(self, table, *rest, **named):
        if table.name == "account_features":
            raise TableError("the disk is full")
        return written(self, table, *rest, **named)

    with monkeypatch.context() as patch:
        patch.setattr(features.Lakehouse, "replace", full)
        assert not place.materialize(MAY).success
    assert place.references().is_empty()
    assert place.materialize(MAY).success
    assert place.references().height == 1
