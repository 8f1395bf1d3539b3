"""Profiles through the real asset: what its table holds, and what its metadata must not show."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from resources.io_manager import DeltaIOManager
from resources.lakehouse import Lakehouse
from seg_assets.assets.profiles import build_profiles
from seg_assets.assets.raw import raw_table
from seg_assets.catalogs import Catalogue
from seg_assets.partitions import Partitions
from seg_assets.schemas import SEGMENT_MODEL, SEGMENT_PROFILES, TIMESTAMP, account_snapshots
from seg_assets.segmentation import Preprocessor, Reference, fit
from seg_assets.segmentation.promotion import Promotion
from seg_assets.steps.models import append_promotion
from seg_assets_tests.segmentation.population import conversions, population
from seg_assets_tests.segmentation.small_catalogue import small_catalogue

CATALOGUE = small_catalogue(
    outcome_column="ordered",
    playbook=[
        {"name": "offer", "title": "Offer", "when": "intent >= 55", "action": "Send the offer"},
        {"name": "older", "title": "Letter", "when": "age > 10", "action": "Send a letter"},
        {"name": "news", "title": "Newsletter", "action": "Send the newsletter"},
    ],
)
JULY, TRAINED_ON = dt.date(2026, 7, 1), dt.date(2026, 6, 29)
MOMENT = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)


class Place:
    """A lakehouse with a promoted model of July, and the asset over it."""

    def __init__(self, folder: Path, catalogue: Catalogue = CATALOGUE) -> None:
        self.lakehouse, self.catalogue = Lakehouse(str(folder)), catalogue
        frame = population(catalogue, 1_500, monday=TRAINED_ON)
        self.frame = frame.with_columns(conversions(frame, "orders", rate=0.2).alias("ordered"))
        self.lakehouse.replace(account_snapshots(catalogue), self.frame, TRAINED_ON)
        preprocessor = Preprocessor.fit(self.frame, catalogue, Reference.fit(self.frame, catalogue))
        segmentation = fit(self.frame, catalogue, None, None, preprocessor=preprocessor)
        row = {
            "definition_version": "2026-07.1",
            "trained_on": TRAINED_ON,
            "fitted_at": MOMENT,
            "accounts": self.frame.height,
            "segments": len(segmentation.segments),
            "champion_before": None,
            "model_uri": "models:/none/1",
            "metrics": json.dumps(segmentation.metrics),
            "segmentation": segmentation.to_json(),
        }
        columns = {name: dtype for name, dtype in SEGMENT_MODEL.schema.items() if name in row}
        missing = [pl.lit(None, dtype).alias(n) for n, dtype in SEGMENT_MODEL.schema.items() if n not in row]
        model = pl.DataFrame([row], schema=columns | {"fitted_at": TIMESTAMP}).with_columns(missing)
        self.lakehouse.replace(SEGMENT_MODEL, model, JULY)
        promoted = Promotion(JULY, "2026-07.1", "promote", "automatic", MOMENT, "first", None, "2026-07.1")
        append_promotion(self.lakehouse, promoted)

    def land_master(self, week: dt.date, share: float) -> None:
        table = raw_table(self.catalogue, "account_master")
        consents = pl.DataFrame({"account_id": self.frame["account_id"]}).with_columns(
            email_consent=pl.int_range(pl.len()) < share * pl.len()
        )
        others = [pl.lit(None, dtype).alias(n) for n, dtype in table.schema.items() if n not in consents.columns]
        self.lakehouse.replace(table, consents.with_columns(others), week)

    def profiles(self) -> tuple[pl.DataFrame, dict[str, str]]:
        """The table's rows of July, and the metadata that people see, as text."""
        result = dg.materialize(
            [build_profiles(self.catalogue, Partitions(self.catalogue.first_month))],
            partition_key=str(JULY),
            resources={
                "lakehouse": self.lakehouse,
                "io_manager": DeltaIOManager(self.lakehouse, {SEGMENT_PROFILES.name: SEGMENT_PROFILES}),
            },
        )
        (event,) = result.asset_materializations_for_node("segment_profiles")
        told = {name: str(value.value) for name, value in event.metadata.items()}
        return self.lakehouse.scan(SEGMENT_PROFILES.name, [JULY]).sort("segment_id").collect(), told


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def figures(table: pl.DataFrame, test: str) -> list[float | None]:
    return [answer["figure"] for tests in table["tests"] for answer in tests if answer["test"] == test]


def test_consents_are_those_of_the_training_snapshot(place: Place) -> None:
    place.land_master(dt.date(2026, 6, 22), 1.0)
    assert figures(place.profiles()[0], "accessible") == [None] * 4
    place.land_master(TRAINED_ON, 0.25)
    table, _ = place.profiles()
    shares = zip(figures(table, "accessible"), table["account_share"].to_list(), strict=True)
    assert sum(figure * share for figure, share in shares if figure is not None) == pytest.approx(0.25)


def test_metadata_shows_the_tests_and_no_account(place: Place) -> None:
    place.land_master(TRAINED_ON, 0.9)
    table, told = place.profiles()
    assert "| segment_id | measurable | accessible | substantial | differentiable | actionable |" in told["tests_table"]
    assert told["segment_table"].count("SEG-0") >= 2 * table.height
    assert "same_rate_other_need" in told
    typical = [account for accounts in table["typical_accounts"] for account in accounts]
    assert len(set(typical)) == 3 * table.height
    assert set(typical) <= set(place.frame["account_id"])
    assert not any(account in text for account in typical for text in told.values())


def test_a_book_of_an_earlier_version_gains_the_new_columns(place: Place) -> None:
    new = ("eligible", "sibling_segment_id", "sibling_differences", "typical_accounts", "tests", "same_rate_other_need")
    before = {name: column for name, column in SEGMENT_PROFILES.columns.items() if name not in new}
    old = replace(SEGMENT_PROFILES, columns=before)
    june = dt.date(2026, 6, 1)
    place.lakehouse.replace(old, pl.DataFrame([{"segment_id": "SEG-01"}], schema=old.schema), june)
    place.profiles()
    rows = place.lakehouse.scan(SEGMENT_PROFILES.name).collect()
    assert dict(rows.schema) == dict(SEGMENT_PROFILES.schema)
    assert rows.filter(service_month=june)["tests"].to_list() == [None]
