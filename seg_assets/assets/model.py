"""The segment model of a service month: a challenger in MLflow, and the decision on it.

Belongs here: the asset. Does not: the refresh (steps/fit.py).
"""

import datetime as dt

import dagster as dg

from resources.compute import Steps
from resources.lakehouse import Lakehouse
from resources.tracking import Tracking
from seg_assets.assets.description import table_metadata, tell_partitions
from seg_assets.catalogs import Catalogue
from seg_assets.partitions import FEATURES_OF_SERVICE_MONTH, Partitions
from seg_assets.schemas import SEGMENT_MODEL
from seg_assets.steps.inputs import FitInputs


def build_model(catalogue: Catalogue, partitions: Partitions) -> dg.AssetsDefinition:
    """The asset `segment_model`."""

    @dg.asset(
        name="segment_model",
        partitions_def=partitions.service_month,
        backfill_policy=dg.BackfillPolicy.single_run(),
        deps=[
            dg.AssetDep("account_features", partition_mapping=FEATURES_OF_SERVICE_MONTH),
            dg.AssetDep("segment_model", partition_mapping=FEATURES_OF_SERVICE_MONTH),
            # Lineage: labels are those matured for the training snapshot, over all weeks up to it.
            dg.AssetDep(["raw", "pipeline_conversions"], partition_mapping=dg.AllPartitionMapping()),
        ],
        group_name="fitted_model",
        kinds={"scikitlearn", "mlflow"},
        code_version=catalogue.fingerprint(),
        owners=[catalogue.objective.owner],
        description="The challenger of a service month, fitted on the month before and on the champion before it, "
        "registered in MLflow, and promoted where its gates pass (table promotions).",
        metadata=table_metadata(SEGMENT_MODEL),
    )
    def segment_model(
        context: dg.AssetExecutionContext,
        steps: Steps,
        lakehouse: dg.ResourceParam[Lakehouse],
        tracking: dg.ResourceParam[Tracking],
    ) -> dg.MaterializeResult:
        inputs = FitInputs(
            lakehouse=lakehouse.root,
            tracking=tracking.folder,
            catalogue=catalogue,
            service_months=tuple(dt.date.fromisoformat(key) for key in context.partition_keys),
            dagster_run=context.run_id,
        )
        done = steps.run("fit", context, inputs.extras())
        tell_partitions(context, done.get_custom_messages())
        return done.get_materialize_result(implicit_materialization=False)

    return segment_model
