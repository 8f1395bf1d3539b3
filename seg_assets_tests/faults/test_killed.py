"""kill -9 of a run or of its step, twice in every stage: no table is torn, and the next run goes on from there."""

from __future__ import annotations

import datetime as dt
import os
import signal
import time

import dagster as dg
import polars as pl
import pytest
from dagster import EventLogEntry
from dagster._core.events import DagsterEvent, EngineEventData
from polars.testing import assert_frame_equal

from seg_assets.automation.lost_runs import fail_lost_runs
from seg_assets.monitoring_schemas import DRIFT_METRICS, PROFILE_METRICS
from seg_assets.schemas import SEGMENT_PROFILES, SEGMENT_SCORES
from seg_assets_tests.faults.faulty_home import JUNE, SOURCE, FaultyHome, is_alive, wait_until

pytestmark = pytest.mark.slow

TABLES = (
    f"raw/{SOURCE}",
    "account_snapshots",
    "account_features",
    "preprocessors",
    SEGMENT_PROFILES.name,
    SEGMENT_SCORES.name,
    PROFILE_METRICS.name,
    DRIFT_METRICS.name,
)
ATTEMPTS = ("definition_version", "logging_table_commit_version")
KILLED = (
    f"raw/{SOURCE}:written:kill",
    f"raw/{SOURCE}:committed:kill",
    "account_snapshots:written:kill",
    "account_snapshots:committed:kill",
    "account_features:written:kill",
    "account_features:committed:kill",
    "segment_count_report:written:kill",
    "promotions:written:kill_run",
    f"{SEGMENT_PROFILES.name}:written:kill",
    f"{SEGMENT_PROFILES.name}:committed:kill",
    f"{SEGMENT_SCORES.name}:written:kill_run",
    f"{SEGMENT_SCORES.name}:committed:kill_run",
    f"{DRIFT_METRICS.name}:written:kill_run",
    f"{DRIFT_METRICS.name}:committed:kill_run",
)
IN_A_STEP = ("segment_count_report:written:kill",)
"""The step alone dies, and its run tells that it failed; everywhere else the run itself dies."""


def content(home: FaultyHome, table: str) -> pl.DataFrame:
    """All rows of a table, but for what counts attempts."""
    frame = home.home.table(table)
    names = [name for name in frame.columns if name not in ATTEMPTS]
    order = [name for name in names if not frame.schema[name].is_nested()]
    return frame.select(names).sort(order)


def torn(home: FaultyHome) -> list[str]:
    """The tables of accounts in which an account is twice in a week, or a week is neither whole nor absent."""
    found = []
    for table in (f"raw/{SOURCE}", "account_snapshots", SEGMENT_SCORES.name):
        if home.lakehouse.exists(table):
            for week in home.lakehouse.partitions(table):
                accounts = home.accounts(table, week)
                expected = home.landed_accounts(week)
                if accounts != expected:
                    found.append(f"{table} {week}: {len(accounts)} rows, {len(expected)} expected")
    return found


def test_killed_twice_in_every_stage_the_next_run_makes_what_a_run_in_peace_makes(landed, whole):
    for fault in KILLED:
        run = landed.start(fault)
        expected = 1 if fault in IN_A_STEP else -signal.SIGKILL
        assert run.ended() == expected, (fault, run.told())
        struck = run.befell()
        wait_until(lambda process=struck: not is_alive(process))
        assert torn(landed) == [], fault
    last = landed.seg_run()
    assert last.exit_code == 0, last.object
    assert landed.seg_run().runs == []
    for table in TABLES:
        assert_frame_equal(content(landed, table), content(whole, table), check_exact=False)
    assert {status for _, status in landed.statuses()} == {"SUCCESS", "FAILURE"}


def test_the_sensor_takes_up_a_run_that_was_killed(home):
    expected = sorted(home.land(JUNE, fewer=20))
    run = home.start(f"{SEGMENT_SCORES.name}:written:kill_run")
    assert run.ended() == -signal.SIGKILL
    step = run.befell()
    wait_until(lambda: not is_alive(step))
    # What a killed run leaves behind does not go on by itself.
    assert len(home.accounts(SEGMENT_SCORES.name, JUNE)) == len(expected) + 20
    assert home.settle(dt.datetime(2026, 6, 30, 9, tzinfo=dt.UTC)) == [f"score {JUNE}", f"monitor {JUNE}"]
    assert home.accounts(SEGMENT_SCORES.name, JUNE) == expected
    assert ("score", "FAILURE") in home.statuses()


@dg.job
def empty() -> None:
    """Nothing."""


@pytest.mark.parametrize(("told_ago", "lost"), [(0.0, False), (30 * 86_400.0, True)])
def test_a_run_is_lost_too_where_another_process_has_its_number_now(tmp_path, told_ago, lost):
    """After a restart of a container the same few numbers are given again."""
    with dg.DagsterInstance.ephemeral(tempdir=str(tmp_path)) as instance:
        run = instance.create_run_for_job(empty, status=dg.DagsterRunStatus.STARTED)
        told = EngineEventData(metadata={"pid": dg.MetadataValue.text(str(os.getpid()))})
        event = DagsterEvent(dg.DagsterEventType.ENGINE_EVENT.value, "empty", event_specific_data=told)
        instance.handle_new_event(
            EventLogEntry(None, "info", "", run.run_id, time.time() - told_ago, None, "empty", event)
        )
        assert fail_lost_runs(instance) == ([run.run_id] if lost else [])
