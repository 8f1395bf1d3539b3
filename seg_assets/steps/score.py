"""Score weeks: each account's segment by the definitions that were champion then, and its labels.

Belongs here: reading a week's accounts and their tiers, assigning, writing its scores. Does not: choosing the champion
(assets/scores.py), what assigning means (segmentation/model.py, segmentation/labels.py).
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from dagster_pipes import PipesContext, open_dagster_pipes

from resources.lakehouse import Lakehouse
from seg_assets.calendar import month_of, remembered_mondays
from seg_assets.catalogs.model import TIER
from seg_assets.schemas import SEGMENT_SCORES
from seg_assets.segmentation import Segmentation
from seg_assets.segmentation.labels import NO_LABELS, Labels
from seg_assets.steps.inputs import ScoreInputs, WeekToScore
from seg_assets.steps.models import read_segmentation
from seg_assets.tier_schemas import ACCOUNT_TIERS

SNAPSHOTS = "account_snapshots"


@dataclass(frozen=True)
class Scored:
    """What became of a week. rows: accounts scored; held: those of them shown where they were, by the hold; earlier:
    the landed Mondays that it looked back to; labels: how many accounts have each; tiers_of: the data month whose tiers
    they ask, None where they ask none or there is none; unanswered: what they ask and nothing answers.
    """

    rows: int
    held: int
    earlier: tuple[dt.date, ...]
    labels: Mapping[str, int]
    tiers_of: dt.date | None
    unanswered: tuple[str, ...]


def score_week(
    lakehouse: Lakehouse,
    task: WeekToScore,
    segmentation: Segmentation,
    hold_weeks: int,
    labels: Labels = NO_LABELS,
) -> Scored:
    """Assign and store one week, by the accounts of it and of the Mondays that its hold depends on.

    Raises RuntimeError, with nothing stored, where the scores are not one row an account, each with a segment.
    """
    snapshot = lakehouse.scan(SNAPSHOTS, [task.week])
    features = [name for name in snapshot.collect_schema().names() if name in labels.columns]
    accounts = snapshot.select(sorted({*segmentation.required_columns, *features}))
    tiers_of = newest_tiers(lakehouse.partitions(ACCOUNT_TIERS.name), task.week) if TIER in labels.columns else None
    unanswered = segmentation.unanswered(labels, features if tiers_of is None else [*features, TIER])
    landed = lakehouse.partitions(SNAPSHOTS)
    mondays = remembered_mondays(task.week, hold_weeks)
    earlier = [
        lakehouse.scan(SNAPSHOTS, [monday]).select(segmentation.remembered_columns) if monday in landed else None
        for monday in mondays
    ]
    known = accounts if tiers_of is None else _with_tiers(lakehouse, accounts, tiers_of)
    scores = segmentation.assign(known, earlier, hold_weeks, labels).with_columns(
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
    (file,) = lakehouse.partitions(SEGMENT_SCORES.name)[task.week]
    counts = _counted(pl.scan_parquet(file), labels)
    return Scored(rows, held, tuple(monday for monday in mondays if monday in landed), counts, tiers_of, unanswered)


def newest_tiers(months: Collection[dt.date], week: dt.date) -> dt.date | None:
    """The data month whose tiers are in force in `week`: the newest of `months` before its own, None without one."""
    return max((month for month in months if month < month_of(week)), default=None)


def _with_tiers(lakehouse: Lakehouse, accounts: pl.LazyFrame, month: dt.date) -> pl.LazyFrame:
    """Null for an account that came later."""
    tiers = lakehouse.scan(ACCOUNT_TIERS.name, [month]).select("account_id", TIER)
    return accounts.join(tiers, on="account_id", how="left", maintain_order="left")


def _counted(scores: pl.LazyFrame, labels: Labels) -> dict[str, int]:
    each = scores.select(pl.col("labels").explode(empty_as_null=False)).group_by("labels").len().collect()
    return dict.fromkeys(labels.names, 0) | dict(each.iter_rows())


def score(inputs: ScoreInputs) -> Iterator[tuple[str, dict[str, Any]]]:
    """Score every week of `inputs`; yields each week's key with figures for its materialization."""
    lakehouse = Lakehouse(inputs.lakehouse)
    segmentations = {
        version: read_segmentation(lakehouse, version)
        for version in sorted({task.definition_version for task in inputs.weeks})
    }
    labels = Labels.of(inputs.labels)
    for task in inputs.weeks:
        began = time.monotonic()
        scored = score_week(lakehouse, task, segmentations[task.definition_version], inputs.hold_weeks, labels)
        yield (
            task.week.isoformat(),
            {
                "dagster/row_count": scored.rows,
                "dagster/uri": lakehouse.uri(SEGMENT_SCORES.name),
                "definition_version": task.definition_version,
                "before_first_model": task.before_first_model,
                "held": scored.held,
                "held_looked_back_to": ", ".join(map(str, scored.earlier)) or "nothing",
                **_told_of(labels, scored, task.week),
                "seconds": round(time.monotonic() - began, 3),
            },
        )


def _told_of(labels: Labels, scored: Scored, week: dt.date) -> dict[str, Any]:
    """Figures of the labels: how many accounts have each, which tiers they were asked of, and what was not known."""
    if not labels.names:
        return {}
    nowhere = f"none: {ACCOUNT_TIERS.name} has no month before {week:%Y-%m}"
    tiers = nowhere if scored.tiers_of is None else f"{scored.tiers_of:%Y-%m}"
    asking = [f"{', '.join(labels.asking([name]))} ask {name}" for name in scored.unanswered]
    rows = [
        f"| {label.priority} | {label.title} | {scored.labels[label.name]:,} | "
        f"{scored.labels[label.name] / max(scored.rows, 1):.2%} |"
        for label in labels.by_priority
    ]
    return {
        "labels_table": "\n".join(["| priority | label | accounts | share |", "| --- | --- | --- | --- |", *rows]),
        "labels_tiers_of": tiers if TIER in labels.columns else "none: no label asks the tier",
        "labels_unanswered": "; ".join(asking) or "nothing",
    }


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
