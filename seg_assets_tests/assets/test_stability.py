"""The stability report through the real asset, over models and promotions that are put into the lakehouse."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from resources.lakehouse import Lakehouse
from seg_assets.assets.stability import build_stability
from seg_assets.calendar import month_before
from seg_assets.partitions import Partitions
from seg_assets.schemas import SEGMENT_MODEL, TIMESTAMP, account_snapshots
from seg_assets.segmentation import Preprocessor, Reference, Segmentation, fit
from seg_assets.segmentation.definitions import Box, Condition, Definition
from seg_assets.segmentation.promotion import Action, Promotion
from seg_assets.steps.models import append_promotion
from seg_assets_tests.segmentation.population import population
from seg_assets_tests.segmentation.small_catalogue import small_catalogue

CATALOGUE = small_catalogue(value_feature="orders", first_month="2026-06-01")
JUNE, JULY, AUGUST = (dt.date(2026, month, 1) for month in (6, 7, 8))
TRAINED_ON = {JUNE: dt.date(2026, 5, 25), JULY: dt.date(2026, 6, 29), AUGUST: dt.date(2026, 7, 27)}
TABLES = ("stability_report", "segment_migrations", "segment_events")
ACCOUNTS = 600


def accounts_of(month: dt.date) -> pl.DataFrame:
    """The month's training snapshot: 600 accounts that drift, ten of which are others each month."""
    frame = population(CATALOGUE, ACCOUNTS + 20, monday=TRAINED_ON[month], drift=0.2)
    return frame.slice((month.month - 6) * 10, ACCOUNTS)


@pytest.fixture(scope="module")
def segmentation() -> Segmentation:
    frame = accounts_of(JUNE)
    return fit(
        frame,
        CATALOGUE,
        None,
        None,
        preprocessor=Preprocessor.fit(frame, CATALOGUE, Reference.fit(frame, CATALOGUE)),
    )


def widened(segmentation: Segmentation) -> Segmentation:
    """The same with every threshold a tenth higher on both sides."""

    def higher(condition: Condition) -> Condition:
        return replace(condition, threshold=condition.threshold * 1.1)

    segments = tuple(
        replace(s, definition=Definition(tuple(Box(tuple(map(higher, b.conditions))) for b in s.definition.boxes)))
        for s in segmentation.segments
    )
    return replace(segmentation, segments=segments)


class Place:
    """A lakehouse with snapshots, models and promotions, and the asset over it."""

    def __init__(self, folder: Path) -> None:
        self.lakehouse = Lakehouse(str(folder))

    def refreshed(self, month: dt.date, segmentation: Segmentation, action: Action = "promote") -> None:
        """Land the month's accounts, store `segmentation` as its challenger and decide on it."""
        week, version = TRAINED_ON[month], f"{month:%Y-%m}.1"
        table = account_snapshots(CATALOGUE)
        self.lakehouse.replace(table, accounts_of(month).select(table.schema.names()), week)
        row = dict.fromkeys(SEGMENT_MODEL.schema) | {
            "definition_version": version,
            "trained_on": week,
            "fitted_at": dt.datetime(2026, month.month, 2, tzinfo=dt.UTC),
            "segmentation": segmentation.to_json(),
        }
        schema = {**SEGMENT_MODEL.schema, "fitted_at": TIMESTAMP}
        self.lakehouse.replace(SEGMENT_MODEL, pl.DataFrame([row], schema=schema), month)
        before = None if month == JUNE else f"{month_before(month):%Y-%m}.1"
        at = dt.datetime(2026, month.month, 2, 1, tzinfo=dt.UTC)
        to = version if action == "promote" else before
        append_promotion(self.lakehouse, Promotion(month, version, action, "automatic", at, "test", before, to))

    def materialize(self, *months: dt.date) -> dg.ExecuteInProcessResult:
        tags = {
            "dagster/asset_partition_range_start": str(months[0]),
            "dagster/asset_partition_range_end": str(months[-1]),
        }
        return dg.materialize(
            [build_stability(CATALOGUE, Partitions(CATALOGUE.first_month))],
            tags=tags,
            resources={"lakehouse": self.lakehouse},
            raise_on_error=False,
        )

    def table(self, name: str, month: dt.date) -> pl.DataFrame:
        return self.lakehouse.scan(name, [month]).collect()

    def figure(self, name: str, month: dt.date) -> float:
        rows = self.table("stability_report", month)
        return rows.filter(pl.col("figure") == name, pl.col("segment_id").is_null())["value"].item()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_the_first_month_has_new_accounts_only(place: Place, segmentation: Segmentation) -> None:
    place.refreshed(JUNE, segmentation)
    assert place.materialize(JUNE).success
    (row,) = place.table("stability_report", JUNE).rows(named=True)
    assert row["figure"] == "new_accounts"
    assert "No version was in force before 2026-06.1" in row["says"]
    assert place.table("segment_migrations", JUNE)["kind"].unique().to_list() == ["new"]
    assert place.table("segment_events", JUNE).is_empty()


def test_moved_accounts_are_told_apart_from_moved_definitions(place: Place, segmentation: Segmentation) -> None:
    place.refreshed(JUNE, segmentation)
    place.refreshed(JULY, segmentation)
    place.refreshed(AUGUST, widened(segmentation))
    assert place.materialize(JUNE, JULY, AUGUST).success
    assert place.figure("moved_by_behaviour", JULY) > 0
    assert place.figure("moved_by_definition", JULY) == 0
    assert place.figure("moved_by_definition", AUGUST) > 0
    assert place.figure("thresholds_moved", AUGUST) > 0
    migrations = place.table("segment_migrations", AUGUST)
    summed = dict(migrations.group_by("kind").agg(pl.col("accounts").sum()).iter_rows())
    assert summed == {"behaviour": ACCOUNTS - 10, "definition": ACCOUNTS - 10, "new": 10, "lost": 10}
    assert migrations["arr"].null_count() == 0


def test_a_rejected_challenger_moves_nobody(place: Place, segmentation: Segmentation) -> None:
    place.refreshed(JUNE, segmentation)
    place.refreshed(JULY, widened(segmentation), action="reject")
    assert place.materialize(JULY).success
    assert place.figure("moved_by_definition", JULY) == 0
    assert place.figure("moved_by_behaviour", JULY) > 0


def test_a_month_run_again_writes_the_same_rows_and_leaves_the_others_alone(
    place: Place, segmentation: Segmentation
) -> None:
    place.refreshed(JUNE, segmentation)
    place.refreshed(JULY, widened(segmentation))
    place.materialize(JUNE, JULY)
    rows = {name: place.table(name, JULY) for name in TABLES}
    files = {name: place.lakehouse.partitions(name) for name in TABLES}
    assert place.materialize(JULY).success
    for name in TABLES:
        assert place.table(name, JULY).equals(rows[name])
        assert place.lakehouse.partitions(name)[JUNE] == files[name][JUNE]


def test_people_can_read_it_without_opening_a_table(place: Place, segmentation: Segmentation) -> None:
    place.refreshed(JUNE, segmentation)
    place.refreshed(JULY, widened(segmentation))
    (made,) = place.materialize(JULY).asset_materializations_for_node("stability_report")
    metadata = made.metadata
    assert metadata["dagster/row_count"].value == place.table("stability_report", JULY).height
    assert metadata["champion_before"].value == "2026-06.1"
    assert "moved_by_behaviour" in metadata["figures_table"].value
    assert "threshold_drift" in metadata["figures_table"].value
    assert "| behaviour | SEG-" in metadata["moves_table"].value
    assert "lives on with" in metadata["events_table"].value
    assert "Half of the accounts of SEG-01" in metadata["half_lives_table"].value


def test_a_month_without_a_model_is_named(place: Place, segmentation: Segmentation) -> None:
    place.refreshed(JUNE, segmentation)
    result = place.materialize(JULY)
    assert not result.success
    (failed,) = [event for event in result.all_events if event.is_step_failure]
    assert "segment_model has no partition 2026-07-01" in failed.step_failure_data.error.cause.message
