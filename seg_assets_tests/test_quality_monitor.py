"""Databricks' monitor on the published scores: made once, changed with the catalogue, computed when scores changed."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.catalog import MonitorCronSchedule, MonitorRefreshInfoState, TableInfo
from typer.testing import CliRunner

from resources.lakehouse import Lakehouse
from seg_assets.catalogs.load import DEFAULT_PATH
from seg_assets.cli import app
from seg_assets.publication_schemas import PUBLICATIONS
from seg_assets_tests.workspace.leaks import leaks
from seg_assets_tests.workspace.monitors import A_REFRESH
from seg_assets_tests.workspace.workspace import Workspace

SCHEMA, TABLE = "main.segments", "main.segments.segment_scores"
SUCCESS = MonitorRefreshInfoState.SUCCESS


@pytest.fixture
def home(workspace: Workspace, tmp_path: Path) -> Path:
    """A home whose scores are published in the workspace."""
    workspace.catalog.create_table(TableInfo(catalog_name="main", schema_name="segments", name="segment_scores"))
    publish(workspace, tmp_path / "home")
    return tmp_path / "home"


def publish(workspace: Workspace, home: Path) -> None:
    """What `seg publish` notes when it has copied a week's scores."""
    at = dt.datetime.fromtimestamp(workspace.clock.time(), dt.UTC)
    note = {"schema": SCHEMA, "table": "segment_scores", "partition": dt.date(2026, 7, 6), "files": "", "rows": 3}
    rows = pl.DataFrame([{**note, "at": at}], schema=PUBLICATIONS.schema)
    Lakehouse(str(home / "lakehouse")).append(PUBLICATIONS, rows)


def told(home: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["quality-monitor", SCHEMA, "--home", str(home), *arguments])
    return result.exit_code, result.output


def states(workspace: Workspace) -> list[MonitorRefreshInfoState]:
    listed = WorkspaceClient().quality_monitors.list_refreshes(TABLE).refreshes
    return [one.state for one in listed]


def test_scores_are_monitored_by_week_segment_and_the_catalogues_slices(workspace: Workspace, home: Path) -> None:
    code, says = told(home)
    assert code == 0 and "Databricks is computing its figures" in says
    made = WorkspaceClient().quality_monitors.get(TABLE)
    assert made.time_series.as_dict() == {"timestamp_col": "snapshot_date", "granularities": ["1 week"]}
    assert made.slicing_exprs == ["segment_name", "sales_motion", "region"]
    assert made.output_schema_name == SCHEMA
    assert f"{TABLE}_profile_metrics and {TABLE}_drift_metrics" in says
    assert leaks(workspace, home) == []


def test_figures_are_computed_again_when_scores_were_published_since_and_only_then(
    workspace: Workspace, home: Path
) -> None:
    told(home)
    # While the first figures are computed nothing is asked for.
    assert "Databricks is computing its figures" in told(home)[1]
    workspace.clock.sleep(A_REFRESH)
    assert json.loads(told(home, "--json")[1])["figures"] == "current"
    assert states(workspace) == [SUCCESS]
    publish(workspace, home)
    assert "Databricks computes its figures again" in told(home)[1]
    # And what was published meanwhile is not forgotten.
    workspace.clock.sleep(A_REFRESH / 2)
    publish(workspace, home)
    assert json.loads(told(home, "--json")[1])["figures"] == "being computed"
    workspace.clock.sleep(A_REFRESH)
    assert states(workspace) == [SUCCESS, SUCCESS]
    assert json.loads(told(home, "--json")[1])["figures"] == "started"


def test_other_slices_change_the_monitor_and_leave_what_others_set(
    workspace: Workspace, home: Path, tmp_path: Path
) -> None:
    told(home)
    before = workspace.monitors.monitors[TABLE]
    before.schedule, before.dashboard_id = MonitorCronSchedule("0 0 12 * * ?", "UTC"), "01ef"
    before.baseline_table_name = "main.segments.baseline"
    catalog = tmp_path / "catalogue.yaml"
    text = DEFAULT_PATH.read_text(encoding="utf-8").replace("slices: [sales_motion, region]", "slices: [region]")
    catalog.write_text(text, encoding="utf-8")
    for name in ("default_labels.yaml", "default_kpis.yaml"):
        tmp_path.joinpath(name).write_text(DEFAULT_PATH.with_name(name).read_text(encoding="utf-8"), encoding="utf-8")
    code, says = told(home, "--catalog", str(catalog), "--json")
    assert code == 0 and json.loads(says)["monitor"] == "changed"
    there = WorkspaceClient().quality_monitors.get(TABLE)
    assert there.slicing_exprs == ["segment_name", "region"]
    kept = ("schedule", "dashboard_id", "baseline_table_name")
    assert [getattr(there, name) for name in kept] == [getattr(before, name) for name in kept]
    assert there.monitor_version == "2"


def test_a_failure_of_databricks_is_told_and_is_computed_again(workspace: Workspace, home: Path) -> None:
    told(home)
    workspace.monitors.fail = "cannot resolve column sales_motion"
    workspace.clock.sleep(A_REFRESH)
    code, says = told(home)
    assert code == 1 and "Databricks says that it failed last time: cannot resolve column sales_motion" in says
    workspace.monitors.fail = None
    workspace.clock.sleep(A_REFRESH)
    assert told(home)[0] == 0
    assert states(workspace) == [MonitorRefreshInfoState.FAILED, SUCCESS]


def test_what_is_missing_is_named_with_its_remedy(workspace: Workspace, home: Path, tmp_path: Path) -> None:
    code, says = told(tmp_path / "empty")
    assert code == 0 and "nothing of segment_scores was copied to main.segments" in says
    workspace.catalog.tables.clear()
    code, says = told(home)
    assert code == 1 and "run `seg publish main.segments` again" in says


def test_refused_credentials_are_told_without_them(
    workspace: Workspace, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABRICKS_TOKEN", "dapi-wrong")
    code, says = told(home)
    assert code == 1 and "the workspace refuses the credentials" in says
    assert "dapi-wrong" not in says
