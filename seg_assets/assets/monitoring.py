"""Monitoring tables: what each week's accounts look like, and how far they have drifted.

Belongs here: the two assets. Does not: figures (segmentation/monitoring, checks/metrics.py), verdicts (checks/).
"""

import datetime as dt
import time
from collections.abc import Iterator

import dagster as dg

from resources.lakehouse import Lakehouse
from seg_assets.assets.description import table_metadata, written
from seg_assets.catalogs import Catalogue
from seg_assets.checks.metrics import metrics
from seg_assets.checks.week import SNAPSHOTS, Week
from seg_assets.monitoring_schemas import DRIFT_METRICS, PROFILE_METRICS
from seg_assets.partitions import MODEL_OF_WEEK, Partitions
from seg_assets.schemas import Table

THIS_WEEK_AND_BEFORE = dg.TimeWindowPartitionMapping(start_offset=-1, allow_nonexistent_upstream_partitions=True)


def build_monitoring(catalogue: Catalogue, partitions: Partitions) -> list[dg.AssetsDefinition]:
    """The assets `profile_metrics` and `drift_metrics`, made together: sorting a week's accounts takes most of it."""

    def spec(table: Table, description: str, deps: list[dg.AssetDep]) -> dg.AssetSpec:
        return dg.AssetSpec(
            table.name,
            deps=deps,
            description=description,
            metadata=table_metadata(table),
            group_name="monitoring",
            kinds={"polars", "delta"},
            code_version=catalogue.fingerprint("sources", "features", "groups"),
            owners=[catalogue.objective.owner],
            partitions_def=partitions.week,
        )

    made_of = [
        dg.AssetDep(SNAPSHOTS, partition_mapping=THIS_WEEK_AND_BEFORE),
        dg.AssetDep("segment_model", partition_mapping=MODEL_OF_WEEK),
    ]
    profile = spec(
        PROFILE_METRICS,
        "What every feature holds in a week, over all accounts, each of the catalogue's slices and each segment.",
        made_of,
    )
    drift = spec(
        DRIFT_METRICS,
        "How far every feature of a week is from the champion's training snapshot and from the week before.",
        made_of,
    )

    @dg.multi_asset(name="monitoring", specs=[profile, drift], backfill_policy=dg.BackfillPolicy.single_run())
    def monitoring(
        context: dg.AssetExecutionContext, lakehouse: dg.ResourceParam[Lakehouse]
    ) -> Iterator[dg.MaterializeResult]:
        for key in context.partition_keys:
            began = time.monotonic()
            monday = dt.date.fromisoformat(key)
            if monday not in lakehouse.partitions(SNAPSHOTS):
                raise dg.Failure(f"week {key} has no accounts: materialize {SNAPSHOTS} for it first")
            found = metrics(Week(lakehouse, catalogue, monday))
            for table, rows in ((PROFILE_METRICS, found.profile), (DRIFT_METRICS, found.drift)):
                stored = written(lakehouse.replace(table, rows, monday), lakehouse.uri(table.name))
                seconds = {"seconds": round(time.monotonic() - began, 3)}
                context.add_asset_metadata(stored | seconds, asset_key=table.name, partition_key=key)
        for table in (PROFILE_METRICS, DRIFT_METRICS):
            yield dg.MaterializeResult(asset_key=table.name)

    return [monitoring]
