"""Score weeks: each account's segment by the definitions that were champion then.

Belongs here: reading a week's accounts, assigning, writing its scores. Does not: choosing the champion
(assets/scores.py), what assigning means (segmentation/model.py).
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl
from dagster_pipes import PipesContext, open_dagster_pipes

from resources.lakehouse import Lakehouse
from seg_assets.calendar import remembered_mondays
from seg_assets.schemas import SEGMENT_SCORES
from seg_assets.segmentation import Segmentation
from seg_assets.steps.inputs import ScoreInputs, WeekToScore
from seg_assets.steps.models import read_segmentation

SNAPSHOTS = "account_snapshots"


@dataclass(frozen=True)
class Scored:
    """What became of a week. rows: accounts scored; held: those of them shown where they were, by the hold; earlier:
    the landed Mondays that it looked back to.
    """

    rows: int
    held: int
    earlier: tuple[dt.date, ...]


def score_week(lakehouse: Lakehouse, task: WeekToScore, segmentation: Segmentation, hold_weeks: int) -> Scored:
    """Assign and store one week, by the accounts of it and of the Mondays that its hold depends on.

    Raises RuntimeError, with nothing stored, where the scores are not one row an account, each with a segment.
    """
    accounts = lakehouse.scan(SNAPSHOTS, [task.week]).select(segmentation.required_columns)
    landed = lakehouse.partitions(SNAPSHOTS)
    mondays = remembered_mondays(task.week, hold_weeks)
    earlier = [
        lakehouse.scan(SNAPSHOTS, [monday]).select(segmentation.remembered_columns) if monday in landed else None
        for monday in mondays
    ]
    scores = segmentation.assign(accounts, earlier, hold_weeks).with_columns(
        definition_version=pl.lit(task.definition_version), before_first_model=pl.lit(task.before_first_model)
    )
    expected = accounts.select(pl.len()).collect().item()
    held = 0

    def whole(written: pl.LazyFrame) -> None:
        nonlocal held
        found = written.select(
            scored=pl.len(),
            distinct=pl.col("account_id").n_unique(),
            unassigned=pl.col("segment_id").null_count(),
            held=pl.col("held").sum(),
        )
        scored, distinct, unassigned, held = found.collect().row(0)
        if (scored, distinct, unassigned) != (expected, expected, 0):
            raise RuntimeError(
                f"week {task.week}: {expected:,} accounts, but {scored:,} scores of {distinct:,} accounts, "
                f"{unassigned:,} without a segment. Nothing was stored; materialize account_snapshots for it again"
            )

    rows = lakehouse.replace(SEGMENT_SCORES, scores, task.week, verify=whole)
    return Scored(rows, held, tuple(monday for monday in mondays if monday in landed))


def score(inputs: ScoreInputs) -> Iterator[tuple[str, dict[str, Any]]]:
    """Score every week of `inputs`; yields each week's key with figures for its materialization."""
    lakehouse = Lakehouse(inputs.lakehouse)
    segmentations = {
        version: read_segmentation(lakehouse, version)
        for version in sorted({task.definition_version for task in inputs.weeks})
    }
    for task in inputs.weeks:
        began = time.monotonic()
        scored = score_week(lakehouse, task, segmentations[task.definition_version], inputs.hold_weeks)
        yield (
            task.week.isoformat(),
            {
                "dagster/row_count": scored.rows,
                "dagster/uri": lakehouse.uri(SEGMENT_SCORES.name),
                "definition_version": task.definition_version,
                "before_first_model": task.before_first_model,
                "held": scored.held,
                "held_looked_back_to": ", ".join(map(str, scored.earlier)) or "nothing",
                "seconds": round(time.monotonic() - began, 3),
            },
        )


def completeness(lakehouse: Lakehouse, inputs: ScoreInputs) -> dict[str, Any]:
    """Whether every account of every week has exactly one score and a segment; figures for the check."""
    weeks = [task.week for task in inputs.weeks]
    counted = (
        lakehouse.scan(SEGMENT_SCORES.name, weeks)
        .group_by("snapshot_date")
        .agg(
            scored=pl.len(), distinct=pl.col("account_id").n_unique(), without_segment=pl.col("segment_id").null_count()
        )
    )
    expected = lakehouse.scan(SNAPSHOTS, weeks).group_by("snapshot_date").agg(accounts=pl.len())
    table = expected.join(counted, on="snapshot_date", how="left").sort("snapshot_date").collect()
    whole = (
        (pl.col("scored") == pl.col("accounts"))
        & (pl.col("distinct") == pl.col("accounts"))
        & (pl.col("without_segment") == 0)
    )
    bad = table.filter(~whole.fill_null(False))
    return {
        "passed": bad.is_empty(),
        "expected": f"{table['accounts'].sum():,} accounts, each scored once",
        "seen": f"{table['scored'].sum():,} scores of {table['distinct'].sum():,} accounts",
        "weeks": ", ".join(str(week) for week in bad["snapshot_date"]) or "none",
    }


def main() -> None:
    """The program: inputs from Pipes extras, a materialization and a check as its report."""
    with open_dagster_pipes() as pipes:
        _run(pipes)


def _run(pipes: PipesContext) -> None:
    inputs = ScoreInputs.model_validate(pipes.extras)
    for week, figures in score(inputs):
        pipes.report_custom_message({"partition": week, "metadata": figures})
    pipes.report_asset_materialization()
    found = completeness(Lakehouse(inputs.lakehouse), inputs)
    passed = found.pop("passed")
    pipes.report_asset_check("completeness", passed=passed, severity="ERROR", metadata=found)


if __name__ == "__main__":
    main()
