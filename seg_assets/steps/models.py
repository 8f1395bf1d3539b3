"""Stored models and decisions as values: segmentations by version, promotions, preprocessors.

Belongs here: reading and appending rows of segment_model, promotions and preprocessors, and nothing else of them.
Does not: what the rows mean (segmentation/promotion.py).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json

import polars as pl

from resources.lakehouse import Lakehouse, TableError
from seg_assets.schemas import PREPROCESSORS, PROMOTIONS, SEGMENT_MODEL
from seg_assets.segmentation import Preprocessor, Segmentation
from seg_assets.segmentation.promotion import Promotion, champion_of


@dataclasses.dataclass(frozen=True)
class Champion:
    """The definitions in force in a week, and the Monday of the accounts that they were fitted on."""

    version: str
    segmentation: Segmentation
    trained_on: dt.date


def read_promotions(lakehouse: Lakehouse) -> list[Promotion]:
    """Every decision so far; none where nothing has been decided."""
    if not lakehouse.exists(PROMOTIONS.name):
        return []
    return [Promotion(**row) for row in lakehouse.scan(PROMOTIONS.name).sort("at").collect().to_dicts()]


def read_champion(lakehouse: Lakehouse, week: dt.date) -> Champion | None:
    """The champion of that week; None before anything was promoted."""
    found = champion_of(read_promotions(lakehouse), week)
    if found is None:
        return None
    version = found.definition_version
    rows = lakehouse.scan(SEGMENT_MODEL.name).filter(pl.col("definition_version") == version)
    (trained_on,) = rows.select("trained_on").collect().to_series()
    return Champion(version, read_segmentation(lakehouse, version), trained_on)


def append_promotion(lakehouse: Lakehouse, promotion: Promotion) -> None:
    """Record a decision."""
    lakehouse.append(PROMOTIONS, pl.DataFrame([dataclasses.asdict(promotion)], schema=PROMOTIONS.schema))


def model_versions(lakehouse: Lakehouse) -> list[str]:
    """Every version that was fitted."""
    if not lakehouse.exists(SEGMENT_MODEL.name):
        return []
    return list(lakehouse.scan(SEGMENT_MODEL.name).select("definition_version").collect().to_series())


def versions_of_partitions(lakehouse: Lakehouse, table: str, partition: str) -> dict[dt.date, str]:
    """The definition version that each stored partition of `table` was made by; partition: its partition column."""
    if not lakehouse.exists(table):
        return {}
    stored = lakehouse.scan(table).group_by(partition).agg(pl.col("definition_version").first())
    return dict(stored.collect().iter_rows())


def newest_versions(lakehouse: Lakehouse) -> dict[dt.date, str]:
    """The definition version that was fitted last for each service month, promoted or not."""
    if not lakehouse.exists(SEGMENT_MODEL.name):
        return {}
    rows = lakehouse.scan(SEGMENT_MODEL.name).select("service_month", "definition_version", "fitted_at")
    return dict(rows.collect().sort("fitted_at").select("service_month", "definition_version").iter_rows())


def highest_id_before(lakehouse: Lakehouse, service_month: dt.date) -> int:
    """The highest number of a segment_id issued for an earlier month, by any attempt, promoted or not; 0 for none."""
    if not lakehouse.exists(SEGMENT_MODEL.name):
        return 0
    issued = (
        lakehouse.scan(SEGMENT_MODEL.name)
        .filter(pl.col("service_month") < service_month)
        .select(pl.col("segmentation").str.json_path_match("$.highest_id").cast(pl.Int64).max())
        .collect()
        .item()
    )
    return issued or 0


def read_segmentation(lakehouse: Lakehouse, definition_version: str) -> Segmentation:
    """The segmentation of that version. Raises TableError where no such version was fitted."""
    rows = (
        lakehouse.scan(SEGMENT_MODEL.name)
        .filter(pl.col("definition_version") == definition_version)
        .select("segmentation")
        .collect()
    )
    if rows.height != 1:
        raise TableError(f"table segment_model holds {rows.height} rows of version {definition_version}, not 1")
    return Segmentation.from_json(rows.item())


def read_accounts_of(lakehouse: Lakehouse, definition_version: str) -> pl.Series:
    """The account_ids of the training snapshot of that version. Raises TableError where that is gone."""
    rows = lakehouse.scan(SEGMENT_MODEL.name).filter(pl.col("definition_version") == definition_version)
    (trained_on,) = rows.select("trained_on").collect().to_series()
    return lakehouse.scan("account_snapshots", [trained_on]).select("account_id").collect().to_series()


def read_preprocessor(lakehouse: Lakehouse, data_month: dt.date) -> tuple[Preprocessor, dt.date]:
    """The preprocessor of a data month, and the training snapshot that it was fitted on."""
    row = lakehouse.scan(PREPROCESSORS.name, [data_month]).collect().row(0, named=True)
    return Preprocessor.from_dict(json.loads(row["preprocessor"])), row["trained_on"]
