"""The jobs: one a stage that shares a partition grain.

Belongs here: names and selections. Does not: when a job runs.
"""

from __future__ import annotations

import dagster as dg

from seg_assets.catalogs import Catalogue

LAND_EVENTS = "land_events"
LAND_SNAPSHOT = "land_snapshot"
BUILD_FEATURES = "build_features"
REFRESH = "refresh"
SCORE = "score"

EVENT_SOURCES = ("pipeline_conversions", "revenue_events")
ACCOUNT_MASTER = "account_master"
DESCRIPTIONS = ("segment_profiles", "stability_report")
"""What is told about the model of a service month, once it is there."""


def build_jobs(catalogue: Catalogue) -> list[dg.UnresolvedAssetJobDefinition]:
    """One job a stage, each over one partition grain, so that each can be backfilled by itself."""

    def raw(*sources: str) -> dg.AssetSelection:
        return dg.AssetSelection.assets(*(dg.AssetKey(["raw", source]) for source in sources))

    sources = [source.name for source in catalogue.sources]
    snapshot = raw(*sources, ACCOUNT_MASTER) | dg.AssetSelection.assets("account_snapshots")
    selections = {
        LAND_EVENTS: (raw(*EVENT_SOURCES), "Conversions and revenue events of a week"),
        LAND_SNAPSHOT: (snapshot, "All sources of a Monday, and its account snapshot"),
        BUILD_FEATURES: (dg.AssetSelection.assets("account_features"), "Training features of a data month"),
        REFRESH: (
            dg.AssetSelection.assets("segment_count_report", "segment_model", *DESCRIPTIONS),
            "Choose how many segments, fit, decide and describe the model of a service month, and what it changed",
        ),
        SCORE: (dg.AssetSelection.assets("segment_scores"), "Each account's segment for a week"),
    }
    return [
        dg.define_asset_job(name, selection=selection, description=description)
        for name, (selection, description) in selections.items()
    ]
