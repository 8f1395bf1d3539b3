"""A planted new kind of account through the whole graph: born, promoted and reported, while all others live on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from seg_assets.catalogs.load import DEFAULT_PATH
from seg_assets.cli import app
from seg_assets_tests.end_to_end.homes import FEW_ACCOUNTS, Home, Told

pytestmark = pytest.mark.slow

MONDAYS = "2026-01-26,2026-02-23,2026-03-30,2026-04-27,2026-06-29"
MAY_MODEL, JULY_MODEL = dt.date(2026, 5, 1), dt.date(2026, 7, 1)
# All as it is there for few accounts, but for the gate that stopped births: each segment has to come back.
GATES = "\n".join(line for line in FEW_ACCOUNTS.splitlines() if "jaccard" not in line)


@pytest.fixture(scope="module")
def born(tmp_path_factory: pytest.TempPathFactory, new_home: Callable[[Path], Home]) -> tuple[Home, Told]:
    """8,000 accounts of the sample, joined in June by a tenth of a kind that nobody had seen."""
    home = new_home(tmp_path_factory.mktemp("born"))
    sample = ["--accounts", "8000", "--seed", "99", "--mondays", MONDAYS, "--event", "new_kind:2026-06-29"]
    made = CliRunner().invoke(app, ["sample", str(home.landing), *sample])
    assert made.exit_code == 0, made.output
    text = DEFAULT_PATH.read_text(encoding="utf-8")
    text = text.replace("  segments: 8\n", "  segments: 8\n  fewest_segments: 8\n  most_segments: 9\n")
    catalogue = home.catalogue().with_name("births.yaml")
    catalogue.write_text(f"{text}{GATES}\n", encoding="utf-8")
    return home, home.seg_run("--months", "2026-05,2026-07", "--weeks", "2026-06-29", catalogue=catalogue)


def test_the_refresh_with_the_birth_is_promoted(born: tuple[Home, Told]) -> None:
    home, told = born
    assert told.exit_code == 0
    july = home.table("promotions").filter(pl.col("service_month") == JULY_MODEL)
    assert july["action"].to_list() == ["promote"], july["reason"]
    (chosen,) = home.table("segment_count_report", JULY_MODEL).filter("chosen").to_dicts()
    assert chosen["k"] == 9
    assert "A new kind of account has come since the refresh before" in chosen["sentence"]
    assert min(segment["jaccard"] for segment in chosen["segments"]) >= 0.60


def test_segment_events_tell_one_birth_and_that_all_others_survived(born: tuple[Home, Told]) -> None:
    home, _ = born
    profiles = {month: set(home.table("segment_profiles", month)["segment_id"]) for month in (MAY_MODEL, JULY_MODEL)}
    (new_id,) = profiles[JULY_MODEL] - profiles[MAY_MODEL]
    assert profiles[MAY_MODEL] < profiles[JULY_MODEL]
    events = home.table("segment_events", JULY_MODEL)
    assert events["event"].value_counts().sort("event").rows() == [("born", 1), ("survived", 8)]
    (birth,) = events.filter(pl.col("event") == "born").to_dicts()
    assert birth["to_segment_ids"] == [new_id]
