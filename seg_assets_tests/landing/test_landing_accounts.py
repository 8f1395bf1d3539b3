"""Sources side by side: population, applicability, rules."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_assets.landing import ContractError, LandingError, Severity, account_snapshot, account_snapshot_schema

WEEK = dt.date(2026, 6, 29)
ENGAGEMENT = {
    "account_id": pl.String,
    "snapshot_date": pl.Date,
    "open_rate": pl.Float64,
    "visits": pl.Float64,
    "stage": pl.String,
    "country": pl.String,
    "is_trial": pl.Boolean,
}
USAGE = {"account_id": pl.String, "snapshot_date": pl.Date, "runs": pl.Float64, "admin": pl.Boolean}


@pytest.fixture
def sources():
    engagement = [
        ("c", WEEK, 0.5, 1.0, "trial", "DE", True),
        ("a", WEEK, 0.1, 2.0, "lead", "US", False),
        ("b", WEEK, None, None, "customer", None, False),
        ("e", WEEK, None, None, None, None, None),
    ]
    usage = [("d", WEEK, 7.0, True), ("b", WEEK, 8.0, False), ("c", WEEK, None, None)]
    return {
        "engagement": pl.DataFrame(engagement, schema=ENGAGEMENT, orient="row"),
        "usage": pl.DataFrame(usage, schema=USAGE, orient="row"),
    }


def test_the_population_is_the_union_sorted_with_all_features_in_catalogue_order(sources, catalogue):
    result = account_snapshot(sources, catalogue, WEEK)
    frame = result.accepted
    assert frame.schema == account_snapshot_schema(catalogue)
    assert frame.columns[2:] == [*catalogue.feature_names, "usage_applicable"]
    assert frame["account_id"].to_list() == ["a", "b", "c", "d", "e"]
    assert frame["country"].to_list() == ["US", None, "DE", None, None]
    assert frame["note"].null_count() == 5
    assert frame["snapshot_date"].unique().to_list() == [WEEK]


def test_not_applicable_is_apart_from_missing(sources, catalogue):
    result = account_snapshot(sources, catalogue, WEEK)
    frame = result.accepted
    assert frame["usage_applicable"].to_list() == [False, True, True, False, False]
    assert frame["runs"].to_list() == [None, 8.0, None, None, None]
    problem = result.report.problems[0]
    assert (problem.severity, problem.column, problem.count) == (Severity.WARNING, "stage", 1)
    assert problem.examples[0].account_id == "d"


def test_a_missing_row_is_a_row_of_nulls(sources, catalogue):
    nulls = pl.DataFrame([("a", WEEK, None, None)], schema=USAGE, orient="row")
    more = sources | {"usage": pl.concat([sources["usage"], nulls])}
    one, other = (account_snapshot(each, catalogue, WEEK).accepted for each in (sources, more))
    assert one.equals(other)


def test_the_order_in_which_sources_and_rows_come_changes_nothing(sources, catalogue):
    turned = {name: sources[name].reverse().lazy() for name in reversed(sources)}
    assert account_snapshot(sources, catalogue, WEEK).accepted.equals(
        account_snapshot(turned, catalogue, WEEK).accepted
    )


def test_rules_quarantine_or_warn_and_null_breaks_none(sources, catalogue):
    engagement = sources["engagement"].with_columns(
        is_trial=pl.Series([False, False, None, True]), visits=pl.Series([0.0, 2.0, None, None])
    )
    result = account_snapshot({**sources, "engagement": engagement}, catalogue, WEEK)
    assert result.accepted["account_id"].to_list() == ["a", "b", "d", "e"]
    row = result.quarantined.row(0, named=True)
    assert (row["source"], row["account_id"]) == ("account_snapshots", "c")
    assert row["reason"] == "breaks rule trial_flag: is_trial = (stage = 'trial')"
    assert (row["column"], row["value"]) == ("is_trial, stage", "false, trial")
    assert [(p.severity, p.column) for p in result.report.problems] == [
        (Severity.QUARANTINED, "is_trial, stage"),
        (Severity.WARNING, "open_rate, visits"),
        (Severity.WARNING, "stage"),
    ]


def test_a_rule_that_most_accounts_break_refuses_the_week(sources, catalogue):
    engagement = sources["engagement"].with_columns(is_trial=pl.lit(True), stage=pl.lit("lead"))
    with pytest.raises(
        ContractError, match="account_snapshots, week 2026-06-29: columns is_trial, stage hold 4"
    ) as error:
        account_snapshot({**sources, "engagement": engagement}, catalogue, WEEK)
    assert error.value.quarantined.height == 4


def test_a_week_without_any_source_has_no_accounts(catalogue, changed_catalogue):
    optional = [source.model_dump() | {"required": False} for source in catalogue.sources]
    with pytest.raises(LandingError, match="no source has rows for this week"):
        account_snapshot({}, changed_catalogue(sources=optional), WEEK)


def test_sources_that_are_missing_unknown_or_not_unique_are_named(sources, catalogue):
    with pytest.raises(LandingError, match="source usage has no rows for this week"):
        account_snapshot({"engagement": sources["engagement"]}, catalogue, WEEK)
    with pytest.raises(LandingError, match="'account_master' is no source of catalogue small"):
        account_snapshot({**sources, "account_master": sources["usage"]}, catalogue, WEEK)
    twice = {**sources, "usage": pl.concat([sources["usage"]] * 2)}
    with pytest.raises(LandingError, match="landing/usage, week 2026-06-29: more than one row an account"):
        account_snapshot(twice, catalogue, WEEK)


def test_outcome_and_order_follow_the_features(sources, changed_catalogue):
    catalogue = changed_catalogue(outcome_column="bought", order_column="position")
    engagement = sources["engagement"].with_columns(bought=pl.lit(True), position=pl.Series([3.0, 1.0, 2.0, 4.0]))
    frame = account_snapshot({**sources, "engagement": engagement}, catalogue, WEEK).accepted
    assert frame.columns[-3:] == ["bought", "position", "usage_applicable"]
    assert frame["position"].to_list() == [1.0, 2.0, 3.0, None, 4.0]


@settings(max_examples=30, deadline=None)
@given(
    visits=st.dictionaries(st.text("abcdé", min_size=1, max_size=3), st.floats(0, 9), min_size=1),
    runs=st.dictionaries(st.text("abcdé", min_size=1, max_size=3), st.floats(0, 9)),
)
def test_every_value_stays_with_its_account(catalogue, visits, runs):
    def frame(schema, **columns):
        values = pl.DataFrame(columns).with_columns(snapshot_date=pl.lit(WEEK))
        return values.select(
            (pl.col(name) if name in columns else pl.lit(None)).cast(dtype).alias(name)
            for name, dtype in schema.items()
        )

    engagement = frame(
        ENGAGEMENT, account_id=list(visits), visits=list(visits.values()), stage=["customer"] * len(visits)
    )
    usage = frame(USAGE, account_id=pl.Series(list(runs), dtype=pl.String), runs=pl.Series(list(runs.values())))
    snapshot = account_snapshot({"engagement": engagement, "usage": usage}, catalogue, WEEK).accepted
    ids = snapshot["account_id"].to_list()
    assert sorted(ids) == sorted(set(visits) | set(runs))
    assert ids == snapshot["account_id"].sort().to_list()
    assert snapshot["visits"].to_list() == [visits.get(key) for key in ids]
    assert snapshot["runs"].to_list() == [runs.get(key) if key in visits else None for key in ids]
