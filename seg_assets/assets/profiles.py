"""Segment profiles: the segment book's table, one row a segment of a service month.

Belongs here: the asset. Does not: computing a profile (segmentation/profiles.py).
"""

import datetime as dt
import time

import dagster as dg
import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.assets.description import frame_markdown, table_metadata
from seg_assets.catalogs import Catalogue
from seg_assets.partitions import Partitions
from seg_assets.schemas import SEGMENT_MODEL, SEGMENT_PROFILES
from seg_assets.segmentation import profile
from seg_assets.segmentation.promotion import champion_of
from seg_assets.steps.models import read_promotions, read_segmentation
from seg_assets.steps.refresh_data import read_outcomes


def build_profiles(catalogue: Catalogue, partitions: Partitions) -> dg.AssetsDefinition:
    """The asset `segment_profiles`."""

    @dg.asset(
        name="segment_profiles",
        partitions_def=partitions.service_month,
        backfill_policy=dg.BackfillPolicy.single_run(),
        deps=[
            "segment_model",
            # Lineage: the training snapshot, and every month-end whose labels had matured by then.
            dg.AssetDep("account_snapshots", partition_mapping=dg.AllPartitionMapping()),
            dg.AssetDep(["raw", "pipeline_conversions"], partition_mapping=dg.AllPartitionMapping()),
            # Whom marketing may reach, on the training snapshot alone; the table is optional.
            dg.AssetDep(["raw", "account_master"], partition_mapping=dg.AllPartitionMapping()),
        ],
        group_name="segment_profiles",
        kinds={"polars", "delta"},
        code_version=catalogue.fingerprint(),
        owners=[catalogue.objective.owner],
        description="A row a segment of the month's champion: definition, size, ARR, conversion with its interval "
        "over matured snapshots, what differs most and from which sibling, typical accounts, the play, and the five "
        "tests of a good segment.",
        metadata=table_metadata(SEGMENT_PROFILES),
    )
    def segment_profiles(context: dg.AssetExecutionContext, lakehouse: dg.ResourceParam[Lakehouse]) -> pl.DataFrame:
        months = []
        for key in context.partition_keys:
            began = time.monotonic()
            month = _profile_month(catalogue, lakehouse, dt.date.fromisoformat(key))
            metadata = {
                "dagster/row_count": month.height,
                "definition_version": month["definition_version"][0],
                "segment_table": frame_markdown(_summary(month)),
                "tests_table": frame_markdown(_tests(month)),
                "same_rate_other_need": _pairs_markdown(month),
                "seconds": round(time.monotonic() - began, 3),
            }
            context.add_asset_metadata(metadata, partition_key=key)
            months.append(month)
        return pl.concat(months)

    return segment_profiles


def _profile_month(catalogue: Catalogue, lakehouse: Lakehouse, month: dt.date) -> pl.DataFrame:
    """The rows of a service month: its champion's segments, on its training snapshot, with what was known then.

    Raises dagster.Failure where no version is in force, since the first challenger was rejected.
    """
    refreshes = lakehouse.scan(SEGMENT_MODEL.name, [month]).sort("fitted_at").select("trained_on").collect()
    trained_on = refreshes["trained_on"].to_list()[-1]
    promotions = read_promotions(lakehouse)
    champion = champion_of(promotions, month)
    if champion is None:
        raise dg.Failure(
            f"no version serves {month:%Y-%m}: {promotions[-1].definition_version} {promotions[-1].reason}"
        )
    version = champion.definition_version
    snapshot = lakehouse.scan("account_snapshots", [trained_on]).collect()
    profiles = profile(
        read_segmentation(lakehouse, version),
        snapshot,
        catalogue,
        read_outcomes(lakehouse, catalogue, trained_on),
        account_master=_account_master(lakehouse, trained_on),
    )
    return profiles.with_columns(pl.lit(month).alias("service_month"), pl.lit(version).alias("definition_version"))


def _account_master(lakehouse: Lakehouse, week: dt.date) -> pl.DataFrame | None:
    """The accounts' consents as they were that week; None where they have not landed."""
    if week not in lakehouse.partitions("raw/account_master"):
        return None
    return lakehouse.scan("raw/account_master", [week]).collect()


def _summary(profiles: pl.DataFrame) -> pl.DataFrame:
    """What people look for first. No account is shown: who is typical is in the table alone."""
    return profiles.select(
        "segment_id",
        "name",
        "definition",
        "accounts",
        pl.col("account_share").round(3),
        pl.col("conversion_rate").round(4),
        "play",
        "kind",
        "sibling_segment_id",
        pl.col("sibling_differences").list.join("; "),
    )


def _tests(profiles: pl.DataFrame) -> pl.DataFrame:
    """A row a segment, a column a test: whether it passes, and by which figure."""
    answer = pl.col("tests").struct
    mark = pl.when(answer.field("passed")).then(pl.lit("yes: ")).otherwise(pl.lit("no: "))
    told = pl.when(answer.field("passed").is_null()).then(pl.lit("")).otherwise(mark) + answer.field("says")
    return (
        profiles.select("segment_id", "tests")
        .explode("tests")
        .select("segment_id", answer.field("test"), told.alias("told"))
        .pivot("test", index="segment_id", values="told", maintain_order=True)
    )


def _pairs_markdown(profiles: pl.DataFrame) -> dg.MarkdownMetadataValue:
    """Segments that convert alike but want something else, each pair once."""
    names = dict(profiles.select("segment_id", "name").iter_rows())
    pairs = [
        f"- {one} {names[one]} and {pair['segment_id']} {names[pair['segment_id']]}: {pair['says']}"
        for one, found in profiles.select("segment_id", "same_rate_other_need").iter_rows()
        for pair in found
        if one < pair["segment_id"]
    ]
    return dg.MetadataValue.md("\n".join(pairs) or "no two segments that convert alike differ in need and play")
