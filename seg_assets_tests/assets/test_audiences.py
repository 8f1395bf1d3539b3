"""Lists through the real asset: the table and the files that people take away."""

from __future__ import annotations

import csv
import datetime as dt
import shutil
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from seg_assets.assets.audiences import build_audiences
from seg_assets.campaign_schemas import EXPERIMENT_ARMS
from seg_assets_tests.assets.scored_home import CATALOGUE, PARTITIONS, WEEKS, ScoredHome, why_failed

EXPORT = build_audiences(CATALOGUE, PARTITIONS)
FIRST = "A0000000"
HEADER = ["account_id", "account_name", "status", "email", "ads", "sales", "arms", "reason"]


@pytest.fixture
def home(scored_folder: Path, tmp_path: Path) -> ScoredHome:
    shutil.copytree(scored_folder, tmp_path / "home")
    return ScoredHome(tmp_path / "home")


def files(home: ScoredHome, week: dt.date) -> dict[str, list[dict[str, str]]]:
    found = {}
    for path in sorted((home.home / "exports" / str(week)).iterdir()):
        with path.open(newline="") as file:
            found[path.name] = list(csv.DictReader(file))
    return found


def exported(home: ScoredHome, week: dt.date) -> pl.DataFrame:
    return home.lakehouse.scan("audience_export", [week]).collect()


def hold_out(home: ScoredHome, account: str, week: dt.date) -> None:
    row = {
        "account_id": account,
        "family": account,
        "stratum": "all",
        "arm": "holdout",
        "holdout": True,
        "assigned_on": week,
        "experiment": "nurture",
    }
    home.lakehouse.append(EXPERIMENT_ARMS, pl.DataFrame([row], schema=EXPERIMENT_ARMS.schema))


def test_each_segment_and_label_is_a_file_of_its_accounts(home: ScoredHome) -> None:
    home.land_master(WEEKS[0])
    result = home.materialize(EXPORT, WEEKS[0])
    assert result.success
    scores = home.accounts(WEEKS[0])
    found = files(home, WEEKS[0])
    assert set(found) == {f"segment_{one}.csv" for one in scores["segment_id"].unique()} | {"label_new_trial.csv"}
    assert list(found["label_new_trial.csv"][0]) == HEADER
    assert found["label_new_trial.csv"] == [
        dict(zip(HEADER, [FIRST, f"{FIRST} Ltd", "entered", "yes", "yes", "yes", "", ""], strict=True))
    ]
    assert sum(map(len, found.values())) == scores.height + 1
    (made,) = result.asset_materializations_for_node("audience_export")
    assert made.metadata["compared_with"].value == "nothing: everyone enters"
    assert "| label | new_trial | new trial | 1 | 0 | 0 | 0 |" in made.metadata["lists_table"].value
    assert made.metadata["folder"].value == str(home.home / "exports" / str(WEEKS[0]))


def test_the_next_week_tells_who_stayed_and_entered(home: ScoredHome) -> None:
    for week in WEEKS[:2]:
        home.land_master(week)
        assert home.materialize(EXPORT, week).success
    counts = dict(exported(home, WEEKS[1]).filter(pl.col("kind") == "segment")["status"].value_counts().iter_rows())
    assert counts == {"stayed": 3_000, "entered": 10}


def test_a_week_exported_again_is_the_same(home: ScoredHome) -> None:
    for week in WEEKS[:2]:
        home.land_master(week)
    home.materialize(EXPORT, WEEKS[1])
    rows, before = exported(home, WEEKS[1]), files(home, WEEKS[1])
    home.materialize(EXPORT, WEEKS[1])
    assert exported(home, WEEKS[1]).equals(rows)
    assert files(home, WEEKS[1]) == before


def test_suppressed_and_held_out_accounts_are_told_to_leave_and_then_not_told_of(home: ScoredHome) -> None:
    for week in WEEKS[:2]:
        home.land_master(week, family=1)
    (home.home / "suppressed.csv").write_text("account_id,reason\nA0000001,complaint\n")
    hold_out(home, "A0000002", WEEKS[1])
    hold_out(home, "A0000003", WEEKS[0])
    home.materialize(EXPORT, WEEKS[1])
    told = {row["account_id"]: row for rows in files(home, WEEKS[1]).values() for row in rows}
    assert (told["A0000001"]["status"], told["A0000001"]["reason"]) == ("left", "suppressed: complaint")
    assert (told["A0000002"]["status"], told["A0000002"]["reason"]) == ("left", "hold-out")
    assert told["A0000001"]["email"] == told["A0000002"]["ads"] == "no"
    assert "A0000003" not in told
    marked = exported(home, WEEKS[1]).filter("holdout")
    assert set(marked["account_id"]) == {"A0000002", "A0000003"}
    assert not marked.select(pl.any_horizontal("email", "ads", "sales")).to_series().any()


def test_no_account_master_ever_leaves_every_list_empty(home: ScoredHome) -> None:
    result = home.materialize(EXPORT, WEEKS[0])
    assert result.success
    assert all(not rows for rows in files(home, WEEKS[0]).values())
    (made,) = result.asset_materializations_for_node("audience_export")
    assert "consent not known | 3000" in made.metadata["withheld_table"].value


def test_consents_that_are_late_stop_the_export(home: ScoredHome) -> None:
    """Last week's consents would export an account that has withdrawn since; none at all would empty every list."""
    home.land_master(WEEKS[0])
    told = why_failed(home.materialize(EXPORT, WEEKS[1]))
    assert "raw/account_master has no week 2026-07-13, but earlier ones" in told
    assert not (home.home / "exports").exists()


def test_a_gap_in_the_past_is_passed_over(home: ScoredHome) -> None:
    home.land_master(WEEKS[0])
    home.land_master(WEEKS[2])
    result = home.materialize(EXPORT, WEEKS[2])
    assert result.success
    (made,) = result.asset_materializations_for_node("audience_export")
    assert made.metadata["compared_with"].value == str(WEEKS[0])


def test_an_unusable_suppression_list_stops_the_export(home: ScoredHome) -> None:
    home.land_master(WEEKS[0])
    (home.home / "suppressed.csv").write_text("account;reason\nA1;x\n")
    assert "suppressed.csv:1: no column account_id" in why_failed(home.materialize(EXPORT, WEEKS[0]))
    assert not home.lakehouse.exists("audience_export")


def test_a_name_that_is_a_formula_is_text_in_the_file_and_itself_in_the_table(home: ScoredHome) -> None:
    home.land_master(WEEKS[0], account_name=pl.lit("=1+1"))
    home.materialize(EXPORT, WEEKS[0])
    assert files(home, WEEKS[0])["label_new_trial.csv"][0]["account_name"] == "'=1+1"
    assert exported(home, WEEKS[0])["account_name"].unique().to_list() == ["=1+1"]


def test_a_week_that_is_not_scored_is_named(home: ScoredHome) -> None:
    result: dg.ExecuteInProcessResult = home.materialize(EXPORT, dt.date(2026, 6, 29))
    assert "week 2026-06-29 is not scored" in why_failed(result)
