"""A scored week that shows other overrides than hold for it is scored again, once for each decision."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from seg_assets.automation import jobs
from seg_assets.automation.due import decide
from seg_assets_tests.automation.simulated_home import SimulatedHome, utc

WEEKS = [dt.date(2026, 6, 29), dt.date(2026, 7, 6)]


def test_the_week_that_an_override_is_about_is_scored_again_and_anew_for_each_decision() -> None:
    home = SimulatedHome(utc("2026-07-07 09:00"))
    for week in WEEKS:
        home.land(week)
    assert home.settle().launches == ()
    keys = []
    for recorded_at in ("2026-07-07T08:00:00", "2026-07-07T08:30:00"):
        (launch,) = decide(replace(home.world(), overridden={WEEKS[1]: recorded_at}), home.catalogue).launches
        assert (launch.work.job, launch.work.first) == (jobs.SCORE, WEEKS[1])
        keys.append(launch.run_key)
    assert len(set(keys)) == 2
