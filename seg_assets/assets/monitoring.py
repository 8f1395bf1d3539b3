"""Monitoring tables: what each week's accounts look like, and how far they have drifted.

Belongs here: the two assets. Does not: figures (segmentation/monitoring, checks/metrics.py), verdicts (checks/).
"""

import datetime as dt
import time
from collections.abc import Callable

import dagster as dg
import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.assets.description import table_metadata, written
from seg_assets.catalogs import Catalogue
from seg_assets.checks.metrics import drift_rows, profile_rows
from seg_assets.checks.week import SNAPSHOTS, Week
from seg_assets.monitoring_schemas import DRIFT_METRICS, PROFILE_METRICS
from seg_assets.partitions import MODEL_OF_WEEK, Partitions
from seg_assets.schemas import Table

THIS_WEEK_AND_BEFORE = dg.TimeWindowPartitionMapping(start_offset=-1, allow_nonexistent_upstream_partitions=True)


def build_monitoring(catalogue: Catalogue, partitions: Partitions) -> list[dg.AssetsDefinition]:
    """The assets `profile_metrics` and `drift_metrics`."""
    return [
        _weekly(
            catalogue,
            partitions,
            PROFILE_METRICS,
            profile_rows,
            [dg.AssetDep(SNAPSHOTS)],
            "What every feature holds in a week, over all accounts and each of the catalogue's slices.",
        ),
        _weekly(
            catalogue,
            partitions,
            DRIFT_METRICS,
            drift_rows,
            [
                dg.AssetDep(SNAPSHOTS, partition_mapping=THIS_WEEK_AND_BEFORE),
                dg.AssetDep("segment_model", partition_mapping=MODEL_OF_WEEK),
            ],
            "How far every feature of a week is from the champion's training snapshot and from the week before.",
        ),
    ]


def _weekly(
    catalogue: Catalogue,
    partitions: Partitions,
    table: Table,
    rows_of: Callable[[Week], pl.DataFrame],
    deps: list[dg.AssetDep],
    description: str,
) -> dg.AssetsDefinition:
    @dg.asset(
        name=table.name,
        partitions_def=partitions.week,
        backfill_policy=dg.BackfillPolicy.single_run(),
        deps=deps,
        group_name="monitoring",
        kinds={"polars", "delta"},
        code_version=catalogue.fingerprint("sources", "features", "groups"),
        owners=[catalogue.objective.owner],
        description=description,
        metadata=table_metadata(table),
    )
    def metrics(context: dg.AssetExecutionContext, lakehouse: dg.ResourceParam[Lakehouse]) -> dg.MaterializeResult:
        for key in context.partition_keys:
            began = time.monotonic()
            monday = dt.date.fromisoformat(key)
            if monday not in lakehouse.partitions(SNAPSHOTS):
                raise dg.Failure(f"week {key} has no accounts: materialize {SNAPSHOTS} for it first")
            rows = lakehouse.replace(table, rows_of(Week(lakehouse, catalogue, monday)), monday)
            seconds = round(time.monotonic() - began, 3)
            context.add_asset_metadata(
                {**written(rows, lakehouse.uri(table.name)), "seconds": seconds}, partition_key=key
            )
        return dg.MaterializeResult()

    return metrics
