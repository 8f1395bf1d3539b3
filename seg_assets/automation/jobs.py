"""The jobs: one a stage that shares a partition grain.

Belongs here: names and selections. Does not: when a job runs.
"""

from __future__ import annotations

import dagster as dg

from seg_assets.automation.freshness import NEWEST_WEEK_SCORED
from seg_assets.catalogs import Catalogue
from seg_assets.checks.build import BEFORE_SCORING
from seg_assets.checks.week import SNAPSHOTS

LAND_EVENTS = "land_events"
LAND_SNAPSHOT = "land_snapshot"
BUILD_FEATURES = "build_features"
BUILD_TIERS = "build_tiers"
REFRESH = "refresh"
SCORE = "score"
SCORE_TRIGGERS = "score_triggers"
MONITOR = "monitor"
ASSIGN_ARMS = "assign_arms"
MEASURE_EFFECTS = "measure_effects"
EXPORT_AUDIENCES = "export_audiences"
REPORT_LIFT = "lift_report"
REPORT_KPIS = "kpi_report"

EVENT_SOURCES = ("pipeline_conversions", "revenue_events")
ACCOUNT_MASTER = "account_master"
DESCRIPTIONS = ("segment_profiles", "stability_report", "release_notes")
"""What is told about the model of a service month, once it is there."""

MONITORED = ("profile_metrics", "drift_metrics")


def build_jobs(catalogue: Catalogue) -> list[dg.UnresolvedAssetJobDefinition]:
    """One job a stage, each over one partition grain, so that each can be backfilled by itself."""

    def raw(*sources: str) -> dg.AssetSelection:
        return dg.AssetSelection.assets(*(dg.AssetKey(["raw", source]) for source in sources))

    sources = [source.name for source in catalogue.sources]
    snapshot = raw(*sources, ACCOUNT_MASTER) | dg.AssetSelection.assets("account_snapshots")
    # A blocking check stops only the run that it is asked in.
    asked = (dg.AssetCheckKey(dg.AssetKey(SNAPSHOTS), name) for name in BEFORE_SCORING)
    sound = dg.AssetSelection.checks(*asked)
    scores = dg.AssetSelection.assets("segment_scores", "annual_lock")
    # Of whichever week is the newest, not of the one that a run scores.
    of_newest = dg.AssetSelection.checks(dg.AssetCheckKey(dg.AssetKey("segment_scores"), NEWEST_WEEK_SCORED))
    selections = {
        LAND_EVENTS: (raw(*EVENT_SOURCES), "Conversions and revenue events of a week"),
        LAND_SNAPSHOT: (snapshot, "All sources of a Monday, and its account snapshot"),
        BUILD_FEATURES: (dg.AssetSelection.assets("account_features"), "Training features of a data month"),
        BUILD_TIERS: (dg.AssetSelection.assets("account_tiers"), "The incumbent's tiers of a data month"),
        REFRESH: (
            dg.AssetSelection.assets("segment_count_report", "segment_model", *DESCRIPTIONS),
            "Choose how many segments, fit, decide and describe the model of a service month, and what it changed",
        ),
        SCORE: ((scores - of_newest) | sound, "Each account's segment for a week, and for its year"),
        SCORE_TRIGGERS: (
            dg.AssetSelection.assets("triggered_scores"),
            "Accounts that something happened to since the newest snapshot",
        ),
        MONITOR: (
            dg.AssetSelection.assets(*MONITORED),
            "What a week's accounts look like, and how far they have drifted",
        ),
        ASSIGN_ARMS: (dg.AssetSelection.assets("experiment_arms"), "The arms of a week's accounts in one experiment"),
        MEASURE_EFFECTS: (dg.AssetSelection.assets("experiment_effects"), "What the arms of a data month did"),
        EXPORT_AUDIENCES: (dg.AssetSelection.assets("audience_export"), "The lists of a week, as table and files"),
        REPORT_LIFT: (
            dg.AssetSelection.assets("conversion_lift_report"),
            "Segments beside tiers and every other way to choose accounts, for a data month whose outcomes are known",
        ),
        REPORT_KPIS: (
            dg.AssetSelection.assets("segment_kpis"),
            "KPIs by segment of every period up to a data month, under the definitions that served at its end",
        ),
    }
    return [
        dg.define_asset_job(name, selection=selection, description=description)
        for name, (selection, description) in selections.items()
    ]
