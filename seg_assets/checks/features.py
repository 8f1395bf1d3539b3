"""Drift of a data month's indices against the month that the champion in force was fitted on.

Belongs here: the verdict that stops a refresh on a month that is unlike the one before. Does not: weeks (drift.py).
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.calendar import month_after, month_of
from seg_assets.catalogs import Catalogue
from seg_assets.checks.affected import affected
from seg_assets.checks.commands import history
from seg_assets.checks.drift import BLOCKS, WARNS, used_features
from seg_assets.checks.finding import Finding
from seg_assets.schemas import FEATURE_REFERENCES, SEGMENT_MODEL
from seg_assets.segmentation.monitoring.causes import likely_causes
from seg_assets.segmentation.monitoring.counts import count, index_column
from seg_assets.segmentation.monitoring.drift import drift
from seg_assets.segmentation.promotion import champion_before
from seg_assets.steps.models import read_promotions, read_segmentation

FEATURES = "account_features"


def drift_of_features(lakehouse: Lakehouse, catalogue: Catalogue, month: dt.date) -> Finding:
    """The verdict on one data month."""
    expected = f"each index's stability index below {WARNS}; from {BLOCKS} on, of what the definitions use, blocks"
    version = champion_before(read_promotions(lakehouse), month_after(month))
    trained_in = None if version is None else _data_month(lakehouse, version)
    if version is None or trained_in is None or trained_in not in lakehouse.partitions(FEATURES):
        return Finding("no champion was fitted on a month before: nothing to compare with", expected, "not compared")
    if _new_reference_since(lakehouse, trained_in):
        return Finding("the reference was reset since: indices mean something else", expected, "not compared")
    before, now = (lakehouse.scan(FEATURES, [one]) for one in (trained_in, month))
    segmentation = read_segmentation(lakehouse, version)
    there = now.collect_schema()
    names = [index.name for index in segmentation.reference.indices if index.name in there]
    columns = [index_column(name) for name in names]
    figures = drift(count(before, columns), count(now, columns), columns)
    size = pl.col("population_stability_index")
    bad = figures.filter((size >= WARNS) & (size > pl.col("by_chance"))).sort(size.neg(), "feature")
    if bad.is_empty():
        largest = max(figures["population_stability_index"].drop_nulls().to_list(), default=0.0)
        return Finding("no index moved", expected, f"at most {largest:.3f}")
    asked = {column for definition in segmentation.definitions for column in definition.columns}
    worst = bad.row(0, named=True)
    moved = bad["feature"].to_list()
    features = {c.feature for i in segmentation.reference.indices if i.name in moved for c in i.contributions}
    source_of = {feature.name: feature.source for feature in catalogue.features}
    accounts = now.select("account_id", "snapshot_date").collect()
    stops = bad.filter(pl.col("feature").is_in(sorted(asked)) & (size >= BLOCKS))
    return Finding(
        told=f"{worst['feature']} has drifted since {trained_in:%Y-%m}: stability index "
        f"{worst['population_stability_index']:.2f}" + (f"; so have {', '.join(moved[1:])}" if moved[1:] else ""),
        expected=expected,
        seen=f"{len(moved)} indices beyond {WARNS}; {len(features & used_features(segmentation))} features that the "
        "definitions use are in them",
        passed=False,
        blocks=not stops.is_empty(),
        since=month,
        accounts=accounts.height,
        causes=likely_causes(features & set(source_of), source_of),
        arr=affected(lakehouse, catalogue, accounts["account_id"], accounts["snapshot_date"][0]).arr,
        look_closer=history(FEATURES, worst["feature"]),
    )


def _data_month(lakehouse: Lakehouse, version: str) -> dt.date | None:
    """The month whose snapshot a version was fitted on."""
    rows = lakehouse.scan(SEGMENT_MODEL.name).filter(pl.col("definition_version") == version)
    found = rows.select("trained_on").collect().to_series()
    return month_of(found[0]) if len(found) else None


def _new_reference_since(lakehouse: Lakehouse, month: dt.date) -> bool:
    if not lakehouse.exists(FEATURE_REFERENCES.name):
        return False
    newest = lakehouse.scan(FEATURE_REFERENCES.name).sort("set_at").select("data_month").collect().to_series()[-1]
    return bool(newest > month)
