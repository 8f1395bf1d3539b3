"""The landing sensor over the real graph: a week that landed again is read, scored, measured, and nothing else is."""

from __future__ import annotations

import datetime as dt

import dagster as dg
import pytest

from resources.settings import Settings
from seg_assets.automation.due import decide
from seg_assets.automation.evidence import SENSOR, Evidence
from seg_assets.automation.sensors import request_of
from seg_assets.catalogs.load import load_catalogue
from seg_assets.definitions import build_definitions
from seg_assets.landing import Landing
from seg_assets_tests.end_to_end.conftest import JULY
from seg_assets_tests.end_to_end.homes import Home, environment
from seg_assets_tests.end_to_end.landed import accounts_of, land

pytestmark = pytest.mark.slow

NOW = dt.datetime(2026, 7, 7, 9, tzinfo=dt.UTC)


def run(definitions: dg.Definitions, instance: dg.DagsterInstance, request: dg.RunRequest) -> bool:
    """Run a request as the daemon would, in this process."""
    result = definitions.resolve_job_def(str(request.job_name)).execute_in_process(
        instance=instance,
        partition_key=request.partition_key,
        tags=dict(request.tags),
        run_config={"ops": request.run_config["ops"], "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        asset_selection=request.asset_selection,
        raise_on_error=False,
    )
    return result.success


def settle(home: Home) -> list[str]:
    """Tick and run until nothing is due; `job partition` of every run, in order."""
    catalogue = load_catalogue(home.catalogue())
    settings = Settings(home=home.folder, landing=str(home.landing))
    definitions = build_definitions(settings, catalogue)
    done: list[str] = []
    with environment({"DAGSTER_HOME": str(settings.dagster_home)}), dg.DagsterInstance.get() as instance:
        repository = definitions.get_repository_def()
        assert repository.has_sensor_def(SENSOR)
        evidence = Evidence(catalogue, instance, repository, Landing(settings.landing), home.lakehouse)
        while launches := decide(evidence.world(NOW), catalogue).launches:
            for launch in launches:
                assert run(definitions, instance, request_of(launch)), launch
                done.append(f"{launch.work.job} {launch.work.first}")
    return done


def test_a_week_that_landed_again_is_scored_again_by_the_real_graph(home):
    settle(home)
    before = home.scores(JULY)
    frames = {name: frame.head(frame.height - 20) for name, frame in accounts_of(JULY).items()}
    land(home.landing, JULY, frames)
    assert settle(home) == [f"land_snapshot {JULY}", f"score {JULY}", f"monitor {JULY}"]
    after = home.scores(JULY)
    assert after["account_id"].is_unique().all()
    assert set(after["account_id"]) == set(home.table("account_snapshots", JULY)["account_id"])
    assert 0 < after.height < before.height
    assert settle(home) == []
