"""The hold in SQL and in Polars: the same account in the same segment, in every week."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import numpy as np
import polars as pl
import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from seg_assets.segmentation.confidence import Confidence, Noise
from seg_assets.segmentation.definitions import Box, Condition, Definition, Test
from seg_assets.segmentation.intent.index import IntentIndex
from seg_assets.segmentation.sql import held_sql
from seg_assets.segmentation.sql.syntax import DIALECTS
from seg_assets_tests.segmentation.conftest import Fitted
from seg_assets_tests.segmentation.sql.held_weeks import COLUMNS, MONDAYS, Weeks, expected
from seg_assets_tests.segmentation.sql.models import NUMBERS, Case, cases
from seg_assets_tests.segmentation.sql.test_select import as_duckdb


def run(text: str, weeks: Weeks) -> pl.DataFrame:
    with duckdb.connect() as connection:
        connection.register("accounts", pl.concat(weeks.values()).to_arrow())
        return connection.sql(text).pl().sort("snapshot_date", "account_id")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("hold_weeks", [1, 2])
def test_every_account_is_held_alike(fitted: Fitted, weeks: Weeks, hold_weeks: int, dialect: str) -> None:
    found = run(as_duckdb(held_sql(fitted.segmentation, "accounts", hold_weeks, dialect), dialect), weeks)
    wanted = expected(fitted.segmentation, weeks, hold_weeks)
    assert_frame_equal(found, wanted)
    by_week = dict(wanted.group_by("snapshot_date").agg(pl.col("held").sum()).iter_rows())
    assert by_week[MONDAYS[0]] == by_week[MONDAYS[4]] == 0
    assert all(by_week[week] > 5 for week in (*MONDAYS[1:4], MONDAYS[5]))


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases(), st.randoms(use_true_random=False), st.sampled_from(DIALECTS), st.integers(1, 2))
def test_random_segmentations_hold_alike(
    fitted: Fitted, case: Case, random: np.random.Generator, dialect: str, hold_weeks: int
) -> None:
    """Accounts that have other rows of values each week, all on borders."""
    everyone = replace(case, definitions=(*case.definitions, Definition((Box(()),))))
    noise = [Noise(name, 0.7) for name in (*NUMBERS, "depth", "fit", "intent")]
    segmentation = replace(everyone.segmentation(fitted.segmentation), confidence=Confidence(tuple(noise)))
    weeks = {}
    for monday in MONDAYS:
        places = [random.randrange(case.accounts.height) for _ in range(30)]
        ids = pl.Series(f"A{number}" for number in range(30))
        frame = case.accounts[places].with_columns(ids.alias("account_id"), snapshot_date=pl.lit(monday))
        weeks[monday] = frame.filter(pl.Series(random.random() < 0.9 for _ in range(30)))
    found = run(as_duckdb(held_sql(segmentation, "accounts", hold_weeks, dialect), dialect), weeks)
    assert_frame_equal(found, expected(segmentation, weeks, hold_weeks))


def test_an_index_that_no_feature_makes_up_is_known_of_everyone(fitted: Fitted, weeks: Weeks) -> None:
    high = Definition((Box((Condition("intent", Test.AT_LEAST, 40.0),)),))
    case = Case(fitted.segmentation.reference, IntentIndex(0.03, 500, (), 1.0, 0.0, ()), (high,), weeks[MONDAYS[0]])
    everyone = replace(case, definitions=(high, Definition((Box(()),))))
    segmentation = replace(everyone.segmentation(fitted.segmentation), confidence=Confidence((Noise("intent", 20.0),)))
    found = run(held_sql(segmentation, "accounts", 2), weeks)
    assert_frame_equal(found, expected(segmentation, weeks, 2))


def test_a_table_of_four_weeks_is_enough_for_the_last(fitted: Fitted, weeks: Weeks) -> None:
    last = MONDAYS[3]
    text = held_sql(fitted.segmentation, "accounts", 2)
    of_all, of_four = (
        run(text, {week: weeks[week] for week in some}).filter(snapshot_date=last) for some in (MONDAYS, MONDAYS[:4])
    )
    assert_frame_equal(of_all, of_four)


def test_only_required_columns_are_read_in_one_statement(fitted: Fitted, weeks: Weeks) -> None:
    text = held_sql(fitted.segmentation, "accounts", 2)
    columns = fitted.segmentation.required_columns
    assert len(sqlglot.parse(text, dialect="duckdb")) == 1
    narrow = {week: accounts.select(columns) for week, accounts in weeks.items()}
    assert run(text, narrow).columns == list(COLUMNS)


def test_another_dialect_is_an_error(fitted: Fitted) -> None:
    with pytest.raises(ValueError, match="no dialect 'mysql'"):
        held_sql(fitted.segmentation, "accounts", 2, "mysql")
