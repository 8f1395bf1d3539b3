"""A person's promotion or rollback: what is told about the month is made again, the stored weeks are left alone."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from seg_assets.automation import jobs
from seg_assets.automation.due import decide
from seg_assets.segmentation.overruling import rolled_back_by
from seg_assets_tests.automation.simulated_home import SimulatedHome
from seg_assets_tests.automation.test_due import home_after

JUNE, JULY = dt.date(2026, 6, 1), dt.date(2026, 7, 1)


def rolled_back() -> tuple[SimulatedHome, dict[dt.date, str]]:
    """A settled home in which a person put June's version back for July; what its profiles are of."""
    home = home_after("2026-07-20")
    world = home.world()
    serves = {row.service_month: row.to_version for row in world.promotions if row.to_version}
    row = rolled_back_by(
        world.promotions,
        {version: month for month, version in serves.items()},
        definition_version=serves[JUNE],
        service_month=JULY,
        by="Ana",
        reason="the mix of July is wrong",
        at=home.now,
    )
    home.promotions.append(row)
    return home, serves


def test_profiles_of_another_version_are_made_again_with_all_that_is_told():
    home, described = rolled_back()
    launches = decide(replace(home.world(), described=described), home.catalogue).launches
    (work,) = [launch.work for launch in launches]
    assert (work.job, work.first, work.assets) == (jobs.REFRESH, JULY, jobs.DESCRIPTIONS)
    assert described[JUNE] in work.cause


def test_profiles_of_the_version_in_force_are_left_and_so_are_stored_weeks():
    home, described = rolled_back()
    told_again = described | {JULY: described[JUNE]}
    assert decide(replace(home.world(), described=told_again), home.catalogue).launches == ()
