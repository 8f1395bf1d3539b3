"""Conversion-lift report: segments beside the incumbent and other ways to choose accounts, once outcomes are known.

Belongs here: the asset, and refusing a month that cannot be reported yet. Does not: the report (steps/lift.py), what
is compared (segmentation/conversion).
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import dagster as dg

from resources.compute import Steps
from resources.lakehouse import Lakehouse
from resources.pages import Pages
from seg_assets.assets.description import table_metadata, tell_partitions
from seg_assets.catalogs import Catalogue
from seg_assets.checks.controls import CONTROLS, controls_hold
from seg_assets.checks.finding import check_result
from seg_assets.lift_schemas import CONVERSION_LIFT_REPORT
from seg_assets.partitions import Partitions
from seg_assets.steps.inputs import LiftInputs
from seg_assets.steps.lift_data import plan_month

# Lineage: a report reads the month, the months that it learns from, and the champion, whichever month that is of.
MADE_OF = (
    ["account_snapshots"],
    ["account_tiers"],
    ["segment_model"],
    ["raw", "account_master"],
    ["raw", "pipeline_conversions"],
    ["raw", "revenue_events"],
)


def build_lift(catalogue: Catalogue, partitions: Partitions) -> dg.AssetsDefinition:
    """The asset `conversion_lift_report`, whose other tables lie beside it."""
    key = dg.AssetKey(CONVERSION_LIFT_REPORT.name)
    days = catalogue.objective.horizon_days

    @dg.asset(
        key=key,
        partitions_def=partitions.data_month,
        backfill_policy=dg.BackfillPolicy.single_run(),
        deps=[dg.AssetDep(table, partition_mapping=dg.AllPartitionMapping()) for table in MADE_OF],
        group_name="conversion_lift_report",
        kinds={"polars", "scikitlearn", "delta"},
        code_version=lift_version(catalogue),
        owners=[catalogue.objective.owner],
        description=f"Whether the champion's segments find more pipeline than tiers, hand rules and other ways, on the "
        f"{days} days after the month's last snapshot, with rates from earlier months alone. Beside it the tables "
        "conversion_lift_verdicts, _classes, _funnel, _controls and _scores.",
        metadata=table_metadata(CONVERSION_LIFT_REPORT),
        check_specs=[
            dg.AssetCheckSpec(
                CONTROLS,
                asset=key,
                blocking=True,
                description="Permuted outcomes, random classes and the same segments twice give what is known, and no "
                "feature alone knows the outcome",
            )
        ],
    )
    def conversion_lift_report(
        context: dg.AssetExecutionContext,
        steps: dg.ResourceParam[Steps],
        lakehouse: dg.ResourceParam[Lakehouse],
        pages: dg.ResourceParam[Pages],
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        months = tuple(dt.date.fromisoformat(key) for key in context.partition_keys)
        for month in months:
            _refuse_what_cannot_be_reported(catalogue, lakehouse, month)
        inputs = LiftInputs(lakehouse=lakehouse.root, catalogue=catalogue, data_months=months)
        done = steps.run("lift", context, inputs.extras())
        tell_partitions(context, done.get_custom_messages())
        for month in months:
            context.add_asset_metadata(
                _page_metadata(catalogue, lakehouse, pages, month), partition_key=month.isoformat()
            )
        yield done.get_materialize_result(implicit_materialization=False)
        found = {month.isoformat(): controls_hold(lakehouse, month) for month in months}
        yield check_result(key, CONTROLS, found)

    return conversion_lift_report


def _page_metadata(catalogue: Catalogue, lakehouse: Lakehouse, pages: Pages, month: dt.date) -> dict[str, Any]:
    """Write the month's page; where it lies, to copy and to open: browsers do not follow a link from http to a file."""
    # Charts take half a second to import, which looking at the graph does without.
    from seg_assets.assets.lift_page import write_page

    path = write_page(lakehouse, pages, catalogue, month)
    return {"page": dg.MetadataValue.url(path.as_uri()), "page_path": dg.MetadataValue.path(str(path))}


def lift_version(catalogue: Catalogue) -> str:
    """What a report is made with, beside its tables: another one makes it anew."""
    used = ("features", "groups", "indices", "objective", "open_opportunity", "outcome_column", "outcome_lag_days")
    tiers = f"{catalogue.tiers.fingerprint()}, active when {catalogue.active_when}"
    return f"{catalogue.fingerprint(*used)}, design {catalogue.lift_report.fingerprint()}, tiers {tiers}"


def _refuse_what_cannot_be_reported(catalogue: Catalogue, lakehouse: Lakehouse, month: dt.date) -> None:
    """Raises dagster.Failure, with what would change it."""
    plan = plan_month(lakehouse, catalogue, month)
    if isinstance(plan, str):
        raise dg.Failure(f"data month {month:%Y-%m} cannot be reported: {plan}", allow_retries=False)
