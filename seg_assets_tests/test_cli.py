"""The command says what is wrong with what it was given, and never needs a variable set."""

from __future__ import annotations

import datetime as dt
import json

import pytest
import typer
from typer.testing import CliRunner

from seg_assets import cli
from seg_assets.cli import app, demo_mondays, demo_months


@pytest.fixture
def seg(monkeypatch):
    for name in ("SEG_HOME", "SEG_LANDING", "SEG_CATALOG", "SEG_ENV", "DAGSTER_HOME"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    runner = CliRunner()
    return lambda *arguments: runner.invoke(app, list(map(str, arguments)))


def test_sample_writes_the_mondays_asked_for(seg, tmp_path):
    result = seg("sample", tmp_path, "--accounts", 500, "--mondays", "2026-06-29,2026-07-06", "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert told["mondays"] == ["2026-06-29", "2026-07-06"]
    assert {path.name for path in (tmp_path / "product_usage").iterdir()} == {
        "snapshot_date=2026-06-29",
        "snapshot_date=2026-07-06",
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--mondays", "2026-06-30"), "the Monday of its week is 2026-06-29"),
        (("--mondays", "2026-06-29", "--event", "flood:2026-06-29"), "flood"),
        (("--mondays", "2026-06-29", "--event", "outage"), "outage"),
    ],
)
def test_sample_refuses_what_it_cannot_write(seg, tmp_path, arguments, message):
    result = seg("sample", tmp_path, "--accounts", 500, *arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.output.replace("│", " ").split())


def test_run_on_nothing_says_what_is_expected_and_fails(seg, tmp_path):
    result = seg("run", "--landing", tmp_path / "nothing", "--home", tmp_path / "home")
    assert result.exit_code == 1
    told = " ".join(result.stdout.split())
    assert "no source of catalogue b2b_accounts has landed there" in told
    assert "firmographics" in told


def test_run_with_a_broken_catalogue_names_file_and_line(seg, tmp_path):
    catalogue = tmp_path / "mine.yaml"
    catalogue.write_text("name: mine\ntitel: Mine\n")
    result = seg("run", "--home", tmp_path / "home", "--catalog", catalogue)
    assert result.exit_code == 2
    assert f"{catalogue}:2: titel: unknown field, did you mean 'title'?" in result.output


def test_show_names_a_table_that_is_not_there(seg, tmp_path):
    assert "No tables below" in seg("show", "--home", tmp_path).stdout
    result = seg("show", "segment_scores", "--home", tmp_path)
    assert result.exit_code == 2
    assert "table segment_scores does not exist" in result.output


def test_the_demo_of_three_months_uses_the_months_of_the_contract():
    assert demo_months(3) == [dt.date(2026, 5, 1), dt.date(2026, 6, 1), dt.date(2026, 7, 1)]
    assert list(map(str, demo_mondays(3))) == [
        "2025-10-27",
        "2025-11-24",
        "2025-12-29",
        "2026-01-26",
        "2026-02-23",
        "2026-03-30",
        "2026-04-27",
        "2026-05-25",
        "2026-06-29",
        "2026-07-06",
        "2026-07-13",
        "2026-07-20",
    ]


def test_the_demo_of_one_month_has_history_enough_to_choose_and_judge():
    assert demo_mondays(1)[0] == dt.date(2025, 10, 27)


def test_the_demo_of_all_months_begins_with_the_first_sample_monday():
    assert demo_months(18)[0] == dt.date(2025, 2, 1)
    assert demo_mondays(18)[0] == dt.date(2025, 1, 27)


@pytest.fixture
def demo_settings(monkeypatch):
    """The settings of every demo whose runs were about to begin; none is made."""
    found = []

    def instead(settings, *_):
        found.append(settings)
        raise typer.Exit(0)

    monkeypatch.setattr(cli, "_run", instead)
    return found


def test_the_demo_keeps_to_its_home_whatever_the_environment_says(seg, tmp_path, monkeypatch, demo_settings):
    """It wrote its sample over the landing tables that SEG_LANDING named."""
    monkeypatch.setenv("SEG_LANDING", str(tmp_path / "real"))
    monkeypatch.setenv("SEG_CATALOG", str(tmp_path / "mine.yaml"))
    result = seg("demo", "--accounts", 1000, "--months", 1, "--home", tmp_path / "home")
    assert result.exit_code == 0, result.output
    (settings,) = demo_settings
    assert (settings.landing, settings.catalog) == (str(tmp_path / "home" / "landing"), None)
    assert (tmp_path / "home" / "landing" / "product_usage").is_dir()
    assert not (tmp_path / "real").exists()


def test_a_demo_of_another_size_names_the_command_that_works(seg, tmp_path, monkeypatch, demo_settings):
    monkeypatch.chdir(tmp_path)
    landing = tmp_path / ".seg" / "landing"
    assert seg("sample", landing, "--accounts", 300, "--mondays", "2026-07-20").exit_code == 0
    result = seg("demo", "--accounts", 20_000, "--home", ".seg")
    assert result.exit_code == 2
    assert "accounts 300 (asked for 20000)" in result.output
    assert "make demo ACCOUNTS=20000 HOME_DIR=.seg-20000\n" in result.output
    assert demo_settings == []
