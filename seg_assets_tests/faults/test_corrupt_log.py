"""A damaged entry in a table's log: the error names the file, and once it is removed the next run repairs the rest."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from deltalake import DeltaTable

from resources.alerts import Alerts
from resources.lakehouse import LOG, TableError
from seg_assets.automation.evidence import SENSOR
from seg_assets.automation.made import made_and_held
from seg_assets.catalogs.load import load_catalogue
from seg_assets.definitions import build_definitions
from seg_assets.landing import Landing
from seg_assets.schemas import PROMOTIONS, SEGMENT_MODEL, SEGMENT_SCORES
from seg_assets_tests.faults.faulty_home import JUNE, FaultyHome

pytestmark = pytest.mark.slow

TUESDAY = dt.datetime(2026, 6, 30, 9, tzinfo=dt.UTC)


def newest_commit(home: FaultyHome, table: str) -> Path:
    return max((Path(home.lakehouse.uri(table)) / LOG).glob("*.json"))


def test_a_week_whose_commit_was_lost_is_made_again_by_the_next_run(home):
    """The event log says that the week was scored; by that alone it would be up to date for ever."""
    expected = sorted(home.land(JUNE, fewer=20))
    assert home.seg_run().exit_code == 0
    commit = newest_commit(home, SEGMENT_SCORES.name)
    commit.write_bytes(bytes(200))
    run = home.start()
    assert run.ended() == 2
    told = "".join(run.told().split())
    assert f"Thecommit{commit}isdamaged:removethatfile." in told
    commit.unlink()
    assert len(home.accounts(SEGMENT_SCORES.name, JUNE)) == len(expected) + 20
    assert home.seg_run().runs == [("score", str(JUNE))]
    assert home.accounts(SEGMENT_SCORES.name, JUNE) == expected


def test_a_commit_that_a_power_failure_left_empty_is_made_again_with_nobody_asked(home):
    """To delta-rs it is a commit that changes nothing: no error, and the week is not there."""
    table = "account_snapshots"
    expected = home.accounts(table, JUNE)
    newest_commit(home, table).write_bytes(b"")
    assert JUNE not in home.lakehouse.partitions(table)
    assert home.settle(TUESDAY) == [f"land_snapshot {JUNE}", f"score {JUNE}", f"monitor {JUNE}"]
    assert home.accounts(table, JUNE) == home.accounts(SEGMENT_SCORES.name, JUNE) == expected


def test_a_damaged_checkpoint_is_named_and_the_table_is_whole_without_it(home):
    uri = Path(home.lakehouse.uri(SEGMENT_SCORES.name))
    expected = home.accounts(SEGMENT_SCORES.name, JUNE)
    DeltaTable(str(uri)).create_checkpoint()
    (checkpoint,) = (uri / LOG).glob("*.checkpoint.parquet")
    checkpoint.write_bytes(checkpoint.read_bytes()[:100])
    with pytest.raises(TableError) as caught:
        home.home.table(SEGMENT_SCORES.name)
    for file in (checkpoint, uri / LOG / "_last_checkpoint"):
        assert str(file) in str(caught.value)
        file.unlink()
    assert home.accounts(SEGMENT_SCORES.name, JUNE) == expected


def test_a_model_whose_decision_was_lost_counts_as_not_made(home):
    """It would never be champion, and never be fitted again."""
    month = dt.date(2026, 6, 1)
    with home.instance() as instance:
        assert month in made_and_held(instance, home.lakehouse, SEGMENT_MODEL.name)
        newest_commit(home, PROMOTIONS.name).unlink()
        assert month not in made_and_held(instance, home.lakehouse, SEGMENT_MODEL.name)


def test_a_month_that_was_fitted_again_and_whose_newest_decision_was_lost_counts_as_not_made(home):
    """By the decision on its first model it would be made, and that one would be champion for ever."""
    month = dt.date(2026, 6, 1)
    first = home.home.table(SEGMENT_MODEL.name).filter(service_month=month)
    later = pl.col("fitted_at") + dt.timedelta(hours=1)
    again = first.with_columns(definition_version=pl.lit("2026-06.2"), fitted_at=later)
    home.lakehouse.replace(SEGMENT_MODEL, pl.concat([first, again]), month)
    with home.instance() as instance:
        assert month not in made_and_held(instance, home.lakehouse, SEGMENT_MODEL.name)
        decision = home.home.table(PROMOTIONS.name).with_columns(definition_version=pl.lit("2026-06.2"))
        home.lakehouse.append(PROMOTIONS, decision)
        assert month in made_and_held(instance, home.lakehouse, SEGMENT_MODEL.name)


def test_a_sensor_that_cannot_open_a_table_tells_on_call_and_starts_nothing(home):
    newest_commit(home, SEGMENT_SCORES.name).write_text("{")
    definitions = build_definitions(home.settings, load_catalogue(home.catalogue))
    alerts = Alerts(home.lakehouse)
    for damaged in (True, False):
        with (
            home.instance() as instance,
            dg.build_sensor_context(
                instance=instance,
                definitions=definitions,
                resources={"lakehouse": home.lakehouse, "landing": Landing(home.settings.landing), "alerts": alerts},
            ) as context,
        ):
            ticked = definitions.get_repository_def().get_sensor_def(SENSOR).evaluate_tick(context)
        assert ("tables:damaged" in alerts.open()) == damaged
        if damaged:
            commit = newest_commit(home, SEGMENT_SCORES.name)
            assert not ticked.run_requests and str(commit) in str(ticked.skip_message)
            commit.unlink()
