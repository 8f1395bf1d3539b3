"""Score weeks: each account's segment by the definitions that were champion then, and its labels.

Belongs here: reading a week's accounts and their tiers, assigning, writing its scores. Does not: choosing the champion
(assets/scores.py), what assigning means (segmentation/model.py, segmentation/labels.py).
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl
from dagster_pipes import PipesContext

from resources.lakehouse import Lakehouse
from seg_assets.catalogs.model import TIER
from seg_assets.schemas import SEGMENT_SCORES
from seg_assets.segmentation import Segmentation
from seg_assets.segmentation.labels import NO_LABELS, Labels
from seg_assets.segmentation.overridden import with_overrides
from seg_assets.steps.inputs import ScoreInputs, WeekToScore
from seg_assets.steps.models import read_segmentation
from seg_assets.steps.overrides import OVERRIDES_SHOWN, OverridesShown, week_overrides
from seg_assets.steps.reporting import open_step
from seg_assets.steps.slices import EVERYONE, Slice, in_turn, slices
from seg_assets.steps.week_reads import SNAPSHOTS, WeekReads, week_reads
from seg_assets.tier_schemas import ACCOUNT_TIERS


@dataclass(frozen=True)
class Scored:
    """What became of a week. rows: accounts scored; held: those of them shown where they were, by the hold; earlier:
    the landed Mondays that it looked back to; labels: how many accounts have each; tiers_of: the data month whose tiers
    they ask, None where they ask none or there is none; unanswered: what they ask and nothing answers; overrides: the
    segments that people set.
    """

    rows: int
    held: int
    earlier: tuple[dt.date, ...]
    labels: Mapping[str, int]
    tiers_of: dt.date | None
    unanswered: tuple[str, ...]
    overrides: OverridesShown


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
    reads = week_reads(lakehouse, task.week, segmentation, hold_weeks, labels)
    known = known_accounts(lakehouse, task.week, reads)
    earlier = [
        lakehouse.scan(SNAPSHOTS, [monday]).select(segmentation.remembered_columns) if monday in reads.landed else None
        for monday in reads.mondays
    ]
    overrides = week_overrides(lakehouse, task.week, known, segmentation, labels)
    expected = lakehouse.scan(SNAPSHOTS, [task.week]).select(pl.len()).collect().item()

    def scored_of(part: Slice) -> pl.LazyFrame:
        past = [None if snapshot is None else part.of(snapshot) for snapshot in earlier]
        by_rule = segmentation.assign(known_accounts(lakehouse, task.week, reads, part), past, hold_weeks, labels)
        return with_overrides(by_rule, overrides.patch).with_columns(
            definition_version=pl.lit(task.definition_version), before_first_model=pl.lit(task.before_first_model)
        )

    scores = in_turn(slices(lakehouse.scan(SNAPSHOTS, [task.week])), scored_of)
    held = 0

    def whole(written: pl.LazyFrame) -> None:
        nonlocal held
        account = pl.col("account_id")
        found = written.select(
            scored=pl.len(),
            rising=(account > account.shift()).sum() + 1,
            unassigned=pl.col("segment_id").null_count(),
            held=pl.col("held").sum(),
        )
        scored, distinct, unassigned, held = found.collect(engine="streaming").row(0)
        if distinct != scored:
            # Only ids that rise are known to be distinct without keeping all of them.
            distinct = written.select(account.n_unique()).collect().item()
        refuse_incomplete(task.week, expected, scored, distinct, unassigned)

    rows = lakehouse.replace(SEGMENT_SCORES, scores, task.week, verify=whole)
    (file,) = lakehouse.partitions(SEGMENT_SCORES.name)[task.week]
    counts = _counted(pl.scan_parquet(file), labels)
    return Scored(rows, held, reads.landed, counts, reads.tiers_of, reads.unanswered, overrides.told)


def refuse_incomplete(week: dt.date, expected: int, scored: int, distinct: int, unassigned: int) -> None:
    """Raises RuntimeError where so many accounts have not one score each, with a segment."""
    if (scored, distinct, unassigned) != (expected, expected, 0):
        raise RuntimeError(
            f"week {week}: {expected:,} accounts, but {scored:,} scores of {distinct:,} accounts, "
            f"{unassigned:,} without a segment. Nothing was stored; materialize account_snapshots for it again"
        )


def known_accounts(lakehouse: Lakehouse, week: dt.date, reads: WeekReads, part: Slice = EVERYONE) -> pl.LazyFrame:
    """The accounts of the week, with their tiers where labels ask them: null for an account that came later."""
    accounts = part.of(lakehouse.scan(SNAPSHOTS, [week])).select(*reads.columns)
    if reads.tiers_of is None:
        return accounts
    tiers = part.of(lakehouse.scan(ACCOUNT_TIERS.name, [reads.tiers_of])).select("account_id", TIER)
    return accounts.join(tiers, on="account_id", how="left", maintain_order="left")


def _counted(scores: pl.LazyFrame, labels: Labels) -> dict[str, int]:
    each = (
        scores.select(pl.col("labels").explode(empty_as_null=False))
        .group_by("labels")
        .len()
        .collect(engine="streaming")
    )
    return dict.fromkeys(labels.names, 0) | dict(each.iter_rows())


def score(inputs: ScoreInputs) -> Iterator[tuple[str, dict[str, Any]]]:
    """Score every week of `inputs`; yields each week's key with figures for its materialization."""
    lakehouse = Lakehouse(inputs.lakehouse)
    segmentations = {
        version: read_segmentation(lakehouse, version)
        for version in sorted({task.definition_version for task in inputs.weeks})
    }
    labels = Labels.of(inputs.labels)
    scored_by = _scoring(inputs)
    for task in inputs.weeks:
        began = time.monotonic()
        scored = scored_by(lakehouse, task, segmentations[task.definition_version], inputs.hold_weeks, labels)
        yield (
            task.week.isoformat(),
            {
                "dagster/row_count": scored.rows,
                "dagster/uri": lakehouse.uri(SEGMENT_SCORES.name),
                "definition_version": task.definition_version,
                "before_first_model": task.before_first_model,
                "engine": inputs.engine,
                "held": scored.held,
                OVERRIDES_SHOWN: scored.overrides.fingerprint,
                "set_by_people": scored.overrides.shown,
                "set_to_ended_segments": scored.overrides.ended,
                "held_looked_back_to": ", ".join(map(str, scored.earlier)) or "nothing",
                **_told_of(labels, scored, task.week),
                "seconds": round(time.monotonic() - began, 3),
            },
        )


def _scoring(inputs: ScoreInputs) -> Callable[[Lakehouse, WeekToScore, Segmentation, int, Labels], Scored]:
    """What scores a week, by the engine that was asked for."""
    if inputs.engine == "polars":
        return score_week
    # Here, since Spark Connect takes seconds to import.
    from resources.spark import SparkTables, open_session
    from seg_assets.steps.score_on_spark import score_week_on_spark

    return partial(score_week_on_spark, SparkTables(open_session()))


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


def main() -> None:
    """The program: inputs from Pipes extras, a materialization as its report."""
    with open_step() as pipes:
        _run(pipes)


def _run(pipes: PipesContext) -> None:
    inputs = ScoreInputs.model_validate(pipes.extras)
    for week, figures in score(inputs):
        pipes.report_custom_message({"partition": week, "metadata": figures})
    pipes.report_asset_materialization()


if __name__ == "__main__":
    main()
