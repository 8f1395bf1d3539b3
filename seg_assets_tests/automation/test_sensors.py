"""Automation ticking a real Dagster instance: what it knows is in the event log, the runs and the tables."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys

import dagster as dg
import pytest
from dagster._core.events import EngineEventData

from seg_assets.automation.evidence import AUTOMATION, SENSOR, Evidence
from seg_assets.automation.launch import why_failed
from seg_assets.automation.lost_runs import fail_lost_runs
from seg_assets.automation.sensors import request_of, result_of
from seg_assets.calendar import mondays
from seg_assets_tests.automation.simulated_home import utc
from seg_assets_tests.automation.ticked_home import CATALOGUE, SOURCES, TickedHome

JUNE = mondays(dt.date(2026, 6, 1), dt.date(2026, 6, 29))
STRADDLING, FIRST = dt.date(2026, 6, 29), dt.date(2026, 7, 6)


@pytest.fixture
def home(tmp_path):
    with dg.DagsterInstance.ephemeral(tempdir=str(tmp_path / "dagster")) as instance:
        yield TickedHome(tmp_path, instance)


def test_a_month_on_a_real_instance_from_its_first_landing_to_its_refresh(home):
    for week in JUNE:
        home.land(week)
    done, _ = home.settle(utc("2026-06-30 23:59"))
    assert done[:2] == [
        "raw/pipeline_conversions 2026-06-01 to 2026-06-29",
        "raw/revenue_events 2026-06-01 to 2026-06-29",
    ]
    assert {f"account_snapshots {week}" for week in JUNE} <= set(done)
    assert not any(run.startswith(("segment_model", "segment_scores")) for run in done)
    done, decision = home.settle(utc("2026-07-01 00:00"))
    assert done[:3] == ["account_features 2026-06-01", "account_tiers 2026-06-01", "segment_model 2026-07-01"]
    assert sorted(done[3:]) == [f"segment_scores {week}" for week in JUNE]
    # A second tick of the same moment, as after a daemon that was killed: all is known from the instance.
    assert home.tick(utc("2026-07-01 00:00")).launches == ()
    assert decision.waits == ()


def test_re_landing_is_told_by_the_files_and_scores_the_week_again(home):
    for week in JUNE:
        home.land(week)
    home.settle(utc("2026-07-01 00:00"))
    home.land(STRADDLING, SOURCES[1], mark="corrected")
    done, _ = home.settle(utc("2026-07-01 00:10"))
    assert done == ["account_snapshots 2026-06-29", "segment_scores 2026-06-29", "account_tiers 2026-06-01"]


def test_a_failing_run_is_tried_three_times_and_the_instance_remembers(home):
    for week in JUNE:
        home.land(week)
    home.settle(utc("2026-07-01 00:00"))
    home.fails = lambda asset, day: asset == "segment_scores" and day == FIRST
    home.land(FIRST)
    now = dt.datetime.now(dt.UTC)
    for _ in range(5):
        done, decision = home.settle(now)
        now += dt.timedelta(hours=1)
    runs = home.instance.get_runs(dg.RunsFilter(tags={AUTOMATION: SENSOR}, job_name="score"))
    failed = [run for run in runs if run.status == dg.DagsterRunStatus.FAILURE]
    assert [run.tags["seg/attempt"] for run in failed] == ["3", "2", "1"]
    assert "automation:given up segment_scores 2026-07-06" in {alarm.about for alarm in decision.alarms}
    home.fails = lambda asset, day: False
    home.land(FIRST, SOURCES[0], mark="corrected")
    done, decision = home.settle(now)
    assert done[-1] == "segment_scores 2026-07-06"
    assert "automation:given up segment_scores 2026-07-06" not in {alarm.about for alarm in decision.alarms}


def test_a_week_that_its_contract_refuses_is_not_tried_again_until_it_lands_again(home):
    """Another attempt at the same files ends alike, and the check has told on-call already."""
    home.refused = {(SOURCES[0], FIRST)}
    home.land(FIRST)
    now = dt.datetime.now(dt.UTC)
    for _ in range(4):
        _, decision = home.settle(now)
        now += dt.timedelta(hours=1)
    runs = home.instance.get_runs(dg.RunsFilter(tags={AUTOMATION: SENSOR}, job_name="land_snapshot"))
    assert [run.status for run in runs] == [dg.DagsterRunStatus.FAILURE]
    assert not [alarm for alarm in decision.alarms if "given up" in alarm.about]
    home.refused = set()
    home.land(FIRST, SOURCES[0], mark="corrected")
    done, _ = home.settle(now)
    assert f"account_snapshots {FIRST}" in done


def test_a_blocking_check_that_failed_stops_what_would_start_in_later_runs(home):
    """A failed blocking check stops its own run; its materialization is there all the same, and sensors went on."""
    for week in JUNE:
        home.land(week)
    home.suspicious = {STRADDLING}
    done, decision = home.settle(utc("2026-07-01 00:00"))
    assert f"segment_scores {STRADDLING}" not in done and "segment_model 2026-07-01" not in done
    stopped = {alarm.about for alarm in decision.alarms if "movement" in alarm.says}
    assert stopped == {f"automation:stopped week {STRADDLING}", "automation:stopped month 2026-07"}
    home.suspicious = set()
    home.land(STRADDLING, SOURCES[0], mark="corrected")
    done, decision = home.settle(utc("2026-07-01 00:00"))
    assert f"segment_scores {STRADDLING}" in done and "segment_model 2026-07-01" in done
    assert not [alarm for alarm in decision.alarms if alarm.about.startswith("automation:stopped")]


def test_a_late_source_is_told_by_name_until_it_lands(home):
    home.land(FIRST, *SOURCES[1:])
    before = home.tick(utc("2026-07-07 23:59"))
    assert before.alarms == () and [launch.work.makes for launch in before.launches] == []
    (alarm,) = home.tick(utc("2026-07-08 00:00")).alarms
    owner = CATALOGUE.sources[0].owner
    assert alarm.about == f"automation:late {SOURCES[0]}"
    assert "2026-07-06" in alarm.says and ("owner", owner) in alarm.facts
    home.land(FIRST, SOURCES[0])
    assert home.tick(utc("2026-07-08 00:01")).alarms == ()


def test_a_landing_table_that_cannot_be_opened_is_told_and_stops_nothing_else(home):
    for week in JUNE:
        home.land(week)
    broken = home.folder / "landing" / "account_master" / "snapshot_date=tomorrow"
    broken.mkdir(parents=True)
    (broken / "part.csv").write_text("account_id\nA\n", encoding="utf-8")
    done, decision = home.settle(utc("2026-07-01 00:00"))
    assert f"segment_scores {STRADDLING}" in done
    assert [alarm.about for alarm in decision.alarms] == ["automation:unreadable account_master"]


def test_a_run_under_way_is_not_started_again_whoever_started_it(home):
    home.land(FIRST, *SOURCES)
    now = utc("2026-07-06 09:00")
    (launch,) = home.tick(now).launches
    job = home.definitions.resolve_job_def("land_snapshot")
    run = home.instance.create_run_for_job(
        job, tags={"dagster/partition": str(FIRST)}, status=dg.DagsterRunStatus.STARTED
    )
    assert home.tick(now).launches == ()
    home.instance.report_run_failed(run)
    assert home.tick(now).launches == (launch,)


def test_a_run_whose_process_was_killed_is_marked_failed_and_tried_again(home):
    """After kill -9 of a whole `dagster dev`, its run stayed "started" for ever and the week unscored."""
    home.land(FIRST, *SOURCES)
    now = dt.datetime.now(dt.UTC)
    (launch,) = home.tick(utc("2026-07-06 09:00")).launches
    request = request_of(launch)
    job = home.definitions.resolve_job_def("land_snapshot")
    tags = {**request.tags, "dagster/partition": str(request.partition_key)}
    run = home.instance.create_run_for_job(job, tags=tags, status=dg.DagsterRunStatus.STARTED)
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    home.instance.report_engine_event(
        "Started process", run, EngineEventData(metadata={"pid": dg.MetadataValue.text(str(process.pid))})
    )
    assert fail_lost_runs(home.instance) == []
    process.kill()
    process.wait()
    assert fail_lost_runs(home.instance) == [run.run_id]
    assert home.instance.get_run_by_id(run.run_id).status == dg.DagsterRunStatus.FAILURE
    assert "died without a word" in why_failed(home.instance, run.run_id)
    (again,) = home.tick(now + dt.timedelta(minutes=6)).launches
    assert (again.work, again.attempt) == (launch.work, 2)


def test_the_sensor_asks_for_what_was_decided(home):
    home.land(FIRST, *SOURCES)
    sensor = home.repository.get_sensor_def(SENSOR)
    assert sensor.default_status == dg.DefaultSensorStatus.STOPPED
    with dg.build_sensor_context(
        instance=home.instance,
        definitions=home.definitions,
        resources={"lakehouse": home.lakehouse, "landing": home.landing, "alerts": home.alerts},
    ) as context:
        ticked = sensor.evaluate_tick(context)
    expected = result_of(home.tick(dt.datetime.now(dt.UTC)))
    (request,), (wanted,) = ticked.run_requests, expected.run_requests
    assert (request.run_key, request.job_name) == (wanted.run_key, "land_snapshot")
    assert request.partition_key == str(FIRST)
    assert {key.to_user_string() for key in request.asset_selection} == {
        *(f"raw/{source}" for source in SOURCES),
        "account_snapshots",
    }
    assert request.tags["dagster/priority"] == "30"
    assert ticked.cursor is None
    # The files end long ago: all sources but one late week are told, once.
    told = set(home.alerts.open())
    assert told == {f"automation:late {source}" for source in SOURCES}


def test_evidence_ignores_other_runs_and_what_a_former_catalogue_made(home):
    for week in JUNE[:2]:
        home.land(week)
    home.settle(utc("2026-06-10 09:00"))
    home.instance.report_runless_asset_event(
        dg.AssetMaterialization("account_snapshots", partition=str(JUNE[0]), tags={"dagster/code_version": "former"})
    )
    evidence = Evidence(CATALOGUE, home.instance, home.repository, home.landing, home.lakehouse)
    world = evidence.world(utc("2026-06-10 09:00"))
    assert set(world.made["account_snapshots"]) == set(JUNE[:2])
    assert world.failed == {} and world.running == ()
