"""The IO manager in real Dagster runs: nothing that was stored is lost, nothing that was asked for is left out."""

import datetime as dt
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from resources.io_manager import DeltaIOManager
from resources.lakehouse import Lakehouse
from seg_assets.schemas import Column, Table

WEEK = dg.WeeklyPartitionsDefinition("2026-06-01", day_offset=1, hour_offset=1, end_offset=1)
MONTH = dg.MonthlyPartitionsDefinition("2026-06-01")
KEYS = ["2026-06-01", "2026-06-08", "2026-06-15"]


def table(name: str, dtype: type[pl.DataType] = pl.Date) -> Table:
    columns = {"account_id": Column(pl.String, "key"), "snapshot_date": Column(dtype, "Monday")}
    return Table(name, columns, "snapshot_date")


TABLES = {name: table(name) for name in ("weekly", "downstream", "several", "counted")}


@dg.asset(partitions_def=WEEK)
def weekly(context: dg.AssetExecutionContext) -> pl.LazyFrame:
    key = dt.date.fromisoformat(context.partition_key)
    return pl.LazyFrame({"account_id": [f"{key}-a", f"{key}-b"], "snapshot_date": [key, key]})


@dg.asset(partitions_def=WEEK, backfill_policy=dg.BackfillPolicy.single_run())
def several(context: dg.AssetExecutionContext) -> pl.DataFrame:
    days = [dt.date.fromisoformat(key) for key in context.partition_keys]
    return pl.DataFrame({"account_id": [f"a{day.day}" for day in days], "snapshot_date": days})


@dg.asset(partitions_def=WEEK, backfill_policy=dg.BackfillPolicy.single_run())
def counted(context: dg.AssetExecutionContext) -> pl.DataFrame:
    parts = []
    for rows, key in enumerate(context.partition_keys, start=1):
        context.add_asset_metadata({"dagster/row_count": rows}, partition_key=key)
        day = dt.date.fromisoformat(key)
        parts.append(pl.DataFrame({"account_id": list(map(str, range(rows))), "snapshot_date": [day] * rows}))
    return pl.concat(parts)


@dg.asset(partitions_def=WEEK)
def text_dates(context: dg.AssetExecutionContext) -> pl.DataFrame:
    return pl.DataFrame({"account_id": ["a"], "snapshot_date": [context.partition_key]})


@dg.asset
def whole(weekly: pl.LazyFrame) -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"rows": weekly.select(pl.len()).collect().item()})


@dg.asset(
    partitions_def=MONTH,
    ins={"weekly": dg.AssetIn(partition_mapping=dg.TimeWindowPartitionMapping())},
)
def month(weekly: pl.LazyFrame) -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"weeks": sorted(map(str, weekly.collect()["snapshot_date"].unique()))})


@pytest.fixture
def lakehouse(tmp_path: Path) -> Lakehouse:
    return Lakehouse(str(tmp_path))


@pytest.fixture
def resources(lakehouse):
    tables = {**TABLES, "text_dates": table("text_dates")}
    return {"io_manager": DeltaIOManager(lakehouse, tables)}


def test_each_week_survives_the_next(lakehouse, resources):
    for key in [*KEYS, KEYS[0]]:
        result = dg.materialize([weekly], partition_key=key, resources=resources)
        (event,) = result.asset_materializations_for_node("weekly")
        assert event.metadata["dagster/row_count"].value == 2
    assert sorted(map(str, lakehouse.partitions("weekly"))) == KEYS
    assert lakehouse.scan("weekly").collect().height == 6


def test_an_unpartitioned_downstream_sees_every_week(resources):
    """The stock manager filters by the window's start and gives the first week only, without an error."""
    for key in KEYS:
        dg.materialize([weekly], partition_key=key, resources=resources)
    result = dg.materialize([weekly, whole], selection=[whole], resources=resources)
    assert result.asset_materializations_for_node("whole")[0].metadata["rows"].value == 6


def test_a_week_that_was_not_written_fails_its_downstream(resources):
    dg.materialize([weekly], partition_key=KEYS[0], resources=resources)
    result = dg.materialize(
        [weekly, month], selection=[month], partition_key="2026-06-01", resources=resources, raise_on_error=False
    )
    assert not result.success


def test_a_range_in_one_run_writes_each_of_its_weeks(lakehouse, resources):
    tags = {"dagster/asset_partition_range_start": KEYS[0], "dagster/asset_partition_range_end": KEYS[2]}
    assert dg.materialize([several], tags=tags, resources=resources).success
    assert {str(day): len(files) for day, files in lakehouse.partitions("several").items()} == dict.fromkeys(KEYS, 1)


def test_a_range_in_one_run_says_no_total_of_any_of_its_weeks(resources):
    """Each week was said to hold the rows of all three."""
    tags = {"dagster/asset_partition_range_start": KEYS[0], "dagster/asset_partition_range_end": KEYS[2]}
    events = dg.materialize([several, counted], tags=tags, resources=resources)
    for event in events.asset_materializations_for_node("several"):
        assert "dagster/uri" in event.metadata and "dagster/row_count" not in event.metadata
    made = events.asset_materializations_for_node("counted")
    assert {event.partition: event.metadata["dagster/row_count"].value for event in made} == dict(
        zip(KEYS, (1, 2, 3), strict=True)
    )


def test_a_partition_column_of_text_is_refused(resources):
    """A string there made the stock manager replace the whole table at every write (dagster issue 34064)."""
    with pytest.raises(dg.DagsterInvariantViolationError, match="snapshot_date is String, it has to be Date"):
        dg.materialize([text_dates], partition_key=KEYS[0], resources=resources)
