"""What becomes of each bad input of a snapshot source, written as CSV and as Parquet and read back."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from seg_assets.catalogs import Catalogue
from seg_assets.landing import (
    QUARANTINE_SCHEMA,
    ContractError,
    Landing,
    LandingError,
    Problem,
    Severity,
    Validated,
    schema_of,
    validate,
)

WEEK = dt.date(2026, 6, 29)


@pytest.fixture(params=["csv", "parquet"])
def judged(request, tmp_path, catalogue):
    """Writes a frame as a landing table, reads it back and validates it."""

    def judge(frame: pl.DataFrame, given: Catalogue = catalogue) -> Validated:
        folder = tmp_path / "engagement" / f"snapshot_date={WEEK}"
        folder.mkdir(parents=True)
        if request.param == "csv":
            frame.write_csv(folder / "rows.csv")
        else:
            frame.write_parquet(folder / "rows.parquet")
        return validate(Landing(str(tmp_path)).scan("engagement", WEEK), "engagement", given, WEEK)

    return judge


def only_problem(result: Validated) -> Problem:
    assert len(result.report.problems) == 1, result.report
    return result.report.problems[0]


def with_value(frame: pl.DataFrame, row: int, column: str, value: object) -> pl.DataFrame:
    values = frame[column].to_list()
    values[row] = value
    return frame.with_columns(pl.Series(column, values, strict=False))


def test_sound_rows_pass_with_the_contracts_types(judged, engagement, catalogue):
    result = judged(engagement)
    assert result.accepted.schema == schema_of("engagement", catalogue).polars
    assert (result.report.landed, result.report.accepted, result.report.problems) == (8, 8, ())
    assert result.quarantined.schema == QUARANTINE_SCHEMA
    assert result.quarantined.is_empty()


def test_missing_columns_are_refused_and_near_names_suggested(judged, engagement):
    with pytest.raises(ContractError) as caught:
        judged(engagement.rename({"open_rate": "opens_rate"}).drop("stage"))
    assert str(caught.value).startswith("landing/engagement, week 2026-06-29: 2 columns are missing: ")
    assert "open_rate (did you mean 'opens_rate'?), stage" in str(caught.value)


def test_an_extra_column_is_told_and_ignored(judged, engagement):
    result = judged(engagement.with_columns(shoe_size=42))
    assert "shoe_size" not in result.accepted.columns
    assert (only_problem(result).severity, only_problem(result).column) == (Severity.WARNING, "shoe_size")


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("open_rate", 44.0, "open_rate is outside 0..1"),
        ("open_rate", -0.1, "open_rate is outside 0..1"),
        ("visits", -3, "visits is below 0"),
        ("visits", float("inf"), "visits is infinite"),
        ("visits", float("-inf"), "visits is infinite"),
        ("account_id", None, "account_id is missing"),
        ("account_id", " ", "account_id is missing"),
        ("snapshot_date", dt.date(2026, 6, 22), "snapshot_date is not 2026-06-29"),
        ("snapshot_date", None, "snapshot_date is not 2026-06-29"),
    ],
)
def test_a_row_with_a_bad_value_is_quarantined_whole_with_the_reason(judged, engagement, column, value, reason):
    result = judged(with_value(engagement, 4, column, value))
    assert result.accepted.height == 7
    row = result.quarantined.row(0, named=True)
    assert (row["source"], row["snapshot_date"], row["reason"], row["column"]) == ("engagement", WEEK, reason, column)
    assert json.loads(row["row"])["country"] == "FR"
    problem = only_problem(result)
    assert (problem.severity, problem.column, problem.count) == (Severity.QUARANTINED, column, 1)
    assert problem.examples[0].row == 5
    assert problem.remedy


def test_values_that_do_not_cast_are_quarantined_by_row(judged, engagement):
    texts = engagement["visits"].cast(pl.String).to_list()
    texts[1], texts[2], texts[6] = "many", " 7 ", ""
    result = judged(engagement.with_columns(visits=pl.Series(texts)))
    assert result.quarantined.select("account_id", "reason", "value").rows() == [("002", "visits is no number", "many")]
    assert result.accepted["visits"].to_list() == [0.0, 7.0, 5.0, 2.0, 9.0, None, 4.0]
    assert "The contract says Float64, the column lands as String" in only_problem(result).remedy


def test_a_column_of_the_wrong_type_refuses_the_week_but_keeps_the_rows(judged, engagement):
    frame = engagement.with_columns(visits=pl.lit(dt.date(2026, 1, 1)))
    with pytest.raises(ContractError, match="column visits holds 8 values that are no number") as caught:
        judged(frame)
    assert caught.value.quarantined.height == 8


def test_a_changed_unit_refuses_the_week_in_a_sentence_to_act_on(judged, engagement):
    frame = engagement.with_columns(open_rate=pl.lit(44.5))
    with pytest.raises(ContractError) as caught:
        judged(frame)
    assert str(caught.value) == (
        "landing/engagement, week 2026-06-29: column open_rate holds 8 values outside 0..1 "
        "(row 1, 001: 44.5; row 2, 002: 44.5; row 3, 003: 44.5; ...). See whether the source changed the unit; "
        "if these values are right, move the expectations in the catalogue. 8 of 8 rows are in quarantine/engagement, "
        "more than half, so the whole week is refused. Nothing else was written."
    )
    assert [json.loads(row)["country"] for row in caught.value.quarantined["row"]] == engagement["country"].to_list()


def test_half_of_the_rows_in_quarantine_is_not_yet_a_refusal(judged, engagement):
    frame = engagement.with_columns(open_rate=pl.Series([2.0] * 4 + [0.5] * 4))
    assert judged(frame).report.quarantined == 4


def test_nan_is_missing_and_counted(judged, engagement):
    result = judged(with_value(engagement, 2, "open_rate", float("nan")))
    assert result.accepted["open_rate"].null_count() == 2
    assert result.accepted["open_rate"].is_nan().sum() == 0
    problem = only_problem(result)
    assert (problem.severity, problem.what, problem.count) == (Severity.WARNING, "NaN, taken as missing", 1)


def test_unknown_levels_are_kept_and_counted(judged, engagement):
    result = judged(
        engagement.with_columns(stage=pl.Series(["zombie", "trial"] + ["zombie"] * 6), country=pl.lit("XX"))
    )
    assert result.accepted["stage"].to_list().count("zombie") == 7
    problem = only_problem(result)
    assert (problem.column, problem.what, problem.count) == ("stage", "values of unknown level", 7)
    assert [example.row for example in problem.examples] == [1, 3, 4]
    assert "'zombie'" in problem.remedy


def test_identical_duplicates_leave_one(judged, engagement):
    result = judged(pl.concat([engagement, engagement.head(3), engagement.head(1)]))
    assert result.accepted["account_id"].to_list() == engagement["account_id"].to_list()
    assert (result.report.landed, result.report.accepted, result.report.dropped) == (12, 8, 4)
    assert only_problem(result).count == 4


def test_a_load_that_came_twice_is_no_reason_to_refuse(judged, engagement):
    assert judged(pl.concat([engagement, engagement])).report.accepted == 8


def test_rows_that_contradict_each_other_are_all_quarantined(judged, engagement):
    first = engagement.head(1)
    result = judged(pl.concat([engagement, first, first.with_columns(country=pl.lit("AT"))]))
    assert result.accepted["account_id"].to_list() == engagement["account_id"].to_list()[1:]
    assert result.quarantined["account_id"].to_list() == ["001"] * 3
    assert result.quarantined["reason"].unique().to_list() == ["account_id has rows that differ"]
    assert [example.row for example in only_problem(result).examples] == [1, 9, 10]


def test_a_value_that_does_not_cast_contradicts_a_missing_one(tmp_path, engagement, catalogue):
    """As typed both are null; the sound row must neither be dropped as a repeat nor win."""
    texts = engagement.with_columns(pl.col("visits").cast(pl.String))
    frame = pl.concat([texts, texts.head(1).with_columns(visits=pl.lit("x")), texts.tail(1)])
    frame = frame.with_columns(visits=pl.when(pl.col("visits") == "0").then(None).otherwise(pl.col("visits")))
    result = validate(frame, "engagement", catalogue, WEEK)
    assert result.quarantined["account_id"].to_list() == ["001", "001"]
    assert result.report.dropped == 1


def test_rows_of_another_week_do_not_contradict_those_of_this_one(judged, engagement):
    older = engagement.head(2).with_columns(snapshot_date=pl.lit(dt.date(2026, 6, 22)), visits=pl.lit(99, pl.Int64))
    result = judged(pl.concat([older, engagement]))
    assert result.accepted.height == 8
    assert result.quarantined["reason"].unique().to_list() == ["snapshot_date is not 2026-06-29"]


def test_several_reasons_of_a_row_are_all_told_and_each_is_counted(judged, engagement):
    result = judged(with_value(with_value(engagement, 1, "open_rate", 3.0), 1, "visits", -1))
    row = result.quarantined.row(0, named=True)
    assert row["reason"] == "open_rate is outside 0..1; visits is below 0"
    assert (row["column"], row["value"]) == ("open_rate", "3.0")
    assert [problem.column for problem in result.report.problems] == ["open_rate", "visits"]


def test_an_empty_snapshot_is_refused(judged, engagement):
    with pytest.raises(ContractError, match="0 rows landed: the snapshot is empty"):
        judged(engagement.clear())


def earlier(engagement: pl.DataFrame, gone: int) -> pl.Series:
    """The ids of a week before, that held all of now and `gone` accounts more."""
    return pl.concat([engagement["account_id"], pl.Series("account_id", [f"gone-{i}" for i in range(gone)], pl.String)])


def test_a_week_that_lost_too_many_accounts_is_refused_unless_the_loss_is_accepted(engagement, catalogue):
    with pytest.raises(ContractError, match=r"9 of 17 accounts .* gone \(53%.*accept_loss: true"):
        validate(engagement, "engagement", catalogue, WEEK, accounts_last_week=earlier(engagement, 9))
    for before in (None, earlier(engagement, 0).clear(), earlier(engagement, 0), earlier(engagement, 8)):
        assert validate(engagement, "engagement", catalogue, WEEK, accounts_last_week=before).accepted.height == 8


def test_other_ids_in_the_same_number_are_lost_accounts(engagement, catalogue):
    """Ids that came as integers once doubled the population without a word: as many rows, none of them known."""
    with pytest.raises(ContractError, match=r"8 of 8 accounts .* gone \(100%.*under the same ids"):
        other = engagement.with_columns(pl.col("account_id") + "-new")
        validate(other, "engagement", catalogue, WEEK, accounts_last_week=engagement["account_id"])


def test_a_doubled_load_does_not_hide_lost_accounts(engagement, catalogue):
    with pytest.raises(ContractError, match="of the week before are gone"):
        validate(pl.concat([engagement] * 4), "engagement", catalogue, WEEK, accounts_last_week=earlier(engagement, 12))


def test_a_week_that_is_no_monday_is_refused(engagement, catalogue):
    with pytest.raises(ContractError, match="2026-07-01 is a Wednesday"):
        validate(engagement, "engagement", catalogue, dt.date(2026, 7, 1))


def test_an_unknown_source_is_named_beside_the_known_ones(engagement, catalogue):
    with pytest.raises(LandingError, match="no such snapshot source; it has engagement, usage, extras"):
        validate(engagement, "telemetry", catalogue, WEEK)


def test_lossless_types_are_cast(engagement, catalogue):
    frame = engagement.with_columns(
        account_id=pl.Series(range(1, 9)),
        snapshot_date=pl.lit(dt.datetime(2026, 6, 29)).dt.replace_time_zone("Europe/Berlin"),
        open_rate=pl.Series([Decimal("0.5")] * 8),
        visits=pl.Series([True] * 8),
        stage=pl.Series(["lead"] * 8, dtype=pl.Categorical),
        country=pl.Series([1.0, float("nan"), 2.5, None, 3, 4, 5, 6]),
        is_trial=pl.Series([0, 1, 0, 1, None, 0, 1, 0]),
    )
    result = validate(frame, "engagement", catalogue, WEEK)
    assert result.quarantined.is_empty()
    accepted = result.accepted
    assert accepted["account_id"].to_list()[:2] == ["1", "2"]
    assert accepted["country"].to_list() == ["1", None, "2.5", None, "3", "4", "5", "6"]
    assert accepted["is_trial"].to_list() == [False, True, False, True, None, False, True, False]
    assert accepted["open_rate"].unique().to_list() == [0.5]
    assert accepted["visits"].unique().to_list() == [1.0]


def test_a_time_of_day_makes_no_snapshot_date(engagement, catalogue):
    """A time zone shift moves midnight: such dates are off by hours, and may be off by a day."""
    shifted = [dt.datetime(2026, 6, 28, 22)] * 2 + [dt.datetime(2026, 6, 29)] * 6
    result = validate(engagement.with_columns(snapshot_date=pl.Series(shifted)), "engagement", catalogue, WEEK)
    assert result.quarantined["account_id"].to_list() == ["001", "002"]


@pytest.mark.parametrize(("column", "value"), [("is_trial", dt.date(2026, 1, 1)), ("snapshot_date", 20260629)])
def test_a_type_that_cannot_mean_the_column_is_never_guessed_at(engagement, catalogue, column, value):
    with pytest.raises(ContractError, match=f"column {column} holds 8 "):
        validate(engagement.with_columns(pl.lit(value).alias(column)), "engagement", catalogue, WEEK)


@pytest.mark.parametrize(
    ("bounds", "value", "reason"),
    [({"maximum": 1}, 2.0, "open_rate is above 1"), ({"minimum": 0.5}, 0.4, "open_rate is below 0.5"), ({}, 2.0, None)],
)
def test_the_bounds_are_those_of_the_catalogue(engagement, changed_catalogue, catalogue, bounds, value, reason):
    features = [feature.model_dump() for feature in catalogue.features]
    features[0]["expectations"] = bounds
    frame = with_value(engagement.with_columns(open_rate=pl.lit(0.7)), 3, "open_rate", value)
    result = validate(frame, "engagement", changed_catalogue(features=features), WEEK)
    assert result.quarantined["reason"].to_list() == ([reason] if reason else [])


def test_nested_and_binary_columns_are_quarantined_readably(engagement, catalogue):
    frame = engagement.with_columns(
        visits=pl.Series([[1, 2]] + [None] * 7), raw=pl.Series([b"x"] * 8), span=pl.Series([dt.timedelta(1)] * 8)
    )
    result = validate(frame, "engagement", catalogue, WEEK)
    row = result.quarantined.row(0, named=True)
    assert row["value"] == '{"visits":[1,2]}'
    assert json.loads(row["row"])["raw"] == "x"


def test_outcome_and_order_land_in_the_first_source(engagement, changed_catalogue):
    catalogue = changed_catalogue(outcome_column="bought", order_column="position")
    frame = engagement.with_columns(bought=pl.Series(["yes", "no"] * 4), position=pl.int_range(8))
    accepted = validate(frame, "engagement", catalogue, WEEK).accepted
    assert accepted.columns[-2:] == ["bought", "position"]
    assert accepted["bought"].to_list() == [True, False] * 4
    with pytest.raises(ContractError, match="column is missing: bought"):
        validate(frame.drop("bought"), "engagement", catalogue, WEEK)


def test_account_master_needs_only_its_ids(tmp_path, catalogue):
    folder = Path(tmp_path, "account_master", f"snapshot_date={WEEK}")
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text("account_id,status,email_consent\n01,active,true\n02,dormant,\n")
    frame = Landing(str(tmp_path)).scan("account_master", WEEK)
    result = validate(frame, "account_master", catalogue, WEEK)
    assert result.accepted.schema == schema_of("account_master", catalogue).polars
    assert result.accepted["email_consent"].to_list() == [True, None]
    assert result.accepted["parent_account_id"].null_count() == 2
    assert [p.column for p in result.report.problems if p.what == "values of unknown level"] == ["status"]


def test_a_report_reads_as_text(engagement, catalogue):
    text = str(validate(with_value(engagement, 3, "visits", -1), "engagement", catalogue, WEEK).report)
    assert text.splitlines()[0] == (
        "landing/engagement, week 2026-06-29: 8 rows landed, 7 accepted, 1 quarantined, 0 identical duplicates dropped"
    )
    assert text.splitlines()[1].startswith("- quarantined: column visits holds 1 values below 0 (row 4, 004: -1). ")
