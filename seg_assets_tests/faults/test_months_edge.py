"""A run over the midnight between two months: the new month is refreshed, the straddling week is scored once.

A real instance and real ticks; the assets write only what automation looks at, since only the order is the point.
"""

from __future__ import annotations

import datetime as dt

import dagster as dg
import pytest

from seg_assets.automation.evidence import WORK
from seg_assets.automation.sensors import request_of
from seg_assets_tests.automation.simulated_home import utc
from seg_assets_tests.automation.ticked_home import TickedHome

STRADDLING = dt.date(2026, 6, 29)
BEFORE, AFTER = utc("2026-06-30 23:58"), utc("2026-07-01 00:04")


@pytest.fixture
def home(tmp_path):
    """June has its model; of its weeks, the one that straddles its end has landed."""
    with dg.DagsterInstance.ephemeral(tempdir=str(tmp_path / "dagster")) as instance:
        found = TickedHome(tmp_path, instance)
        found.land(dt.date(2026, 5, 25))
        found.settle(utc("2026-06-01 09:00"))
        found.land(STRADDLING)
        yield found


def scored(home: TickedHome) -> list[str]:
    """The version of every scoring of the straddling week, the last first."""
    runs = home.instance.get_runs(dg.RunsFilter(job_name="score"))
    return [run.tags[WORK].split()[-1] for run in runs if run.tags["dagster/partition"] == str(STRADDLING)]


def test_a_week_that_is_read_over_midnight_is_scored_once_by_the_old_month_and_trains_the_new(home):
    for launch in home.tick(BEFORE).launches:
        assert home.run(request_of(launch))
    done, decision = home.settle(AFTER)
    assert done.count(f"segment_scores {STRADDLING}") == 1
    assert "segment_model 2026-07-01" in done
    assert scored(home) == ["2026-06.1"]
    assert decision.waits == ()
    assert home.settle(utc("2026-07-02 09:00"))[0] == []


def test_a_week_that_is_scored_over_midnight_keeps_no_refresh_waiting_and_is_not_scored_again(home):
    while not (scoring := [one for one in home.tick(BEFORE).launches if one.work.job == "score"]):
        for launch in home.tick(BEFORE).launches:
            assert home.run(request_of(launch))
    (launch,) = scoring
    request = request_of(launch)
    tags = {**request.tags, "dagster/partition": str(STRADDLING)}
    job = home.definitions.resolve_job_def("score")
    under_way = home.instance.create_run_for_job(job, tags=tags, status=dg.DagsterRunStatus.STARTED)
    done, _ = home.settle(AFTER)
    assert "segment_model 2026-07-01" in done
    assert f"segment_scores {STRADDLING}" not in done
    # It ends after the new month's model was promoted; the version in force for its week is June's all the same.
    home.instance.delete_run(under_way.run_id)
    assert home.run(request)
    assert home.settle(utc("2026-07-01 00:30"))[0] == []
    assert scored(home) == ["2026-06.1"]
