"""The fitted model of a service month: how many segments and why, a challenger in MLflow, and the decision on it.

Belongs here: the two assets, made by one step: a month's number of segments starts from the champion of the month
before, so a range of months can neither be counted first nor fitted first. Does not: the refresh (steps/fit.py).
"""

import datetime as dt
from collections.abc import Iterator

import dagster as dg

from resources.compute import Steps
from resources.lakehouse import Lakehouse
from resources.segment_names import SegmentNames, SegmentNamesError
from resources.tracking import Tracking
from seg_assets.assets.description import table_metadata, tell_partitions
from seg_assets.catalogs import Catalogue
from seg_assets.checks.finding import check_result
from seg_assets.checks.gates import PROMOTION_GATES, promotion_gates
from seg_assets.partitions import FEATURES_OF_SERVICE_MONTH, Partitions
from seg_assets.schemas import SEGMENT_COUNT_REPORT, SEGMENT_MODEL
from seg_assets.steps.inputs import FITTED_MODEL, FitInputs
from seg_assets.steps.models import read_promotions


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
        steps: dg.ResourceParam[Steps],
        lakehouse: dg.ResourceParam[Lakehouse],
        tracking: dg.ResourceParam[Tracking],
        segment_names: dg.ResourceParam[SegmentNames],
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        inputs = FitInputs(
            lakehouse=lakehouse.root,
            tracking=tracking,
            catalogue=catalogue,
            service_months=tuple(dt.date.fromisoformat(key) for key in context.partition_keys),
            every_count=config.every_count,
            names=_names(segment_names),
            dagster_run=context.run_id,
        )
        done = steps.run("fit", context, inputs.extras())
        tell_partitions(context, done.get_custom_messages())
        yield from done.get_results(implicit_materializations=False)
        promotions = read_promotions(lakehouse)
        report = lakehouse.uri(SEGMENT_COUNT_REPORT.name)
        found = {month.isoformat(): promotion_gates(promotions, month, report) for month in inputs.service_months}
        yield check_result(dg.AssetKey(SEGMENT_MODEL.name), PROMOTION_GATES, found)

    return fitted_model


def _names(segment_names: SegmentNames) -> dict[str, str]:
    """The names that people gave. Raises dagster.Failure, with file and line, where they cannot be used."""
    try:
        return segment_names.read()
    except SegmentNamesError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
