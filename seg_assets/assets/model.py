"""The fitted model of a service month: how many segments and why, a challenger in MLflow, and the decision on it.

Belongs here: the two assets, made by one step: a month's number of segments starts from the champion of the month
before, so a range of months can neither be counted first nor fitted first. Does not: the refresh (steps/fit.py).
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from resources.compute import Steps
from resources.lakehouse import Lakehouse
from resources.segment_names import SegmentNames, SegmentNamesError
from resources.tracking import Tracking
from seg_assets.assets.description import table_metadata, tell_partitions
from seg_assets.catalogs import Catalogue
from seg_assets.partitions import FEATURES_OF_SERVICE_MONTH, Partitions
from seg_assets.schemas import SEGMENT_COUNT_REPORT, SEGMENT_MODEL
from seg_assets.segmentation.promotion import Promotion, rejected_since
from seg_assets.steps.inputs import FITTED_MODEL, FitInputs
from seg_assets.steps.models import read_promotions

PROMOTION_GATES = "promotion_gates"


class RefreshConfig(dg.Config):
    """What a person may decide for one run."""

    every_count: bool = True
    """Judge every number of segments that the catalogue allows; false: the one in force and those beside it."""


def build_model(catalogue: Catalogue, partitions: Partitions) -> dg.AssetsDefinition:
    """The assets `segment_count_report` and `segment_model`."""

    def spec(table: str, kinds: set[str], description: str, deps: list[dg.AssetDep]) -> dg.AssetSpec:
        return dg.AssetSpec(
            table,
            deps=deps,
            description=description,
            metadata=table_metadata(SEGMENT_MODEL if table == SEGMENT_MODEL.name else SEGMENT_COUNT_REPORT),
            group_name="fitted_model",
            kinds=kinds,
            code_version=catalogue.fingerprint(),
            owners=[catalogue.objective.owner],
            partitions_def=partitions.service_month,
        )

    # The report reads the champion of the month before too; said here, the UI would see a cycle and draw nothing.
    made_of = [
        dg.AssetDep("account_features", partition_mapping=FEATURES_OF_SERVICE_MONTH),
        # Lineage: labels are those matured for the training snapshot, over all weeks up to it.
        dg.AssetDep(["raw", "pipeline_conversions"], partition_mapping=dg.AllPartitionMapping()),
    ]
    limits = catalogue.limits
    report = spec(
        SEGMENT_COUNT_REPORT.name,
        {"polars", "delta"},
        f"Why this number of segments: {limits.fewest_segments} to {limits.most_segments} side by side, with "
        "stability, lift, size and what does not pass.",
        made_of,
    )
    model = spec(
        SEGMENT_MODEL.name,
        {"scikitlearn", "mlflow"},
        "The challenger of a service month, fitted on the month before and on the champion before it, "
        "registered in MLflow, and promoted where its gates pass (table promotions).",
        [
            *made_of,
            dg.AssetDep(SEGMENT_COUNT_REPORT.name),
            dg.AssetDep(SEGMENT_MODEL.name, partition_mapping=FEATURES_OF_SERVICE_MONTH),
        ],
    )

    gates = dg.AssetCheckSpec(
        PROMOTION_GATES,
        asset=SEGMENT_MODEL.name,
        description="The challenger passes the gates of a promotion; a rejected one is not champion, and scoring goes "
        "on by the version before",
    )

    @dg.multi_asset(
        name=FITTED_MODEL,
        specs=[report, model],
        check_specs=[gates],
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def fitted_model(
        context: dg.AssetExecutionContext,
        config: RefreshConfig,
        steps: Steps,
        lakehouse: dg.ResourceParam[Lakehouse],
        tracking: dg.ResourceParam[Tracking],
        segment_names: dg.ResourceParam[SegmentNames],
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        inputs = FitInputs(
            lakehouse=lakehouse.root,
            tracking=tracking.folder,
            catalogue=catalogue,
            service_months=tuple(dt.date.fromisoformat(key) for key in context.partition_keys),
            every_count=config.every_count,
            names=_names(segment_names),
            dagster_run=context.run_id,
        )
        done = steps.run("fit", context, inputs.extras())
        tell_partitions(context, done.get_custom_messages())
        yield from done.get_results(implicit_materializations=False)
        yield promotion_gates(read_promotions(lakehouse), inputs.service_months)

    return fitted_model


def promotion_gates(promotions: Sequence[Promotion], months: Sequence[dt.date]) -> dg.AssetCheckResult:
    """Whether the newest automatic decision of every month promoted; told of the last month that was rejected.

    It warns and never blocks: a rejected challenger keeps the definitions out, not the scores.
    """
    newest = {row.service_month: row for row in promotions if row.by == "automatic" and row.service_month in months}
    rejected = [row for _, row in sorted(newest.items()) if row.action == "reject"]
    told = (rejected or [newest[max(newest)]])[-1]
    metadata: dict[str, Any] = {"expected": "every gate passes", "seen": told.reason}
    if rejected:
        metadata |= {
            "weeks": ", ".join(row.service_month.isoformat() for row in rejected),
            "since": rejected_since(promotions, told.service_month).isoformat(),
            "accounts_affected": f"none moves: {told.to_version or 'no version'} stays in force",
            "likely_cause": told.reason,
            "runbook": f"docs/runbook.md#{PROMOTION_GATES}",
            "look_closer": f"seg show {SEGMENT_COUNT_REPORT.name}",
        }
    return dg.AssetCheckResult(
        asset_key=dg.AssetKey(SEGMENT_MODEL.name),
        check_name=PROMOTION_GATES,
        passed=not rejected,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{told.definition_version} {told.reason}",
        metadata=metadata,
    )


def _names(segment_names: SegmentNames) -> dict[str, str]:
    """The names that people gave. Raises dagster.Failure, with file and line, where they cannot be used."""
    try:
        return segment_names.read()
    except SegmentNamesError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
