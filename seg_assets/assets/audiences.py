"""Audience export: the lists of a week, as a table and as files.

Belongs here: the asset, which reads what a week's lists are made of. Does not: who is on a list
(segmentation/audiences.py), how files are replaced (resources/exports.py).
"""

import datetime as dt
import time
from collections.abc import Collection
from typing import Any

import dagster as dg
import polars as pl

from resources.account_lists import AccountList, AccountListError
from resources.exports import Exports
from resources.lakehouse import Lakehouse
from seg_assets.assets.description import frame_markdown, table_metadata, written
from seg_assets.campaign_schemas import AUDIENCE_EXPORT, EXPERIMENT_ARMS
from seg_assets.catalogs import Catalogue
from seg_assets.partitions import Partitions
from seg_assets.schemas import SEGMENT_SCORES
from seg_assets.segmentation.audiences import CHANNEL_COLUMNS, WITHHELD, WeekOfAccounts, audiences

MASTER = "raw/account_master"
FILE_COLUMNS = ("account_id", "account_name", "status", *CHANNEL_COLUMNS.values(), "arms", "reason")


def build_audiences(catalogue: Catalogue, partitions: Partitions) -> dg.AssetsDefinition:
    """The asset `audience_export`."""
    this_week_and_before = dg.TimeWindowPartitionMapping(start_offset=-1, allow_nonexistent_upstream_partitions=True)

    @dg.asset(
        name=AUDIENCE_EXPORT.name,
        partitions_def=partitions.week,
        backfill_policy=dg.BackfillPolicy.single_run(),
        deps=[
            dg.AssetDep(SEGMENT_SCORES.name, partition_mapping=this_week_and_before),
            dg.AssetDep(["raw", "account_master"], partition_mapping=this_week_and_before),
            # Lineage: whoever was held out in any week up to this one.
            dg.AssetDep(EXPERIMENT_ARMS.name, partition_mapping=dg.AllPartitionMapping()),
        ],
        group_name="audiences",
        kinds={"polars", "delta", "csv"},
        owners=[catalogue.objective.owner],
        description="Who is on the list of each segment and label this week, who entered and who left, by channel: "
        "consent, suppressed.csv and the hold-out are honoured. One CSV a list in exports/<week> of the home.",
        metadata=table_metadata(AUDIENCE_EXPORT),
    )
    def audience_export(
        context: dg.AssetExecutionContext,
        lakehouse: dg.ResourceParam[Lakehouse],
        exports: dg.ResourceParam[Exports],
        suppressed: dg.ResourceParam[AccountList],
    ) -> dg.MaterializeResult:
        for key in context.partition_keys:
            metadata = _export_week(lakehouse, exports, suppressed, dt.date.fromisoformat(key))
            context.add_asset_metadata(metadata, partition_key=key)
        return dg.MaterializeResult()

    return audience_export


def _export_week(lakehouse: Lakehouse, exports: Exports, suppressed: AccountList, week: dt.date) -> dict[str, Any]:
    """Write the week's partition and files; figures for its materialization.

    Raises dagster.Failure where the week is not scored, its consents are late or the suppression list is unusable:
    then nobody is exported, rather than somebody who must not be.
    """
    began = time.monotonic()
    scored = lakehouse.partitions(SEGMENT_SCORES.name)
    if week not in scored:
        raise dg.Failure(f"week {week} is not scored: materialize segment_scores for it first")
    try:
        listed = suppressed.read()
    except AccountListError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    landed = lakehouse.partitions(MASTER)
    _refuse_late_consents(landed, week)
    # A Monday whose consents never came had no lists, so it is none to compare with.
    told = [day for day in scored if day < week and (day in landed or not landed)]
    earlier = max(told, default=None)
    before = None if earlier is None else _accounts_of(lakehouse, earlier)
    lists = audiences(_accounts_of(lakehouse, week), before, listed)
    rows = lakehouse.replace(AUDIENCE_EXPORT, lists.with_columns(snapshot_date=week), week)
    files = _files(lists)
    folder = exports.replace(week, files)
    counts = lists.group_by("kind", "audience", "audience_name").agg(
        (pl.col("status") == status).sum().alias(status) for status in ("entered", "stayed", "left", WITHHELD)
    )
    return {
        **written(rows, lakehouse.uri(AUDIENCE_EXPORT.name)),
        "folder": dg.MetadataValue.path(str(folder)),
        "files": len(files),
        "compared_with": "nothing: everyone enters" if earlier is None else str(earlier),
        "lists_table": frame_markdown(counts.sort("kind", "audience")),
        "withheld_table": frame_markdown(_withheld(lists)),
        "seconds": round(time.monotonic() - began, 3),
    }


def _refuse_late_consents(landed: Collection[dt.date], week: dt.date) -> None:
    """Raises dagster.Failure where only this Monday lacks its account master."""
    if week not in landed and any(day < week for day in landed):
        raise dg.Failure(
            f"{MASTER} has no week {week}, but earlier ones, and consents may have been withdrawn since: land it for "
            f"{week} and materialize {MASTER} for it first",
            allow_retries=False,
        )


def _accounts_of(lakehouse: Lakehouse, week: dt.date) -> WeekOfAccounts:
    """A Monday's scores, consents and arms."""
    scores = lakehouse.scan(SEGMENT_SCORES.name, [week])
    landed = week in lakehouse.partitions(MASTER)
    arms = None
    if lakehouse.exists(EXPERIMENT_ARMS.name):
        arms = lakehouse.scan(EXPERIMENT_ARMS.name).filter(pl.col("assigned_on") <= week).collect()
    return WeekOfAccounts(
        scores=scores.select("account_id", "segment_id", "segment_name", "labels").collect(),
        master=lakehouse.scan(MASTER, [week]).collect() if landed else None,
        arms=arms,
    )


def _files(lists: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """A CSV an audience: those on the list and those to be taken off it. Who was never on it, is told to nobody."""
    files = {}
    for (kind, audience), members in lists.group_by("kind", "audience", maintain_order=True):
        told = members.filter(pl.col("status") != WITHHELD).with_columns(
            pl.when(pl.col("arms").list.len() > 0).then(pl.col("arms").list.join("; ")).alias("arms"),
            *(
                pl.when(name).then(pl.lit("yes")).otherwise(pl.lit("no")).alias(name)
                for name in CHANNEL_COLUMNS.values()
            ),
        )
        files[f"{kind}_{audience}.csv"] = told.select(FILE_COLUMNS)
    return files


def _withheld(lists: pl.DataFrame) -> pl.DataFrame:
    """reason, accounts: why accounts are in an audience but on none of its lists; each counted once."""
    held = lists.filter(pl.col("reason").is_not_null(), pl.col("status") == WITHHELD)
    by_reason = held.with_columns(pl.col("reason").str.split(":").list.first())
    return by_reason.group_by("reason").agg(pl.col("account_id").n_unique().alias("accounts")).sort("reason")
