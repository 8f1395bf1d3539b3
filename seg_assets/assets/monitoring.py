"""Monitoring tables: what each week's accounts look like, and how far they have drifted.

Belongs here: the two assets. Does not: filling them (steps/monitor.py), verdicts (checks/).
"""

import datetime as dt
from collections.abc import Iterator

import dagster as dg

from resources.compute import Steps
from resources.lakehouse import Lakehouse
from resources.settings import Engine
from seg_assets.assets.description import table_metadata, tell_partitions
from seg_assets.catalogs import Catalogue
from seg_assets.checks.week import SNAPSHOTS
from seg_assets.monitoring_schemas import DRIFT_METRICS, PROFILE_METRICS
from seg_assets.partitions import MODEL_OF_WEEK, Partitions
from seg_assets.schemas import Table
from seg_assets.steps.inputs import MonitorInputs

THIS_WEEK_AND_BEFORE = dg.TimeWindowPartitionMapping(start_offset=-1, allow_nonexistent_upstream_partitions=True)


def build_monitoring(catalogue: Catalogue, partitions: Partitions, engine: Engine) -> list[dg.AssetsDefinition]:
    """The assets `profile_metrics` and `drift_metrics`, which `engine` computes together."""

    def spec(table: Table, description: str, deps: list[dg.AssetDep]) -> dg.AssetSpec:
        return dg.AssetSpec(
            table.name,
            deps=deps,
            description=description,
            metadata=table_metadata(table),
            group_name="monitoring",
            kinds={engine, "delta"},
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
        context: dg.AssetExecutionContext, steps: dg.ResourceParam[Steps], lakehouse: dg.ResourceParam[Lakehouse]
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        weeks = tuple(dt.date.fromisoformat(key) for key in context.partition_keys)
        if missing := sorted(set(weeks) - set(lakehouse.partitions(SNAPSHOTS))):
            raise dg.Failure(f"week {missing[0]} has no accounts: materialize {SNAPSHOTS} for it first")
        inputs = MonitorInputs(lakehouse=lakehouse.root, catalogue=catalogue, weeks=weeks, engine=engine)
        done = steps.run("monitor", context, inputs.extras())
        tell_partitions(context, done.get_custom_messages())
        yield from done.get_results(implicit_materializations=False)

    return [monitoring]
