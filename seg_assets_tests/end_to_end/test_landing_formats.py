"""The same accounts, landed by hand as CSV, as Parquet and as Delta, are in the same segments."""

from __future__ import annotations

import datetime as dt

import pytest
from polars.testing import assert_frame_equal

from seg_assets_tests.end_to_end.landed import land_population

pytestmark = pytest.mark.slow

MONTH_ENDS = tuple(dt.date(2026, month, day) for month, day in ((4, 27), (5, 25), (6, 29)))
WEEK = MONTH_ENDS[-1]
COMPARED = ("segment_id", "name", "definition", "accounts", "arr", "conversions", "conversion_rate", "differences")


@pytest.fixture(scope="module")
def homes(new_home, tmp_path_factory):
    """A home a format, each with July's model and the week that it was trained on."""
    made = {}
    for form in ("parquet", "csv", "delta"):
        home = new_home(tmp_path_factory.mktemp(form))
        land_population(home.landing, MONTH_ENDS, form)
        told = home.seg_run("--months", "2026-07", "--weeks", WEEK)
        assert told.exit_code == 0, told.object
        made[form] = home
    return made


@pytest.mark.parametrize("form", ["csv", "delta"])
def test_scores_and_profiles_do_not_depend_on_the_format(homes, form):
    month = dt.date(2026, 7, 1)
    assert_frame_equal(homes[form].scores(WEEK), homes["parquet"].scores(WEEK))
    assert_frame_equal(
        homes[form].table("segment_profiles", month).select(COMPARED),
        homes["parquet"].table("segment_profiles", month).select(COMPARED),
    )


def test_every_table_of_the_contract_was_read_in_full(homes):
    for home in homes.values():
        landings = home.table("landings")
        assert set(landings["source"]) >= {"firmographics", "product_usage", "pipeline_conversions"}
        assert landings["quarantined"].sum() == 0
        assert landings["problems"].list.len().sum() == 0
