"""Refresh service months: fit a challenger on the month before, register it, decide its promotion.

Belongs here: the order of a refresh and what it stores. Does not: the fit itself (segmentation/refresh.py), the inputs
it learns from (steps/refresh_data.py), how many segments (steps/count.py), the decision (steps/decision.py).
"""

from __future__ import annotations

import datetime as dt
import json
import time
from dataclasses import replace
from typing import Any

import polars as pl
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from resources.lakehouse import Lakehouse
from resources.tracking import Tracking
from seg_assets.catalogs import Catalogue
from seg_assets.schemas import SEGMENT_COUNT_REPORT, SEGMENT_MODEL, TIMESTAMP
from seg_assets.segmentation import Segmentation, fit
from seg_assets.segmentation.count.report import CountReport
from seg_assets.segmentation.promotion import champion_before, next_version, out_of_order
from seg_assets.segmentation.sampling_error import SamplingError, sampling_error
from seg_assets.segmentation.sql import select_sql
from seg_assets.steps.births import read_births
from seg_assets.steps.count import judge_counts
from seg_assets.steps.decision import decided, sizes_of
from seg_assets.steps.inputs import FitInputs
from seg_assets.steps.models import (
    append_promotion,
    highest_id_before,
    model_versions,
    read_accounts_of,
    read_promotions,
    read_segmentation,
)
from seg_assets.steps.refresh_data import RefreshData, read_refresh_data
from seg_assets.steps.reporting import open_step
from seg_assets.steps.signature import model_signature

SEED = 20_260_629
ASSETS = (SEGMENT_COUNT_REPORT.name, SEGMENT_MODEL.name)


def refresh(inputs: FitInputs, service_month: dt.date) -> tuple[dict[str, Any], dict[str, Any]]:
    """Count, fit, store and decide one service month; figures for the materializations of the report and the model.

    The fit starts from the version in force before the month, so an attempt repeated on the same inputs gives the
    same ids and definitions under a new version. Raises RuntimeError where a later month was refreshed first.
    """
    # Alone: two refreshes at once would take the same version, and one would lose the other's.
    # One thread: two sharing tables of this size take longer, and sums would depend on how they are shared.
    with Lakehouse(inputs.lakehouse).alone("refresh"), threadpool_limits(limits=1, user_api="blas"):
        return _refresh(inputs, service_month)


def _refresh(inputs: FitInputs, service_month: dt.date) -> tuple[dict[str, Any], dict[str, Any]]:
    began = time.monotonic()
    lakehouse, tracking, catalogue = Lakehouse(inputs.lakehouse), inputs.tracking, inputs.catalogue
    problem = out_of_order(service_month, lakehouse.partitions(SEGMENT_MODEL.name))
    if problem:
        raise RuntimeError(f"service month {service_month:%Y-%m}: {problem}")
    tracking.open()
    promotions = read_promotions(lakehouse)
    champion_version = champion_before(promotions, service_month)
    champion = _champion(lakehouse, champion_version, service_month)
    data = read_refresh_data(lakehouse, catalogue, service_month)
    before = None if champion_version is None else read_accounts_of(lakehouse, champion_version)
    births = read_births(lakehouse, champion_version, champion)
    report, counted = judge_counts(
        lakehouse, catalogue, service_month, champion, data, before, births, every=inputs.every_count, seed=SEED
    )
    segmentation = fit(
        data.snapshot,
        catalogue,
        champion,
        data.outcomes,
        preprocessor=data.preprocessor,
        previous=data.previous,
        seed=SEED,
        learned=report.learned,
        count=report.choice.count,
        weight=report.weight,
        kinds=report.kinds,
        overrides=inputs.names,
        before=before,
    )
    sizes = sizes_of(segmentation, data.population, catalogue)
    texts = {"number_of_segments.md": counted["count_table"]}
    error = _sampling_error(segmentation, catalogue, data, report, sizes.shares)
    if error is not None:
        segmentation = replace(segmentation, metrics=segmentation.metrics | error.metrics())
        texts |= {"sampling_error.md": error.markdown()}
    version = next_version(service_month, model_versions(lakehouse))
    model_uri = _log(tracking, inputs, service_month, version, champion_version, data, segmentation, texts)
    row = {
        "definition_version": version,
        "trained_on": data.trained_on,
        "fitted_at": dt.datetime.now(dt.UTC),
        "accounts": data.accounts,
        "segments": len(segmentation.segments),
        "champion_before": champion_version,
        "model_uri": model_uri,
        "metrics": json.dumps(segmentation.metrics, sort_keys=True),
        "segmentation": segmentation.to_json(),
    }
    rows = _store(lakehouse, service_month, row)
    promotion = decided(
        catalogue,
        segmentation,
        champion,
        report.choice,
        sizes,
        data,
        service_month=service_month,
        version=version,
        promotions=promotions,
        seed=SEED,
    )
    append_promotion(lakehouse, promotion)
    if promotion.action == "promote" and version == _newest_in_force(lakehouse):
        tracking.set_champion(model_uri)
    fitted = {
        "segment_table": _segments_markdown(segmentation, sizes.accounts),
        "definition_version": version,
        "decision": promotion.action,
        "reason": promotion.reason,
        "trained_on": data.trained_on.isoformat(),
        "label_snapshots": [day.isoformat() for day in data.outcomes.snapshots] if data.outcomes else [],
        "model_uri": model_uri,
        "accounts": data.accounts,
        **({} if error is None else {"sampling_error_table": error.markdown()}),
        "dagster/row_count": rows,
        "dagster/uri": lakehouse.uri(SEGMENT_MODEL.name),
        **{name: float(value) for name, value in segmentation.metrics.items()},
        "seconds": round(time.monotonic() - began, 3),
    }
    return counted, fitted


def _sampling_error(
    segmentation: Segmentation, catalogue: Catalogue, data: RefreshData, report: CountReport, shares: dict[str, float]
) -> SamplingError | None:
    """What the sample leaves uncertain; None where all accounts were learned from. shares: of all accounts."""
    if data.sampled is None:
        return None
    return sampling_error(
        segmentation,
        data.snapshot,
        catalogue,
        data.preprocessor,
        data.sampled,
        shares,
        learned=report.learned,
        seed=SEED,
    )


def _champion(lakehouse: Lakehouse, version: str | None, service_month: dt.date) -> Segmentation | None:
    """The version to start from; new segments get ids above every one ever issued, also by rejected challengers."""
    if version is None:
        return None
    champion = read_segmentation(lakehouse, version)
    return replace(champion, highest_id=max(champion.highest_id, highest_id_before(lakehouse, service_month)))


def _log(
    tracking: Tracking,
    inputs: FitInputs,
    service_month: dt.date,
    version: str,
    champion_version: str | None,
    data: RefreshData,
    segmentation: Segmentation,
    texts: dict[str, str],
) -> str:
    return tracking.log_refresh(
        definition_version=version,
        segmentation_json=segmentation.to_json(),
        texts={
            "definitions.md": segmentation.definitions_text(),
            "segments.sql": select_sql(segmentation, "account_snapshots"),
            **texts,
        },
        parameters={
            "service_month": service_month.isoformat(),
            "trained_on": data.trained_on.isoformat(),
            "accounts": data.accounts,
            "segments": len(segmentation.segments),
            "champion_before": champion_version or "none",
            "catalogue": inputs.catalogue.name,
            "seed": SEED,
        },
        metrics=segmentation.metrics,
        signature=model_signature(data.snapshot.select(*segmentation.required_columns)),
        tags={"dagster_run": inputs.dagster_run, "service_month": service_month.isoformat()},
    )


def _store(lakehouse: Lakehouse, service_month: dt.date, row: dict[str, Any]) -> int:
    """Add a version to its month; earlier attempts stay. The month's versions now."""
    columns = {name: dtype for name, dtype in SEGMENT_MODEL.schema.items() if name != "service_month"}
    new = pl.DataFrame([row], schema={**columns, "fitted_at": TIMESTAMP})
    if service_month in lakehouse.partitions(SEGMENT_MODEL.name):
        attempts = lakehouse.scan(SEGMENT_MODEL.name, [service_month]).select(*columns).collect()
        new = pl.concat([attempts, new])
    return lakehouse.replace(SEGMENT_MODEL, new, service_month)


def _newest_in_force(lakehouse: Lakehouse) -> str | None:
    return champion_before(read_promotions(lakehouse), dt.date.max)


def _segments_markdown(segmentation: Segmentation, sizes: dict[str, int]) -> str:
    total = sum(sizes.values())
    lines = ["| segment | name | accounts | share | | definition |", "| --- | --- | ---: | ---: | --- | --- |"]
    for segment in segmentation.segments:
        share = sizes[segment.segment_id] / total
        bar = "█" * round(40 * share)
        lines.append(
            f"| {segment.segment_id} | {segment.name} | {sizes[segment.segment_id]:,} | {share:.1%} | {bar} | "
            f"{segmentation.words(segment)} |"
        )
    return "\n".join(lines)


def main() -> None:
    """The program: inputs from Pipes extras, one refresh a service month, in order, a materialization as its report."""
    with open_step() as pipes:
        inputs = FitInputs.model_validate(pipes.extras)
        for month in sorted(inputs.service_months):
            pipes.log.info(f"refreshing service month {month:%Y-%m}")
            for asset, figures in zip(ASSETS, refresh(inputs, month), strict=True):
                pipes.report_custom_message({"asset": asset, "partition": month.isoformat(), "metadata": figures})
        for asset in ASSETS:
            pipes.report_asset_materialization(asset_key=asset)


if __name__ == "__main__":
    main()
