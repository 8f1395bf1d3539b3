"""The graph as Dagster sees it: it loads with nothing set, tells what it is, and names no feature."""

from __future__ import annotations

import ast
import os
import subprocess
import sys

import dagster as dg
import pytest

from resources.settings import Settings
from seg_assets.catalogs import default_catalogue
from seg_assets.definitions import build_definitions
from seg_assets_tests.shared import CHECKOUT

SOURCES = ["account_value", "firmographics", "marketing_engagement", "product_usage", "sales_lifecycle"]
GRAPH = {
    **{f"raw/{source}": [] for source in SOURCES},
    "raw/account_master": [],
    "raw/pipeline_conversions": [],
    "raw/revenue_events": [],
    "account_snapshots": [f"raw/{source}" for source in SOURCES],
    "account_features": ["account_snapshots"],
    "account_tiers": ["account_snapshots", "raw/account_master", "raw/revenue_events"],
    "segment_count_report": ["account_features", "raw/pipeline_conversions"],
    "segment_model": ["account_features", "raw/pipeline_conversions", "segment_count_report", "segment_model"],
    "segment_profiles": ["account_snapshots", "raw/account_master", "raw/pipeline_conversions", "segment_model"],
    "stability_report": ["account_snapshots", "segment_model"],
    "release_notes": ["account_snapshots", "raw/pipeline_conversions", "segment_model"],
    "experiment_arms": ["account_snapshots", "raw/account_master", "segment_scores"],
    "experiment_effects": [
        "account_snapshots",
        "experiment_arms",
        "raw/pipeline_conversions",
        "segment_profiles",
        "segment_scores",
    ],
    "audience_export": ["experiment_arms", "raw/account_master", "segment_scores"],
    "segment_scores": ["account_snapshots", "account_tiers", "segment_model"],
    "annual_lock": ["segment_scores"],
    "segment_kpis": ["account_snapshots", "segment_model"],
    "triggered_scores": ["account_snapshots", "segment_model", "segment_scores"],
    "profile_metrics": ["account_snapshots", "segment_model"],
    "drift_metrics": ["account_snapshots", "segment_model"],
    "conversion_lift_report": [
        "account_snapshots",
        "account_tiers",
        "raw/account_master",
        "raw/pipeline_conversions",
        "raw/revenue_events",
        "segment_model",
    ],
}


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    settings = Settings.from_environment({"SEG_HOME": str(tmp_path_factory.mktemp("home"))})
    return build_definitions(settings, default_catalogue()).resolve_asset_graph()


def test_the_whole_graph(graph):
    found = {
        key.to_user_string(): sorted(parent.to_user_string() for parent in graph.get(key).parent_keys)
        for key in graph.get_all_asset_keys()
    }
    assert found == {key: sorted(parents) for key, parents in GRAPH.items()}


@pytest.mark.parametrize("name", GRAPH)
def test_every_asset_says_what_it_is(graph, name):
    node = graph.get(dg.AssetKey(name.split("/")))
    assert node.group_name and node.kinds and node.owners and len(node.description) > 40
    assert all(column.description for column in node.metadata["dagster/column_schema"].columns)
    assert node.partitions_def is not None
    assert node.backfill_policy == dg.BackfillPolicy.single_run()


def test_definitions_validate_with_nothing_set_and_nothing_landed(tmp_path):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SEG_", "DAGSTER_"))}
    done = subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate", "-w", str(CHECKOUT / "workspace.yaml")],
        env=clean | {"PYTHONPATH": str(CHECKOUT), "SEG_HOME": str(tmp_path / "absent")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "All code locations passed validation" in done.stdout + done.stderr
    assert not (tmp_path / "absent").exists()


def test_no_module_outside_the_sample_data_names_a_feature():
    names = set(default_catalogue().feature_names)
    files = [file for file in (CHECKOUT / "seg_assets").rglob("*.py") if "sample_data" not in file.parts]
    found = [
        f"{file.name}: {node.value}"
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in names
    ]
    # The landing contract itself gives revenue_events a column `region`, and customer_tiers takes it over.
    assert set(found) == {"schemas.py: region", "tier_schemas.py: region"}
