"""The sensor on a real instance: runs and checks that failed are told to a real webhook, by partition."""

from __future__ import annotations

import datetime as dt
import json

import dagster as dg
import polars as pl
import pytest

from resources.alerts import Alerts
from resources.lakehouse import Lakehouse
from resources.settings import Settings
from seg_assets.automation.freshness import GRACE, NEWEST_WEEK_SCORED
from seg_assets.automation.on_call import LOOK_BACK, SENSOR, tell_results
from seg_assets.catalogs import default_catalogue
from seg_assets.definitions import build_definitions
from seg_assets.schemas import SEGMENT_SCORES
from seg_assets_tests.resources.slack import Slack

WEEK = dg.WeeklyPartitionsDefinition("2026-06-01", day_offset=1)
FIRST, SECOND = "2026-06-08", "2026-06-15"


@pytest.fixture
def slack():
    found = Slack()
    yield found
    found.close()


@pytest.fixture
def alerts(slack, tmp_path):
    return Alerts(Lakehouse(str(tmp_path / "lakehouse")), slack.url)


@dg.asset(
    partitions_def=WEEK,
    config_schema={"broken": dg.Field(bool, default_value=False), "bad": dg.Field(bool, default_value=False)},
    check_specs=[dg.AssetCheckSpec("whole", asset="accounts", blocking=True)],
)
def accounts(context):
    if context.op_config["broken"]:
        raise dg.Failure("landing/product_usage, week 2026-06-08: the table cannot be opened", allow_retries=False)
    yield dg.MaterializeResult(
        check_results=[
            dg.AssetCheckResult(
                check_name="whole",
                passed=not context.op_config["bad"],
                description="40 of 100 accounts are lost",
                metadata={"expected": "100 accounts", "seen": "60 accounts", "accounts_affected": 40},
            )
        ]
    )


CHECKS = [dg.AssetCheckKey(dg.AssetKey("accounts"), "whole")]


def made(instance, partition, **config):
    ops = {"ops": {"accounts": {"config": config}}}
    return dg.materialize([accounts], instance=instance, partition_key=partition, run_config=ops, raise_on_error=False)


def look(instance, alerts):
    now = dt.datetime.now(dt.UTC)
    return tell_results(instance, CHECKS, alerts, now - LOOK_BACK, now)


def test_a_failed_blocking_check_is_told_once_not_as_a_failed_run_too(alerts, slack):
    with dg.DagsterInstance.ephemeral() as instance:
        assert not made(instance, FIRST, bad=True).success
        assert look(instance, alerts) == 1
        assert look(instance, alerts) == 0
        made(instance, SECOND)
        assert look(instance, alerts) == 0, "another week is well; this one is not"
        made(instance, FIRST)
        assert look(instance, alerts) == 1
    problem, over = slack.bodies
    assert problem["text"].startswith(f":rotating_light: whole of accounts, {FIRST} blocks. 40 of 100 accounts")
    fields = [field["text"] for field in problem["blocks"][2]["fields"]]
    assert fields[:2] == ["*Expected*\n100 accounts", "*Seen*\n60 accounts"]
    assert "*Runbook*\ndocs/runbook.md#whole" in fields
    assert over["text"].startswith(f":white_check_mark: Over: whole of accounts, {FIRST} blocks")


def test_a_failed_run_says_why_and_is_over_when_its_partition_succeeds(alerts, slack):
    with dg.DagsterInstance.ephemeral() as instance:
        made(instance, FIRST, broken=True)
        made(instance, FIRST, broken=True)
        assert look(instance, alerts) == 1
        made(instance, SECOND)
        assert look(instance, alerts) == 0
        made(instance, FIRST)
        assert look(instance, alerts) == 1
    assert "the table cannot be opened" in slack.bodies[0]["text"]
    assert slack.bodies[1]["text"].startswith(":white_check_mark: Over:")


def test_the_sensor_ticks_with_nothing_landed_and_keeps_its_cursor(tmp_path, slack):
    """It runs from the start, also in a home where nothing was ever made."""
    settings = Settings.from_environment({"SEG_HOME": str(tmp_path), "SEG_ALERT_WEBHOOK": slack.url})
    definitions = build_definitions(settings, default_catalogue())
    repository = definitions.get_repository_def()
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(
            instance, repository_def=repository, resources=dict(definitions.resources or {})
        )
        result = repository.get_sensor_def(SENSOR).evaluate_tick(context)
        assert (result.skip_message, result.asset_events) == ("0 news told", [])
        assert set(json.loads(result.cursor)) == {"after"}
    assert slack.bodies == []
    assert repository.get_sensor_def(SENSOR).default_status == dg.DefaultSensorStatus.RUNNING


def test_the_newest_week_is_told_while_it_waits_whatever_else_is_scored(tmp_path, slack):
    """An old week that is scored again makes the asset look fresh to Dagster; the newest one still lacks scores."""
    settings = Settings.from_environment({"SEG_HOME": str(tmp_path), "SEG_ALERT_WEBHOOK": slack.url})
    catalogue = default_catalogue()
    definitions = build_definitions(settings, catalogue)
    repository, lakehouse = definitions.get_repository_def(), Lakehouse(settings.lakehouse)
    for source in catalogue.sources:
        (tmp_path / "landing" / source.name / f"snapshot_date={SECOND}").mkdir(parents=True)
        (tmp_path / "landing" / source.name / f"snapshot_date={SECOND}" / "part-0.parquet").touch()

    def score(week):
        nothing = pl.DataFrame([dict.fromkeys(SEGMENT_SCORES.schema)], schema=SEGMENT_SCORES.schema)
        lakehouse.replace(SEGMENT_SCORES, nothing, dt.date.fromisoformat(week))

    def tick(instance, cursor):
        context = dg.build_sensor_context(
            instance, cursor=cursor, repository_def=repository, resources=dict(definitions.resources or {})
        )
        result = repository.get_sensor_def(SENSOR).evaluate_tick(context)
        for event in result.asset_events:
            instance.report_runless_asset_event(event)
        return result

    with dg.DagsterInstance.ephemeral() as instance:
        first = tick(instance, None)
        assert first.asset_events == [], "it may wait for a while"
        long_ago = dt.datetime.now(dt.UTC) - GRACE
        cursor = json.dumps(json.loads(first.cursor) | {"since": long_ago.isoformat()})
        late = tick(instance, cursor)
        assert [(event.check_name, event.passed) for event in late.asset_events] == [(NEWEST_WEEK_SCORED, False)]
        score(FIRST)
        told = tick(instance, late.cursor)
        assert told.asset_events == []
        score(SECOND)
        well = tick(instance, told.cursor)
        assert [event.passed for event in well.asset_events] == [True]
        tick(instance, well.cursor)
    problem, over = (body["text"] for body in slack.bodies)
    assert f"{SECOND}: the newest week that landed is not scored" in problem
    assert over.startswith(":white_check_mark: Over: newest_week_scored of segment_scores")


@dg.asset(key=SEGMENT_SCORES.name, partitions_def=WEEK)
def scores():
    return dg.MaterializeResult()


@dg.asset_check(asset=scores, name=NEWEST_WEEK_SCORED)
def newest_week_scored():
    return dg.AssetCheckResult(passed=False, description=f"{SECOND}: the newest week that landed is not scored")


def test_a_newest_week_told_by_a_run_of_an_old_one_is_over_once_it_is_scored(alerts, slack):
    """A week accepted by hand evaluates the check in its run; the alert named that week, and stayed open for ever."""
    key = dg.AssetCheckKey(dg.AssetKey(SEGMENT_SCORES.name), NEWEST_WEEK_SCORED)
    with dg.DagsterInstance.ephemeral() as instance:
        now = dt.datetime.now(dt.UTC)
        dg.materialize([scores, newest_week_scored], instance=instance, partition_key=FIRST)
        assert tell_results(instance, [key], alerts, now - LOOK_BACK, now) == 1
        well = dg.AssetCheckEvaluation(asset_key=key.asset_key, check_name=key.name, passed=True, metadata={})
        instance.report_runless_asset_event(well)
        assert tell_results(instance, [key], alerts, now - LOOK_BACK, now) == 1
    problem, over = (body["text"] for body in slack.bodies)
    assert problem.startswith(f":rotating_light: newest_week_scored of segment_scores. {SECOND}")
    assert over.startswith(":white_check_mark: Over: newest_week_scored of segment_scores.")
