"""The sample on disk: partitions as the contract says, repeatable, refused where another sample lies."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from seg_assets.sample_data import (
    SNAPSHOT_SOURCES,
    Event,
    FolderTaken,
    conversions,
    revenue_events,
    snapshot,
    write_landing,
)

FIRST, LAST = date(2026, 6, 1), date(2026, 6, 29)
ACCOUNTS = 300


def landed(out: Path, source: str) -> list[str]:
    return sorted(folder.name.removeprefix("snapshot_date=") for folder in (out / source).iterdir())


def read(out: Path, source: str, monday: date) -> pl.DataFrame:
    return pl.read_parquet(out / source / f"snapshot_date={monday}" / "part-0.parquet", hive_partitioning=False)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    write_landing(tmp_path / "landing", accounts=ACCOUNTS, mondays=[LAST, FIRST])
    return tmp_path / "landing"


def test_snapshot_sources_get_a_partition_for_each_monday_asked(out: Path):
    for source in SNAPSHOT_SOURCES:
        assert landed(out, source) == ["2026-06-01", "2026-06-29"]
        assert read(out, source, LAST).equals(snapshot(LAST, accounts=ACCOUNTS, seed=7)[source])


def test_event_sources_get_a_partition_for_every_monday_between(out: Path):
    for source, rows_of, day in (
        ("pipeline_conversions", conversions, "qualified_at"),
        ("revenue_events", revenue_events, "event_date"),
    ):
        weeks = [FIRST + timedelta(7 * number) for number in range(5)]
        assert landed(out, source) == [week.isoformat() for week in weeks]
        parts = [read(out, source, week) for week in weeks]
        assert parts[0][day].max() < FIRST
        assert parts[0].height > 3 * parts[1].height
        for week, part in zip(weeks[1:], parts[1:], strict=True):
            assert part["snapshot_date"].unique().to_list() in ([week], [])
            assert part.filter(~pl.col(day).is_between(week - timedelta(7), week, closed="left")).is_empty()
            assert part.drop("snapshot_date").is_unique().all()
        assert sum(part.height for part in parts) == rows_of(None, LAST, accounts=ACCOUNTS, seed=7).height


def test_nothing_half_written_is_left(out: Path):
    assert [path for path in out.rglob("*") if path.name.endswith(".half")] == []


def test_a_second_call_skips_what_is_there(out: Path):
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")}
    said: list[str] = []
    summary = write_landing(out, accounts=ACCOUNTS, mondays=[FIRST, LAST], progress=said.append)
    assert summary.written == ()
    assert summary.skipped == (FIRST, LAST)
    assert summary.partitions == {}
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")} == before
    assert "2026-06-01: there already" in said


def test_a_later_monday_adds_weeks_and_an_earlier_one_moves_the_history(out: Path):
    write_landing(out, accounts=ACCOUNTS, mondays=[date(2026, 5, 18), date(2026, 7, 6)])
    weeks = landed(out, "pipeline_conversions")
    assert (weeks[0], weeks[-1], len(weeks)) == ("2026-05-18", "2026-07-06", 8)
    assert read(out, "pipeline_conversions", FIRST)["qualified_at"].min() >= FIRST - timedelta(7)


def test_an_event_rewrites_only_the_mondays_that_it_touches(out: Path):
    summary = write_landing(out, accounts=ACCOUNTS, mondays=[FIRST, LAST], events=[Event("late_source", LAST)])
    assert summary.written == (LAST,)
    assert landed(out, "marketing_engagement") == ["2026-06-01"]
    assert json.loads((out / "_sample.json").read_text())["mondays"]["2026-06-29"] == ["late_source:2026-06-29"]
    write_landing(out, accounts=ACCOUNTS, mondays=[FIRST, LAST])
    assert landed(out, "marketing_engagement") == ["2026-06-01", "2026-06-29"]


@pytest.mark.parametrize("change", [{"accounts": 400}, {"seed": 8}, {"format": "csv"}])
def test_a_folder_with_another_sample_is_refused_with_the_remedy(out: Path, change: dict[str, object]):
    arguments: dict[str, object] = {"accounts": ACCOUNTS, "mondays": [LAST], **change}
    with pytest.raises(ValueError, match=f"{next(iter(change))} .*choose another folder, or delete this one"):
        write_landing(out, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "table",
    [
        "product_usage/snapshot_date=2026-06-29",
        "revenue_events",
        "orders/snapshot_date=2026-06-29",
        "orders/_delta_log",
    ],
)
def test_tables_that_are_no_sample_are_never_written_to(tmp_path: Path, table: str):
    """A real landing folder given to `seg sample` by mistake had its newest week overwritten."""
    (tmp_path / table).mkdir(parents=True)
    (tmp_path / table / "part-0.parquet").write_bytes(b"real")
    before = {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob("*")}
    with pytest.raises(FolderTaken, match=f"{tmp_path} holds tables that are not sample data: choose another folder"):
        write_landing(tmp_path, accounts=ACCOUNTS, mondays=[LAST])
    assert {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob("*")} == before


def test_a_call_that_was_killed_in_its_first_monday_can_be_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(pl.DataFrame, "write_parquet", killed)
        write_landing(tmp_path, accounts=ACCOUNTS, mondays=[LAST])
    assert write_landing(tmp_path, accounts=ACCOUNTS, mondays=[LAST]).written == (LAST,)


def test_mondays_are_asked_for_by_name(tmp_path: Path):
    with pytest.raises(ValueError, match="mondays is empty"):
        write_landing(tmp_path, accounts=ACCOUNTS, mondays=[])
    with pytest.raises(ValueError, match="is a Sunday"):
        write_landing(tmp_path, accounts=ACCOUNTS, mondays=[date(2026, 6, 28)])


def test_csv_has_the_same_rows(tmp_path: Path):
    write_landing(tmp_path, accounts=ACCOUNTS, mondays=[LAST], format="csv")
    folder = tmp_path / "account_value" / "snapshot_date=2026-06-29"
    frame = pl.read_csv(folder / "part-0.csv", try_parse_dates=True, infer_schema_length=None)
    expected = snapshot(LAST, accounts=ACCOUNTS, seed=7)["account_value"]
    assert frame.select(expected.columns).cast(dict(expected.schema)).equals(expected)


def test_delta_partitions_are_replaced_one_by_one(tmp_path: Path):
    write_landing(tmp_path, accounts=ACCOUNTS, mondays=[FIRST, LAST], format="delta")
    write_landing(tmp_path, accounts=ACCOUNTS, mondays=[LAST], format="delta", events=[Event("price_change", LAST)])
    table = pl.read_delta(str(tmp_path / "account_value"))
    assert set(table["snapshot_date"]) == {FIRST, LAST}
    calm = snapshot(LAST, accounts=ACCOUNTS, seed=7)["account_value"]
    now = table.filter(pl.col("snapshot_date") == LAST)
    assert now.height == calm.height
    assert now["contract_value"].sum() > 1.1 * calm["contract_value"].sum()
