"""What becomes of events: windows, keys, repeats."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from seg_assets.landing import EVENT_SOURCES, ContractError, Landing, validate_events

WEEK = dt.date(2026, 6, 29)


def conversions(*dates: dt.date | None) -> pl.DataFrame:
    return pl.DataFrame(
        {"account_id": [f"A{i}" for i in range(len(dates))], "qualified_at": dates},
        schema={"account_id": pl.String, "qualified_at": pl.Date},
    )


def test_a_week_holds_the_seven_days_before_its_monday():
    inside = [dt.date(2026, 6, 22), dt.date(2026, 6, 28), dt.date(2026, 6, 25)]
    frame = conversions(*inside, dt.date(2026, 6, 21), WEEK)
    result = validate_events(frame, "pipeline_conversions", WEEK, earliest=False)
    assert result.accepted["qualified_at"].to_list() == inside
    assert result.accepted.schema == EVENT_SOURCES["pipeline_conversions"].polars
    assert result.quarantined["account_id"].to_list() == ["A3", "A4"]
    assert result.quarantined["reason"][0] == "qualified_at outside 2026-06-22 <= date < 2026-06-29"


def test_the_earliest_partition_holds_all_history_but_no_future():
    frame = conversions(dt.date(2019, 1, 1), dt.date(2026, 6, 28), WEEK)
    result = validate_events(frame, "pipeline_conversions", WEEK, earliest=True)
    assert result.report.accepted == 2
    assert result.quarantined["value"].to_list() == ["2026-06-29"]


def test_a_week_without_events_is_legal(tmp_path):
    folder = tmp_path / "pipeline_conversions" / f"snapshot_date={WEEK}"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text("account_id,qualified_at\n")
    frame = Landing(str(tmp_path)).scan("pipeline_conversions", WEEK)
    result = validate_events(frame, "pipeline_conversions", WEEK, earliest=False)
    assert result.accepted.schema == EVENT_SOURCES["pipeline_conversions"].polars
    assert (result.report.landed, result.report.problems) == (0, ())


def test_events_from_csv_lose_null_keys_and_words_for_dates_and_keep_one_of_each_repeat(tmp_path):
    folder = tmp_path / "pipeline_conversions" / f"snapshot_date={WEEK}"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text(
        "account_id,qualified_at\n01,2026-06-23\n01,2026-06-23\n01,2026-06-24\n,2026-06-24\n02,\n02,soon\n"
        "03,2026-06-24\n04,2026-06-25\n"
    )
    frame = Landing(str(tmp_path)).scan("pipeline_conversions", WEEK)
    result = validate_events(frame, "pipeline_conversions", WEEK, earliest=False)
    assert result.accepted["account_id"].to_list() == ["01", "01", "03", "04"]
    assert result.report.dropped == 1
    assert result.quarantined["reason"].to_list() == [
        "account_id is missing",
        "qualified_at is missing",
        "qualified_at is no date (YYYY-MM-DD, no time of day)",
    ]


def test_revenue_may_lack_its_optional_columns_and_values():
    frame = pl.DataFrame(
        {
            "account_id": ["1", "1", "2"],
            "event_date": ["2026-06-22", "2026-06-22", "2026-06-27"],
            "total_revenue": [10, 10, -5],
            "product": ["sql", None, None],
            "event_count": [1, 2, -2],
        }
    )
    result = validate_events(frame, "revenue_events", WEEK, earliest=False)
    assert result.accepted.schema == EVENT_SOURCES["revenue_events"].polars
    assert result.accepted["product"].to_list() == ["sql", None]
    assert result.quarantined["reason"].to_list() == ["event_count is below 0"]
    assert {p.column for p in result.report.problems} == {
        "event_count",
        "customer_name",
        "business_unit",
        "total_gross_margin",
        "cs_representative",
        "region",
    }


def test_a_full_history_in_every_week_is_refused_with_its_dates():
    frame = conversions(*[dt.date(2026, 1, day) for day in range(1, 10)], dt.date(2026, 6, 25))
    with pytest.raises(
        ContractError, match="column qualified_at holds 9 dates outside 2026-06-22 <= date < 2026-06-29"
    ):
        validate_events(frame, "pipeline_conversions", WEEK, earliest=False)


def test_events_need_their_key_columns_and_a_monday():
    with pytest.raises(ContractError, match=r"qualified_at \(did you mean 'qualified_on'\?\)"):
        validate_events(conversions().rename({"qualified_at": "qualified_on"}), "pipeline_conversions", WEEK, False)
    with pytest.raises(ContractError, match="is a Tuesday"):
        validate_events(conversions(), "pipeline_conversions", dt.date(2026, 6, 30), False)
