"""`seg explain` on a real home: the same texts as the scores, causes that hold, and nothing written."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from seg_assets.cli import app
from seg_assets_tests.end_to_end.conftest import BEFORE, JULY, JUNE
from seg_assets_tests.end_to_end.homes import environment

pytestmark = pytest.mark.slow

AS_STORED = ("segment_id", "segment_name", "rule_segment_id", "held", "reasons", "confidence", "definition_version")


@pytest.fixture
def seg_explain(finished):
    def call(*arguments: object):
        with environment({}):
            return CliRunner().invoke(app, ["explain", *map(str, arguments), "--home", str(finished.folder)])

    return call


@pytest.fixture(scope="module")
def moved(finished) -> pl.DataFrame:
    """Accounts that were in three weeks and in two segments or more, with their segments in order of weeks."""
    weekly = pl.concat(finished.scores(week) for week in (BEFORE, JUNE, JULY))
    grouped = weekly.sort("snapshot_date").group_by("account_id").agg("segment_id").sort("account_id")
    segments = pl.col("segment_id").list
    return grouped.filter(segments.len() == 3, segments.n_unique() > 1)


def test_the_conditions_are_the_reasons_of_the_scores(finished, seg_explain):
    for row in finished.scores(JULY)[::600].iter_rows(named=True):
        told = json.loads(seg_explain(row["account_id"], "--json").stdout)
        assert told["ok"]
        assert row["held"] or [met["text"] for met in told["conditions"]] == row["reasons"]
        assert {name: told[name] for name in AS_STORED} == {name: row[name] for name in AS_STORED}
        near = told["nearest"]
        second = near["segment_id"] if near["weeks_of_noise"] is not None else None
        assert (told["rule_segment_id"] if row["held"] else second) == row["second_segment_id"]
        assert told["outdated"] is None


def test_the_history_leads_through_the_weeks_as_they_were_scored(moved, seg_explain):
    assert moved.height > 4
    for account, segments in moved.head(4).iter_rows():
        history = json.loads(seg_explain(account, "--json").stdout)["history"]
        assert [week["week"] for week in history] == [str(JULY), str(JUNE), str(BEFORE)]
        assert [week["segment_id"] for week in history] == segments[::-1]
        assert [week["before_first_model"] for week in history] == [False, False, True]
        for week, before in pairwise(history):
            steps = [(cause["from_segment_id"], cause["to_segment_id"]) for cause in week["causes"]]
            if week["segment_id"] != before["segment_id"]:
                assert (steps[0][0], steps[-1][1]) == (before["segment_id"], week["segment_id"])
                kinds = {cause["kind"] for cause in week["causes"]}
                assert kinds <= {"behaviour", "held", *(["definition"] if week["week"] == str(JULY) else [])}


def test_the_text_says_segment_conditions_and_what_confidence_is_not(finished, seg_explain):
    row = finished.scores(JULY).row(0, named=True)
    result = seg_explain(row["account_id"])
    assert result.exit_code == 0
    assert f"{row['segment_id']}  {row['segment_name']}" in result.stdout
    assert all(reason in result.stdout for reason in row["reasons"])
    assert "the probability of the same segment at the next scoring, not of conversion" in result.stdout
    assert f"{BEFORE}  " in result.stdout
    assert "before the first model" in result.stdout
    shorter = seg_explain(row["account_id"], "--week", JUNE, "--history", 1).stdout
    assert f"week {JUNE}, definitions 2026-06.1" in shorter
    assert str(BEFORE) not in shorter


def test_an_unknown_account_fails_with_what_is_there(finished, seg_explain):
    first = finished.scores(JULY)["account_id"][0]
    result = seg_explain(f"{first}9")
    assert result.exit_code == 2
    assert f"the newest week, {JULY}, holds {finished.scores(JULY).height:,} accounts" in result.stderr
    told = json.loads(seg_explain(f"{first}9", "--json").stdout)
    assert (told["ok"], told["home"]) == (False, str(finished.folder))
    assert first in told["error"]


def test_explaining_writes_nothing(finished, seg_explain):
    def files() -> set[Path]:
        return {path for path in finished.folder.rglob("*") if path.is_file()}

    before = files()
    seg_explain(finished.scores(JULY)["account_id"][0])
    assert files() == before
