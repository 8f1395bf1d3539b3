"""Stability report: what a refresh changed, in figures, migrations and events.

Belongs here: the asset, which names the two champions and snapshots to compare.
Does not: comparing them (segmentation/refresh_report.py).
"""

import datetime as dt
import time
from collections.abc import Iterable
from typing import Any

import dagster as dg
import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.assets.description import frame_markdown, table_metadata, written
from seg_assets.catalogs import Catalogue
from seg_assets.partitions import REFRESHES_COMPARED, Partitions
from seg_assets.schemas import SEGMENT_EVENTS, SEGMENT_MIGRATIONS, SEGMENT_MODEL, STABILITY_REPORT
from seg_assets.segmentation.promotion import Promotion, champion_before, champion_of
from seg_assets.segmentation.refresh_report import (
    Champion,
    Definitions,
    RefreshReport,
    first_report,
    moves_of,
    refresh_report,
)
from seg_assets.steps.models import read_promotions, read_segmentation

MOVES_SHOWN = 10


def build_stability(catalogue: Catalogue, partitions: Partitions) -> dg.AssetsDefinition:
    """The asset `stability_report`."""

    @dg.asset(
        name="stability_report",
        partitions_def=partitions.service_month,
        backfill_policy=dg.BackfillPolicy.single_run(),
        deps=[
            dg.AssetDep("segment_model", partition_mapping=REFRESHES_COMPARED),
            # Lineage: the training snapshots of the month and of the refresh before it.
            dg.AssetDep("account_snapshots", partition_mapping=dg.AllPartitionMapping()),
        ],
        group_name="stability_report",
        kinds={"polars", "delta"},
        code_version=catalogue.fingerprint("value_feature"),
        owners=[catalogue.objective.owner],
        description="What changed from the champion before to the month's champion: accounts that moved apart from "
        "definitions that moved, how long accounts stay, thresholds that drifted, segments born, split, merged and "
        "ended (tables segment_migrations and segment_events beside it).",
        metadata=table_metadata(STABILITY_REPORT),
    )
    def stability_report(
        context: dg.AssetExecutionContext, lakehouse: dg.ResourceParam[Lakehouse]
    ) -> dg.MaterializeResult:
        for key in context.partition_keys:
            metadata = _report_month(catalogue, lakehouse, dt.date.fromisoformat(key))
            context.add_asset_metadata(metadata, partition_key=key)
        return dg.MaterializeResult()

    return stability_report


def _report_month(catalogue: Catalogue, lakehouse: Lakehouse, month: dt.date) -> dict[str, Any]:
    """Write the three partitions of a service month; figures for its materialization.

    Raises dagster.Failure where no version is in force, since the first challenger was rejected.
    """
    began = time.monotonic()
    promotions = read_promotions(lakehouse)
    champion = champion_of(promotions, month)
    if champion is None:
        raise dg.Failure(f"no version serves {month:%Y-%m}: its challenger was rejected, and there was none before")
    before = champion_before(promotions, month)
    report = _compared(catalogue, lakehouse, month, champion.definition_version, before, promotions)
    # The report last: with it there, the other two are.
    lakehouse.replace(SEGMENT_MIGRATIONS, report.migrations, month)
    lakehouse.replace(SEGMENT_EVENTS, report.events, month)
    rows = lakehouse.replace(STABILITY_REPORT, report.figures, month)
    return {
        **written(rows, lakehouse.uri(STABILITY_REPORT.name)),
        "definition_version": champion.definition_version,
        "champion_before": before or "none",
        "figures_table": frame_markdown(_rounded(report.figures.filter(pl.col("segment_id").is_null()))),
        "moves_table": frame_markdown(moves_of(report, MOVES_SHOWN)),
        "events_table": frame_markdown(report.events.select("event", "says")),
        "half_lives_table": frame_markdown(_rounded(report.figures.filter(pl.col("segment_id").is_not_null()))),
        "migration_rows": report.migrations.height,
        "event_rows": report.events.height,
        "seconds": round(time.monotonic() - began, 3),
    }


def _compared(
    catalogue: Catalogue,
    lakehouse: Lakehouse,
    month: dt.date,
    version: str,
    version_before: str | None,
    promotions: list[Promotion],
) -> RefreshReport:
    days = _training_snapshots(lakehouse, month)
    definitions = read_segmentation(lakehouse, version)
    earlier = [day for refreshed, day in days.items() if refreshed < month]
    if version_before is None or not earlier:
        columns = _columns(catalogue, definitions.required_columns)
        now = Champion(version, definitions, days[month], _accounts(lakehouse, days[month], columns))
        return first_report(now, catalogue.value_feature)
    definitions_before = read_segmentation(lakehouse, version_before)
    year = champion_of(promotions, month.replace(year=month.year - 1))
    year_before = None
    if year is not None and not year.before_first_model:
        year_before = Definitions(year.definition_version, read_segmentation(lakehouse, year.definition_version))
    compared = [definitions, definitions_before, *([year_before.segmentation] if year_before else [])]
    columns = _columns(catalogue, {column for one in compared for column in one.required_columns})
    return refresh_report(
        Champion(version_before, definitions_before, max(earlier), _accounts(lakehouse, max(earlier), columns)),
        Champion(version, definitions, days[month], _accounts(lakehouse, days[month], columns)),
        catalogue.value_feature,
        year_before,
    )


def _training_snapshots(lakehouse: Lakehouse, month: dt.date) -> dict[dt.date, dt.date]:
    """Service month to the Monday that its newest refresh was trained on, up to `month`, which has to be there."""
    refreshed = [other for other in lakehouse.partitions(SEGMENT_MODEL.name) if other < month]
    rows = lakehouse.scan(SEGMENT_MODEL.name, [*refreshed, month]).sort("fitted_at")
    return dict(rows.select("service_month", "trained_on").collect().iter_rows())


def _columns(catalogue: Catalogue, required: Iterable[str]) -> list[str]:
    return sorted({*required, *([catalogue.value_feature] if catalogue.value_feature else [])})


def _accounts(lakehouse: Lakehouse, week: dt.date, columns: list[str]) -> pl.DataFrame:
    return lakehouse.scan("account_snapshots", [week]).select(columns).collect()


def _rounded(figures: pl.DataFrame) -> pl.DataFrame:
    return figures.select("figure", pl.col("value", "low", "high").round_sig_figs(3), "unit", "says")
