"""KPIs by segment: the report of a data month, with every period up to it under the definitions that served then.

Belongs here: the asset, which reads the snapshots. Does not: the figures (segmentation/kpis), which KPIs there are
(catalogs/kpis.py).
"""

import datetime as dt
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import dagster as dg
import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.assets.description import table_metadata, written
from seg_assets.catalogs import Catalogue
from seg_assets.catalogs.kpis import kpis_fingerprint
from seg_assets.kpi_schemas import SEGMENT_KPIS
from seg_assets.partitions import Partitions
from seg_assets.segmentation import Segmentation
from seg_assets.segmentation.kpis.periods import Period, periods_until
from seg_assets.segmentation.kpis.plan import KpiPlan, kpi_plan
from seg_assets.segmentation.kpis.report import ALL, Definitions, PeriodSums, report
from seg_assets.segmentation.kpis.sums import columns_read, period_sums, placed
from seg_assets.segmentation.promotion import Promotion, champion_of
from seg_assets.steps.models import read_promotions, read_segmentation

SNAPSHOTS = "account_snapshots"


def build_kpis(catalogue: Catalogue, partitions: Partitions) -> dg.AssetsDefinition:
    """The asset `segment_kpis`."""

    @dg.asset(
        name=SEGMENT_KPIS.name,
        partitions_def=partitions.data_month,
        backfill_policy=dg.BackfillPolicy.single_run(),
        deps=[
            # Lineage: the month-ends of all periods, and the champion, whichever month that is of.
            dg.AssetDep(SNAPSHOTS, partition_mapping=dg.AllPartitionMapping()),
            dg.AssetDep("segment_model", partition_mapping=dg.AllPartitionMapping()),
        ],
        group_name="segment_kpis",
        kinds={"polars", "delta"},
        code_version=f"{kpis_fingerprint(catalogue.kpis)}, years start in month {catalogue.fiscal_year_starts}",
        owners=[catalogue.objective.owner],
        description="Retention, activation, churn and what tells of them early, by segment and for all accounts: every "
        "period up to the month, under the definitions that served at its end. Control limits tell a signal from "
        "ordinary movement. Each month's report stays, so that what was told then can be read again.",
        metadata=table_metadata(SEGMENT_KPIS),
    )
    def segment_kpis(context: dg.AssetExecutionContext, lakehouse: dg.ResourceParam[Lakehouse]) -> dg.MaterializeResult:
        for key in context.partition_keys:
            metadata = _report_month(catalogue, lakehouse, dt.date.fromisoformat(key))
            context.add_asset_metadata(metadata, partition_key=key)
        return dg.MaterializeResult()

    return segment_kpis


def _report_month(catalogue: Catalogue, lakehouse: Lakehouse, month: dt.date) -> dict[str, Any]:
    """Make and store one report; figures for its materialization. Raises dagster.Failure where there can be none."""
    began = time.monotonic()
    promotions = read_promotions(lakehouse)
    plan = kpi_plan(month, lakehouse.partitions(SNAPSHOTS), promotions, catalogue)
    if isinstance(plan, str):
        raise dg.Failure(f"data month {month:%Y-%m} has no KPIs: {plan}", allow_retries=False)
    segmentation = read_segmentation(lakehouse, plan.definition_version)
    _refuse_missing_columns(catalogue, lakehouse, segmentation)
    periods = _periods(catalogue, lakehouse, segmentation, plan, promotions)
    definitions = Definitions(plan.definition_version, {one.segment_id: one.name for one in segmentation.segments})
    columns = pl.Schema({name: dtype for name, dtype in SEGMENT_KPIS.schema.items() if name != "data_month"})
    rows = report(catalogue, definitions, periods, columns)
    newest = rows.filter(pl.col("ends_on") == plan.month_ends[-1])
    return {
        **written(lakehouse.replace(SEGMENT_KPIS, rows, month), lakehouse.uri(SEGMENT_KPIS.name)),
        "definition_version": plan.definition_version,
        "periods": rows["period"].n_unique(),
        "restated": ", ".join(rows.filter("restated")["period"].unique(maintain_order=True)) or "none",
        "all_accounts": _told(newest.filter(pl.col("segment_name") == ALL)),
        "signals": _told(newest.filter(pl.col("signal"))),
        "seconds": round(time.monotonic() - began, 3),
    }


def _periods(
    catalogue: Catalogue,
    lakehouse: Lakehouse,
    segmentation: Segmentation,
    plan: KpiPlan,
    promotions: Sequence[Promotion],
) -> list[PeriodSums]:
    """The sums of every period of the report."""
    read = columns_read(catalogue.kpis, segmentation)

    # A month and a quarter that end together begin within the last four month-ends.
    @lru_cache(maxsize=4)
    def accounts(day: dt.date) -> pl.DataFrame:
        return placed(catalogue.kpis, segmentation, lakehouse.scan(SNAPSHOTS, [day]).select(read))

    def summed(period: Period) -> PeriodSums:
        kpis = [kpi for kpi in catalogue.kpis if period.grain in kpi.periods]
        sums = period_sums(kpis, accounts(period.begins_on), accounts(period.ends_on))
        return PeriodSums(period, sums, _version_at(promotions, period.ends_on))

    grains = {grain for kpi in catalogue.kpis for grain in kpi.periods}
    found = periods_until(plan.data_month, plan.month_ends, catalogue.fiscal_year_starts, grains)
    return [summed(period) for period in sorted(found, key=lambda period: period.ends_on)]


def _version_at(promotions: Sequence[Promotion], day: dt.date) -> str | None:
    champion = champion_of(promotions, day)
    return None if champion is None or champion.before_first_model else champion.definition_version


def _refuse_missing_columns(catalogue: Catalogue, lakehouse: Lakehouse, segmentation: Segmentation) -> None:
    """Raises dagster.Failure where KPIs or definitions ask features that no stored snapshot has."""
    stored = lakehouse.scan(SNAPSHOTS).collect_schema().names()
    if gone := sorted(set(columns_read(catalogue.kpis, segmentation)) - set(stored)):
        raise dg.Failure(
            f"KPIs or definitions ask {', '.join(gone)}, which account_snapshots does not have; materialize it again "
            "first, or take it out of the catalogue's kpis_file",
            allow_retries=False,
        )


def _told(rows: pl.DataFrame) -> dg.MetadataValue:
    """What the rows say, a line each."""
    return dg.MetadataValue.md("\n".join(f"- {said}" for said in rows["says"]) or "none")
