"""The page of a conversion-lift report, from the stored tables of its data month.

Belongs here: reading what the page shows, writing it into the home. Does not: how it looks (reports/).
"""

import datetime as dt
from pathlib import Path

import polars as pl

from resources.lakehouse import Lakehouse
from resources.pages import CONVERSION_LIFT, Pages
from seg_assets.catalogs import Catalogue
from seg_assets.lift_schemas import (
    CONVERSION_LIFT_CLASSES,
    CONVERSION_LIFT_CONTROLS,
    CONVERSION_LIFT_FUNNEL,
    CONVERSION_LIFT_REPORT,
    CONVERSION_LIFT_VERDICTS,
)
from seg_assets.reports.conversion_lift import page
from seg_assets.reports.lift_report import LiftReport
from seg_assets.schemas import SEGMENT_PROFILES, SEGMENT_SCORES, Table
from seg_assets.segmentation.reach import reach
from seg_assets.steps.models import read_segmentation


def page_name(data_month: dt.date) -> str:
    """The name of a month's page below the home's pages."""
    return f"{CONVERSION_LIFT}/{data_month:%Y-%m}"


def write_page(lakehouse: Lakehouse, pages: Pages, catalogue: Catalogue, data_month: dt.date) -> Path:
    """Write the page of a data month whose report is stored; where it lies. Raises TableError where it is not."""
    return pages.write(page_name(data_month), page(read_report(lakehouse, catalogue, data_month)))


def read_report(lakehouse: Lakehouse, catalogue: Catalogue, data_month: dt.date) -> LiftReport:
    """What the page of a data month shows. Raises TableError where its report is not stored."""

    def of_the_month(table: Table) -> pl.DataFrame:
        return lakehouse.scan(table.name, [data_month]).collect()

    figures = of_the_month(CONVERSION_LIFT_REPORT)
    profiles = scores = reached = None
    if figures.height:
        version, as_of = figures["definition_version"][0], figures["as_of"][0]
        profiles, scores = _profiles(lakehouse, version, data_month), _scores(lakehouse, version, as_of)
        if as_of in lakehouse.partitions("raw/account_master"):
            reached = _reach(lakehouse, _placed(lakehouse, version, as_of) if scores is None else scores)
    return LiftReport(
        catalogue=catalogue,
        data_month=data_month,
        figures=figures,
        classes=of_the_month(CONVERSION_LIFT_CLASSES),
        funnel=of_the_month(CONVERSION_LIFT_FUNNEL),
        controls=of_the_month(CONVERSION_LIFT_CONTROLS),
        verdicts=of_the_month(CONVERSION_LIFT_VERDICTS),
        profiles=pl.DataFrame(schema=SEGMENT_PROFILES.schema) if profiles is None else profiles,
        labels=None if scores is None or not catalogue.labels else _labels(scores),
        reach=reached,
    )


def _profiles(lakehouse: Lakehouse, version: str, data_month: dt.date) -> pl.DataFrame | None:
    """The profiles of the champion's segments that are newest in the month; None where none are stored."""
    months = [month for month in lakehouse.partitions(SEGMENT_PROFILES.name) if month <= data_month]
    if not months:
        return None
    newest = lakehouse.scan(SEGMENT_PROFILES.name, [max(months)]).collect()
    return newest.filter(pl.col("definition_version") == version)


def _scores(lakehouse: Lakehouse, version: str, as_of: dt.date) -> pl.DataFrame | None:
    """Account, segment and labels at the as-of date; None where that week was not scored by these segments."""
    if as_of not in lakehouse.partitions(SEGMENT_SCORES.name):
        return None
    scores = lakehouse.scan(SEGMENT_SCORES.name, [as_of]).filter(pl.col("definition_version") == version)
    found = scores.select("account_id", "snapshot_date", "segment_id", "labels").collect()
    return found if found.height else None


def _placed(lakehouse: Lakehouse, version: str, as_of: dt.date) -> pl.DataFrame:
    """Account and segment at the as-of date, of a week that was not scored: by the definitions alone."""
    segmentation = read_segmentation(lakehouse, version)
    accounts = lakehouse.scan("account_snapshots", [as_of]).select(segmentation.required_columns)
    placed = segmentation.assign(accounts)
    return placed.select("account_id", "snapshot_date", pl.col("rule_segment_id").alias("segment_id")).collect()


def _labels(scores: pl.DataFrame) -> pl.DataFrame:
    """segment_id, label, accounts."""
    told = scores.select("segment_id", pl.col("labels").alias("label")).explode("label").drop_nulls("label")
    return told.group_by("segment_id", "label").agg(pl.len().alias("accounts")).sort("segment_id", "label")


def _reach(lakehouse: Lakehouse, scores: pl.DataFrame) -> pl.DataFrame | None:
    """segment_id, channel, share; None where no consents have landed for the week."""
    week = scores["snapshot_date"][0]
    segments = scores["segment_id"].unique().sort().to_list()
    places = scores["segment_id"].replace_strict(segments, range(len(segments)), return_dtype=pl.Int64)
    found = reach(scores, places, lakehouse.scan("raw/account_master", [week]).collect(), len(segments))
    rows = [
        (segment, channel, share)
        for segment, one in zip(segments, found, strict=True)
        if one is not None
        for channel, share in one.by_channel
    ]
    if not rows:
        return None
    return pl.DataFrame(rows, {"segment_id": pl.String, "channel": pl.String, "share": pl.Float64}, orient="row")
