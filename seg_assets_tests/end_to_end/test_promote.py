"""A person's promotion and rollback in a real home: audit row, alias, note, and which weeks are scored again."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from typer.testing import CliRunner

from seg_assets.cli import app
from seg_assets.notice_schemas import RELEASE_NOTES
from seg_assets.schemas import SEGMENT_PROFILES
from seg_assets_tests.end_to_end.conftest import BEFORE, JULY, JUNE, OPTIONS
from seg_assets_tests.end_to_end.homes import environment

pytestmark = pytest.mark.slow

WHO = ("--by", "Ana", "--reason", "the mix | of July is wrong")


def seg(home, *arguments):
    """(exit code, what was printed as JSON, what went wrong)."""
    with environment({}):
        options = ["--home", home.folder, "--catalog", home.catalogue(), "--json"]
        result = CliRunner().invoke(app, [str(argument) for argument in (*arguments, *options)])
    return result.exit_code, json.loads(result.stdout)


def decisions(home):
    return home.table("promotions").sort("at").select("service_month", "action", "by", "from_version", "to_version")


def test_every_promotion_of_a_refresh_has_its_note(finished):
    notes = finished.table(RELEASE_NOTES.name).sort("at")
    promoted = finished.table("promotions").filter(action="promote").sort("at")
    assert notes["definition_version"].to_list() == promoted["to_version"].to_list()
    for row in notes.to_dicts():
        page = finished.folder / "reports" / "releases" / f"{row['definition_version']}.md"
        assert f"# Segment definitions {row['definition_version']}" in page.read_text(encoding="utf-8")
        assert sum(one["after"]["accounts"] for one in row["segments"] if one["after"]) == row["accounts"]


def test_a_rollback_moves_the_alias_and_leaves_stored_weeks_until_they_are_scored_again(home):
    before = home.files("segment_scores")
    code, told = seg(home, "rollback", "2026-06.1", "--from", "2026-07", *WHO)
    assert (code, told["ok"]) == (0, True)
    assert f"{JULY} (by 2026-07.1)" in told["told"]
    assert decisions(home).row(-1) == (dt.date(2026, 7, 1), "rollback", "Ana", "2026-07.1", "2026-06.1")
    assert home.champion_model() == 1
    assert home.files("segment_scores") == before
    (row,) = home.table(RELEASE_NOTES.name).filter(action="rollback").to_dicts()
    assert (row["from_version"], row["definition_version"]) == ("2026-07.1", "2026-06.1")
    assert "the mix \\| of July is wrong" in (home.folder / "reports/releases/2026-06.1.md").read_text(encoding="utf-8")

    again = home.seg_run(*OPTIONS)
    assert again.object["ok"]
    (rescored,) = again.object["rescored"]
    assert rescored["what"] == f"week {JULY} of segment_scores"
    assert "by 2026-06.1, which is in force for it now; it was scored by 2026-07.1" in rescored["why"]
    assert home.scores(JULY)["definition_version"].unique().to_list() == ["2026-06.1"]
    profiles = home.table(SEGMENT_PROFILES.name, dt.date(2026, 7, 1))
    assert profiles["definition_version"].unique().to_list() == ["2026-06.1"]
    files = home.files("segment_scores")
    assert [files[week] for week in (BEFORE, JUNE)] == [before[week] for week in (BEFORE, JUNE)]
    assert home.seg_run(*OPTIONS).runs == []


def test_a_decision_that_was_cut_short_is_made_whole_by_taking_it_again(home):
    """Killed after the row: the alias and the note are still those of before."""
    from seg_assets.segmentation.overruling import rolled_back_by
    from seg_assets.steps.models import append_promotion, read_promotions

    fitted = {"2026-06.1": dt.date(2026, 6, 1), "2026-07.1": dt.date(2026, 7, 1)}
    decision = rolled_back_by(
        read_promotions(home.lakehouse),
        fitted,
        definition_version="2026-06.1",
        service_month=dt.date(2026, 7, 1),
        by="Ana",
        reason="wrong mix",
        at=dt.datetime.now(dt.UTC),
    )
    append_promotion(home.lakehouse, decision)
    assert home.champion_model() == 2
    rows = decisions(home).height
    for _ in range(2):
        code, _ = seg(home, "rollback", "2026-06.1", "--from", "2026-07", *WHO)
        assert code == 0
    assert home.champion_model() == 1
    assert decisions(home).height == rows
    assert home.table(RELEASE_NOTES.name).filter(action="rollback").height == 1


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("promote", "2026-09.1", *WHO), "no version '2026-09.1' was fitted; the newest are 2026-06.1, 2026-07.1"),
        (("promote", "2026-07.1", "--by", "Ana", "--reason", " "), "a reason is needed"),
        (("rollback", "2026-06.1", "--from", "2026-09", *WHO), "service month 2026-09 was never refreshed"),
        (("rollback", "2026-06.1", "--from", "July", *WHO), "'July' is not a month: write it as 2026-07"),
        (("rollback", "2026-07.1", "--from", "2026-06", *WHO), "it can serve from 2026-07 on"),
    ],
)
def test_what_cannot_be_decided_is_refused_and_changes_nothing(home, arguments, why):
    before = decisions(home)
    code, told = seg(home, *arguments)
    assert (code, told["ok"]) == (2, False)
    assert why in told["told"]
    assert decisions(home).equals(before)
    assert home.champion_model() == 2
