"""Scores between weeks: accounts that something happened to, scored at once on the newest snapshot.

Belongs here: the asset, and which files it reads. Does not: reading a file (landing/triggers.py), scoring
(steps/triggers.py), when it runs (automation/triggers.py, `seg run`).
"""

import datetime as dt
import time
from collections.abc import Iterator
from typing import Any

import dagster as dg
import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.assets.description import table_metadata, written
from seg_assets.catalogs import Catalogue
from seg_assets.checks.finding import Finding, check_result
from seg_assets.checks.triggers import UNUSED_TRIGGERS, unused_triggers
from seg_assets.landing import Landing, LandingError
from seg_assets.landing.triggers import TriggerFile, TriggerRows, read_triggers, trigger_files
from seg_assets.partitions import MODEL_OF_WEEK, Partitions
from seg_assets.segmentation.promotion import champion_of
from seg_assets.steps.inputs import WeekToScore
from seg_assets.steps.models import read_promotions
from seg_assets.steps.triggers import files_read, record_file, score_triggers
from seg_assets.steps.week_reads import SNAPSHOTS
from seg_assets.trigger_schemas import TRIGGERED_SCORES


def build_triggers(catalogue: Catalogue, partitions: Partitions) -> dg.AssetsDefinition:
    """The asset `triggered_scores`."""
    asset = dg.AssetKey(TRIGGERED_SCORES.name)
    names = ", ".join(trigger.name for trigger in catalogue.triggers) or "none"

    @dg.asset(
        key=asset,
        partitions_def=partitions.week,
        backfill_policy=dg.BackfillPolicy.single_run(),
        deps=[
            SNAPSHOTS,
            dg.AssetDep("segment_model", partition_mapping=MODEL_OF_WEEK),
            # For the segment before, where the week is scored.
            "segment_scores",
        ],
        group_name="weekly_scores",
        kinds={"polars", "delta"},
        owners=[catalogue.objective.owner],
        description=f"Accounts that something happened to between weeks ({names}), scored at once on the newest "
        "snapshot, with the event as the reason. A run reads the files in the landing folder `triggers` that have not "
        "been read; weekly scores stay as they are. Rows that cannot be used lie in quarantine/triggers.",
        metadata=table_metadata(TRIGGERED_SCORES),
        check_specs=[
            dg.AssetCheckSpec(
                UNUSED_TRIGGERS, asset=asset, description="Every row of the trigger files scores an account"
            )
        ],
    )
    def triggered_scores(
        context: dg.AssetExecutionContext, lakehouse: dg.ResourceParam[Lakehouse], landing: dg.ResourceParam[Landing]
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        (key,) = context.partition_keys[-1:]
        week = dt.date.fromisoformat(key)
        newest = max(lakehouse.partitions(SNAPSHOTS), default=None)
        if week != newest:
            raise dg.Failure(
                f"triggers are scored on the newest accounts, which are those of {newest}: run it for that week",
                allow_retries=False,
            )
        # Alone: two runs would both find a trigger new.
        with lakehouse.alone("triggers"):
            metadata, finding, unreadable = _score_week(catalogue, lakehouse, landing, week)
        context.add_asset_metadata(metadata, partition_key=key)
        result = check_result(asset, UNUSED_TRIGGERS, {key: finding})
        if unreadable:
            yield result
            raise dg.Failure("; ".join(unreadable), allow_retries=False)
        yield dg.MaterializeResult(check_results=[result])

    return triggered_scores


def _score_week(
    catalogue: Catalogue, lakehouse: Lakehouse, landing: Landing, week: dt.date
) -> tuple[dict[str, Any], Finding, list[str]]:
    """Read what has not been read, score and record it; figures, the check's, and why some files could not be read."""
    began, now = time.monotonic(), dt.datetime.now(dt.UTC)
    champion = champion_of(read_promotions(lakehouse), week)
    if champion is None:
        raise dg.Failure(f"week {week} has no champion: materialize segment_model for a service month first")
    read = files_read(lakehouse)
    found: dict[TriggerFile, TriggerRows] = {}
    unreadable = []
    for file in trigger_files(landing.base):
        if file.identity not in read:
            try:
                found[file] = read_triggers(file, catalogue, now)
            except LandingError as error:
                unreadable.append(str(error))
    task = WeekToScore(
        week=week,
        definition_version=champion.definition_version,
        before_first_model=champion.before_first_model,
    )
    made = score_triggers(lakehouse, catalogue, task, [row for rows in found.values() for row in rows.good], now)
    for file, rows in found.items():
        record_file(lakehouse, file, rows, made, now)
    unused = [*(one for rows in found.values() for one in rows.bad), *made.bad]
    bad = sorted(unused, key=lambda one: (one.file, one.row))
    problems = "\n".join(f"- {one.file}, row {one.row}: {one.reason}" for one in bad)
    used = len(made.scored) + len(made.repeated)
    figures = {
        **written(_rows(lakehouse, week), lakehouse.uri(TRIGGERED_SCORES.name)),
        "scored": len(made.scored),
        "definition_version": champion.definition_version,
        "files": ", ".join(file.name for file in found) or "none that had not been read",
        "repeated": len(made.repeated),
        "quarantined": len(bad),
        "problems": dg.MetadataValue.md(problems or "none"),
        "ignored_columns": ", ".join(sorted({name for rows in found.values() for name in rows.ignored})) or "none",
        "seconds": round(time.monotonic() - began, 3),
    }
    return figures, unused_triggers(lakehouse, catalogue, week, used, bad), unreadable


def _rows(lakehouse: Lakehouse, week: dt.date) -> int:
    """Of the partition, now."""
    if week not in lakehouse.partitions(TRIGGERED_SCORES.name):
        return 0
    return int(lakehouse.scan(TRIGGERED_SCORES.name, [week]).select(pl.len()).collect().item())
