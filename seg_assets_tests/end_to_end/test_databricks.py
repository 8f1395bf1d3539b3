"""The whole graph with SEG_ENV=databricks, against the workspace of the tests: the same tables as on this machine.

Three months and four weeks from the Dagster UI are run by hand: from_the_ui.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from databricks.sdk.service.jobs import RunResultState

from seg_assets_tests.end_to_end.equal_tables import differences, tables_below
from seg_assets_tests.end_to_end.two_places import ONE_MONTH, TwoPlaces
from seg_assets_tests.workspace.leaks import leaks

pytestmark = pytest.mark.slow


def test_tables_are_equal_wherever_the_heavy_steps_run(workspace, new_home, tmp_path):
    places = TwoPlaces(tmp_path / "places")
    places.prepare(ONE_MONTH)
    new_home(places.here.folder.parent)
    here = places.here.seg_run(*ONE_MONTH.options)
    settings = places.settings(workspace.environment)
    there = places.there.seg_run(*ONE_MONTH.options, settings=settings)
    assert (here.exit_code, there.exit_code) == (0, 0)
    assert here.runs == there.runs
    tables = Path(places.here.lakehouse.root)
    assert {"segment_model", "segment_profiles", "segment_scores", "drift_metrics"} <= tables_below(tables)
    assert differences(tables, Path(places.there.lakehouse.root)) == []
    tasks = [(run.task.task_key, run.result) for run in workspace.jobs.runs]
    assert tasks == [(step, RunResultState.SUCCESS) for step in ("fit", "score", "score", "monitor", "monitor")]
    assert workspace.models.aliases == {"main.seg.account_segments": {"challenger": 1, "champion": 1}}
    assert not (places.there.folder / "mlflow").exists()
    assert leaks(workspace, tmp_path) == []
