"""Exported files: whole weeks at once, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from resources.exports import Exports

MONDAY = dt.date(2026, 7, 6)


def frame(*names: str | None) -> pl.DataFrame:
    return pl.DataFrame(
        {"account_id": [f"A{n}" for n in range(len(names))], "name": names}, schema_overrides={"name": pl.String}
    )


def test_a_week_is_replaced_whole(tmp_path: Path) -> None:
    exports = Exports(str(tmp_path))
    exports.replace(MONDAY, {"old.csv": frame("x"), "both.csv": frame("x")})
    folder = exports.replace(MONDAY, {"both.csv": frame("y")})
    assert folder == tmp_path / "2026-07-06"
    assert [path.name for path in folder.iterdir()] == ["both.csv"]
    assert (folder / "both.csv").read_text() == "account_id,name\nA0,y\n"
    assert list(tmp_path.iterdir()) == [folder]


def test_a_write_that_fails_leaves_the_week_as_it_was(tmp_path: Path) -> None:
    exports = Exports(str(tmp_path))
    folder = exports.replace(MONDAY, {"list.csv": frame("x")})
    with pytest.raises(FileNotFoundError):
        exports.replace(MONDAY, {"list.csv": frame("y"), "no/such/folder.csv": frame("y")})
    assert (folder / "list.csv").read_text() == "account_id,name\nA0,x\n"
    assert list(tmp_path.iterdir()) == [folder]


def test_no_cell_begins_as_a_formula(tmp_path: Path) -> None:
    names = [
        '=HYPERLINK("http://x","y")',
        "+49 30",
        "-1",
        "@SUM(1)",
        "\t=1",
        "\r=1",
        "a=b",
        "",
        None,
        'two\nlines, "said"',
    ]
    folder = Exports(str(tmp_path)).replace(MONDAY, {"list.csv": frame(*names)})
    with (folder / "list.csv").open(newline="") as file:
        read = [row["name"] for row in csv.DictReader(file)]
    assert read == [f"'{name}" for name in names[:6] if name] + ["a=b", "", "", 'two\nlines, "said"']
