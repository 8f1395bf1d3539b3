"""A person's override in a real home: recorded, shown in the week it is about, kept out of training, ended."""

from __future__ import annotations

import datetime as dt
import json

import polars as pl
import pytest
from typer.testing import CliRunner

from seg_assets.catalogs.load import load_catalogue
from seg_assets.cli import app
from seg_assets.segmentation.overrides import SET, Override
from seg_assets.steps.overrides import append_override
from seg_assets.steps.refresh_data import read_refresh_data
from seg_assets_tests.end_to_end.conftest import BEFORE, JULY, JUNE, OPTIONS
from seg_assets_tests.end_to_end.homes import Home, environment

pytestmark = pytest.mark.slow

WHO = ("--by", "Ana", "--reason", "bought by Initech")
UNTIL = ("--until", "2026-12-31")


def seg(home: Home, *arguments: object) -> tuple[int, dict]:
    """(exit code, what was printed as JSON)."""
    with environment({}):
        options = ["--home", home.folder, "--catalog", home.catalogue(), "--json"]
        result = CliRunner().invoke(app, [str(argument) for argument in ("override", *arguments, *options)])
    return result.exit_code, json.loads(result.stdout)


def overridden(home: Home, week: dt.date) -> list[tuple[str, str]]:
    """(account_id, segment_id) of the accounts that people set."""
    shown = home.scores(week).filter(pl.col("override_owner").is_not_null())
    return list(shown.select("account_id", "segment_id").iter_rows())


def test_an_override_is_shown_by_the_next_run_in_its_weeks_alone_and_can_be_ended(home: Home) -> None:
    before = home.files("segment_scores")
    account, rule = home.scores(JULY).filter(~pl.col("held")).select("account_id", "rule_segment_id").row(0)
    to = "SEG-02" if rule != "SEG-02" else "SEG-03"
    code, told = seg(home, "set", account, to, *WHO, *UNTIL)
    assert (code, told["ok"]) == (0, True)
    assert f"Scored weeks show it once they are scored again: {JULY}." in told["told"]
    code, told = seg(home, "set", account, to, *WHO, *UNTIL)
    assert (code, "Nothing is recorded again" in told["told"]) == (0, True)
    assert home.table("segment_overrides").height == 1
    assert home.files("segment_scores") == before

    (home.landing / "triggers").mkdir()
    rows = f"account_id,event,at\n{account},contract_renewed,2026-07-08\n"
    (home.landing / "triggers" / "a.csv").write_text(rows, encoding="utf-8")
    again = home.seg_run(*OPTIONS)
    (rescored,) = again.object["rescored"]
    assert rescored["what"] == f"week {JULY} of segment_scores"
    assert again.object["ok"] and again.runs == [("score", str(JULY)), ("score_triggers", str(JULY))]
    (triggered,) = home.table("triggered_scores").to_dicts()
    assert (triggered["event"], triggered["before_segment_id"], triggered["segment_id"]) == ("contract_renewed", to, to)
    assert overridden(home, JULY) == [(account, to)]
    files = home.files("segment_scores")
    assert [files[week] for week in (BEFORE, JUNE)] == [before[week] for week in (BEFORE, JUNE)]
    assert home.seg_run(*OPTIONS).runs == []

    with environment({}):
        explained = CliRunner().invoke(app, ["explain", account, "--home", str(home.folder)]).stdout
    assert "by Ana until 2026-12-31: bought by Initech" in explained
    assert f"override: set to {to} by Ana" in explained
    assert "OUTDATED" not in explained

    code, told = seg(home, "end", account, "--by", "Ben", "--reason", "over")
    assert (code, told["ok"]) == (0, True)
    assert f"Scored weeks show it once they are scored again: {JULY}." in told["told"]
    assert home.table("segment_overrides").sort("recorded_at")["action"].to_list() == ["set", "end"]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("set", "A000000", "SEG-02", *WHO, *UNTIL), f"account 'A000000' is not among the accounts of week {JULY}"),
        (("end", "A0000020", *WHO), "no override holds for account A0000020"),
    ],
)
def test_what_is_refused_changes_nothing(home: Home, arguments: tuple[str, ...], why: str) -> None:
    code, told = seg(home, *arguments)
    assert (code, told["ok"]) == (2, False)
    assert why in told["told"]
    assert not home.lakehouse.exists("segment_overrides")


def test_overridden_accounts_are_kept_out_of_training_in_the_weeks_that_they_are_set_for(home: Home) -> None:
    catalogue, month = load_catalogue(home.catalogue()), dt.date(2026, 7, 1)
    whole = read_refresh_data(home.lakehouse, catalogue, month)
    assert whole.outcomes is not None
    (labelled, *_) = whole.outcomes.snapshots
    then = whole.outcomes.frame.filter(snapshot_date=labelled).select(pl.col("account_id").min()).collect().item()
    now = whole.snapshot["account_id"].max()
    assert then != now
    at = dt.datetime.now(dt.UTC)
    for account, first, last in ((then, labelled, labelled), (now, JUNE, JUNE)):
        append_override(home.lakehouse, Override(account, SET, "SEG-02", "Ana", "a test", first, last, at))
    data = read_refresh_data(home.lakehouse, catalogue, month)
    assert set(whole.snapshot["account_id"]) - set(data.snapshot["account_id"]) == {now}
    assert data.outcomes is not None
    for before, after in ((whole.outcomes.frame, data.outcomes.frame), (whole.history, data.history)):
        keys = ["account_id", "snapshot_date"]
        gone = before.select(keys).join(after.select(keys), on=keys, how="anti").collect()
        assert gone.rows() == [(then, labelled)]
