"""Ordinary weeks: nothing is told of them, whatever the sample's accounts do by themselves."""

from __future__ import annotations

import datetime as dt

from resources.pages import Pages
from seg_assets.calendar import mondays
from seg_assets.checks.drift import drift_of_week
from seg_assets.checks.missingness import missingness
from seg_assets.checks.mix import mix_of_segments
from seg_assets.checks.rows import rows_against_last_week
from seg_assets.checks.steps import one_step
from seg_assets_tests.checks.weeks import Weeks, accounts_on, segmentation

TRAINED_ON = dt.date(2025, 7, 28)
WEEKS = mondays(TRAINED_ON, dt.date(2025, 9, 29))
CHECKS = (rows_against_last_week, missingness, one_step, mix_of_segments)


def test_two_months_of_ordinary_weeks_under_one_champion_raise_no_alarm(tmp_path):
    """A champion serves a month; twice as long it must not wear out either."""
    weeks, pages = Weeks(tmp_path / "lakehouse"), Pages(str(tmp_path))
    weeks.promote(segmentation(trained_on=TRAINED_ON), TRAINED_ON)
    for monday in WEEKS:
        weeks.land(monday, accounts_on(monday))
    alarms = [
        (str(monday), finding.told)
        for monday in WEEKS[1:]
        for finding in (*(check(weeks.week(monday)) for check in CHECKS), drift_of_week(weeks.week(monday), pages))
        if not finding.passed
    ]
    assert alarms == []
