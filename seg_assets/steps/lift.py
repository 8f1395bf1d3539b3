"""Report data months: segments beside every other way to choose accounts, on conversions that nobody had seen.

Belongs here: the order of a report, and what it stores. Does not: its inputs (steps/lift_data.py), judging
(segmentation/conversion), which months (assets/lift.py).
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from typing import Any

import polars as pl
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from resources.lakehouse import Lakehouse
from seg_assets.calendar import month_after
from seg_assets.catalogs import Catalogue
from seg_assets.lift_schemas import (
    CONVERSION_LIFT_CLASSES,
    CONVERSION_LIFT_CONTROLS,
    CONVERSION_LIFT_FUNNEL,
    CONVERSION_LIFT_REPORT,
    CONVERSION_LIFT_SCORES,
    CONVERSION_LIFT_VERDICTS,
    LIFT_TABLES,
)
from seg_assets.segmentation.conversion import tables
from seg_assets.segmentation.conversion.design import complete_on
from seg_assets.segmentation.conversion.headline import headline_markdown
from seg_assets.segmentation.conversion.month import judge_month
from seg_assets.segmentation.conversion.quarter import MONTHS
from seg_assets.segmentation.conversion.report import (
    Sheet,
    Test,
    controls,
    incumbent_of,
    looks,
    sheets,
)
from seg_assets.segmentation.conversion.wording import NOT_CAUSAL
from seg_assets.steps.inputs import LiftInputs
from seg_assets.steps.lift_data import LiftPlan, plan_month, read_lift_data
from seg_assets.steps.reporting import open_step

SEED = 20_260_629


def report_month(lakehouse: Lakehouse, catalogue: Catalogue, data_month: dt.date) -> dict[str, Any]:
    """Judge and store one data month; figures for its materialization.

    Raises RuntimeError, with what to do, where it cannot be reported.
    """
    plan = plan_month(lakehouse, catalogue, data_month)
    if isinstance(plan, str):
        raise RuntimeError(f"data month {data_month:%Y-%m}: {plan}")
    # One thread: the same sums in the same order on every machine.
    with threadpool_limits(limits=1, user_api="blas"):
        return _report(lakehouse, catalogue, plan)


def _report(lakehouse: Lakehouse, catalogue: Catalogue, plan: LiftPlan) -> dict[str, Any]:
    began = time.monotonic()
    data = read_lift_data(lakehouse, catalogue, plan)
    month = judge_month(data.test, data.training, catalogue, data.segmentation, data.preprocessor, seed=SEED)
    found = sheets(month, catalogue, seed=SEED)
    done = controls(found, month.test, catalogue, seed=SEED)
    told = looks(found, _earlier(lakehouse, plan), catalogue, seed=SEED)
    due = verdict_due(plan.as_of, catalogue)
    frames = {
        CONVERSION_LIFT_FUNNEL.name: tables.funnel_table(month.funnel),
        CONVERSION_LIFT_CLASSES.name: tables.classes_table(found),
        CONVERSION_LIFT_CONTROLS.name: tables.controls_table(done),
        CONVERSION_LIFT_SCORES.name: tables.scores_table(found),
        CONVERSION_LIFT_VERDICTS.name: tables.verdicts_table(told, due),
        CONVERSION_LIFT_REPORT.name: tables.figures_table(
            found, month.left_out, incumbent_of(found), plan.training, plan.definition_version
        ),
    }
    rows = {table.name: lakehouse.replace(table, frames[table.name], plan.data_month) for table in LIFT_TABLES}
    verdicts = frames[CONVERSION_LIFT_VERDICTS.name].filter("deciding")
    return {
        "verdict": "\n".join(verdicts["says"]) or "nobody could be judged",
        "headline_table": headline_markdown(found[0]) if found else "",
        "funnel": "; ".join(f"{step.step} {step.accounts:,}" for step in month.funnel),
        "what_it_is_not": NOT_CAUSAL,
        "left_out": [f"{one.title}: {one.reason}" for one in month.left_out],
        "controls_failed": [f"{one.control.name} ({one.population})" for one in done if not one.control.passed],
        "as_of": plan.as_of.isoformat(),
        "trained_on": [day.isoformat() for day in plan.training],
        "definition_version": plan.definition_version,
        "families": _families(found, data.by_parent),
        "dagster/row_count": rows[CONVERSION_LIFT_REPORT.name],
        "dagster/uri": lakehouse.uri(CONVERSION_LIFT_REPORT.name),
        "seconds": round(time.monotonic() - began, 3),
    }


def verdict_due(as_of: dt.date, catalogue: Catalogue) -> dt.date:
    """When the verdict of the quarter of `as_of` can be told: its last month's outcomes are complete."""
    month = as_of.replace(day=1)
    while month.month % MONTHS:
        month = month_after(month)
    last = month_after(month) - dt.timedelta(days=1)
    return complete_on(last - dt.timedelta(days=last.weekday()), catalogue)


def _earlier(lakehouse: Lakehouse, plan: LiftPlan) -> dict[str, list[Test]]:
    """The test months of the same year that were reported before, by population."""
    stored = lakehouse.partitions(CONVERSION_LIFT_SCORES.name)
    months = [month for month in stored if month.year == plan.data_month.year and month < plan.data_month]
    if not months:
        return {}
    scores = pl.concat(
        [lakehouse.scan(CONVERSION_LIFT_SCORES.name, [month]).collect() for month in months], how="diagonal"
    )
    return tables.tests_of(scores)


def _families(found: Sequence[Sheet], by_parent: bool) -> str:
    if not found:
        return "no accounts"
    figures = max((sheet.figures for sheet in found), key=lambda one: one.accounts)
    if not by_parent:
        return "account_master has not landed: every account counts as its own family"
    return f"intervals are over {figures.families:,} parent accounts of {figures.accounts:,} accounts"


def main() -> None:
    """The program: inputs from Pipes extras, one report a data month, in order."""
    with open_step() as pipes:
        inputs = LiftInputs.model_validate(pipes.extras)
        for month in sorted(inputs.data_months):
            pipes.log.info(f"reporting data month {month:%Y-%m}")
            figures = report_month(Lakehouse(inputs.lakehouse), inputs.catalogue, month)
            pipes.report_custom_message({"partition": month.isoformat(), "metadata": figures})
        pipes.report_asset_materialization()


if __name__ == "__main__":
    main()
