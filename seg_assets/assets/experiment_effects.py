"""Experiment effects: what the arms of a month's experiments did, once outcomes are known.

Belongs here: the asset. Does not: estimating (segmentation/experiment), reading what it takes
(steps/experiment_data.py).
"""

import datetime as dt
import time
from typing import Any

import dagster as dg
import polars as pl

from resources.account_lists import AccountList, AccountListError
from resources.lakehouse import Lakehouse, TableError
from seg_assets.assets.description import frame_markdown, table_metadata, written
from seg_assets.calendar import month_after, month_of
from seg_assets.campaign_schemas import EXPERIMENT_ARMS, EXPERIMENT_EFFECTS
from seg_assets.catalogs import Catalogue
from seg_assets.partitions import Partitions
from seg_assets.schemas import SEGMENT_SCORES
from seg_assets.segmentation.experiment.contamination import contaminations
from seg_assets.segmentation.experiment.report import experiment_report
from seg_assets.steps.experiment_data import (
    NotMatured,
    first_arms,
    measured_accounts,
    read_all_arms,
    read_designs,
)
from seg_assets.steps.refresh_data import parents_known_at


def build_experiment_effects(catalogue: Catalogue, partitions: Partitions) -> dg.AssetsDefinition:
    """The asset `experiment_effects`."""
    everything = dg.AllPartitionMapping()

    @dg.asset(
        name=EXPERIMENT_EFFECTS.name,
        partitions_def=partitions.data_month,
        backfill_policy=dg.BackfillPolicy.single_run(),
        deps=[
            dg.AssetDep(EXPERIMENT_ARMS.name, partition_mapping=everything),
            dg.AssetDep(["raw", "pipeline_conversions"], partition_mapping=everything),
            # Lineage: what was known of each account in the week in which it got its arm.
            dg.AssetDep("account_snapshots", partition_mapping=everything),
            dg.AssetDep(SEGMENT_SCORES.name, partition_mapping=everything),
            dg.AssetDep("segment_profiles", partition_mapping=everything),
        ],
        group_name="experiments",
        kinds={"polars", "delta"},
        owners=[catalogue.objective.owner],
        description="What the arms of the month's experiments did to conversion: intention to treat with CUPED, all "
        "together and by stratum, Qini, sample ratio and contamination. Of the accounts that got an arm up to the "
        "month, each over its own horizon; fails until these outcomes are known.",
        metadata=table_metadata(EXPERIMENT_EFFECTS),
    )
    def experiment_effects(
        context: dg.AssetExecutionContext,
        lakehouse: dg.ResourceParam[Lakehouse],
        contacted: dg.ResourceParam[AccountList],
    ) -> dg.MaterializeResult:
        for partition in context.partition_keys:
            metadata = _measure_month(catalogue, lakehouse, contacted, dt.date.fromisoformat(partition))
            context.add_asset_metadata(metadata, partition_key=partition)
        return dg.MaterializeResult()

    return experiment_effects


def _measure_month(
    catalogue: Catalogue, lakehouse: Lakehouse, contacted: AccountList, month: dt.date
) -> dict[str, Any]:
    """Write the month's partition; figures for its materialization. Raises dagster.Failure where none can be told."""
    began = time.monotonic()
    contacts = _contacts(contacted)
    reports = []
    for name, design in sorted(read_designs(lakehouse).items()):
        arms = read_all_arms(lakehouse, name).filter(pl.col("assigned_on") < month_after(month))
        if not any(month_of(week) == month for week in arms["assigned_on"].unique()):
            continue
        try:
            accounts = measured_accounts(lakehouse, catalogue, first_arms(arms))
        except (NotMatured, TableError) as error:
            raise dg.Failure(f"experiment {name}: {error}", allow_retries=False) from error
        matured_on = max(arms["assigned_on"]) + dt.timedelta(days=catalogue.objective.horizon_days)
        parents = parents_known_at(lakehouse, matured_on)
        spoiled = contaminations(arms, None if parents is None else parents.collect(), contacts)
        reports.append(experiment_report(accounts, design, spoiled).with_columns(experiment=pl.lit(name)))
    if not reports:
        raise dg.Failure(
            f"no experiment gave an account its arm in {month:%Y-%m}: materialize experiment_arms for one of its weeks "
            "first",
            allow_retries=False,
        )
    report = pl.concat(reports)
    rows = lakehouse.replace(EXPERIMENT_EFFECTS, report.with_columns(data_month=month), month)
    told = report.filter(pl.col("stratum").is_null()).select("experiment", "figure", "says")
    return {
        **written(rows, lakehouse.uri(EXPERIMENT_EFFECTS.name)),
        "figures_table": frame_markdown(told),
        "by_stratum_table": frame_markdown(_by_stratum(report)),
        "seconds": round(time.monotonic() - began, 3),
    }


def _by_stratum(report: pl.DataFrame) -> pl.DataFrame:
    """Differences in points, with intervals that hold for all strata of an arm together."""
    points = [(100 * pl.col(name)).round(2).alias(f"{name} [points]") for name in ("value", "low", "high")]
    parts = report.filter(pl.col("stratum").is_not_null())
    return parts.select("experiment", "arm", "baseline", "stratum", "accounts", "baseline_accounts", *points)


def _contacts(contacted: AccountList) -> pl.DataFrame | None:
    """account_id, contacted_on; None where nobody keeps such a list. Raises dagster.Failure where it is unusable."""
    if not contacted.exists():
        return None
    try:
        return contacted.read().with_columns(pl.col("contacted_on").str.to_date("%Y-%m-%d"))
    except (AccountListError, pl.exceptions.InvalidOperationError) as error:
        raise dg.Failure(
            f"{contacted.path}: {str(error).splitlines()[0]}; write dates as 2026-07-06", allow_retries=False
        ) from error
