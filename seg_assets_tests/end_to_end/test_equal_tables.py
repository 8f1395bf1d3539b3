"""Tables are only called equal where every row is."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from seg_assets_tests.end_to_end.equal_tables import differences

ROWS = pl.DataFrame(
    {
        "snapshot_date": ["2026-06-29", "2026-06-29", "2026-07-06"],
        "value": [1.0, float("nan"), None],
        "why": [["a"]] * 3,
    }
)


def write(folder: Path, rows: pl.DataFrame, name: str = "scores") -> Path:
    options = {"partition_by": ["snapshot_date"]}
    rows.write_delta(str(folder / name), mode="overwrite", delta_write_options=options)
    return folder


@pytest.fixture
def one(tmp_path: Path) -> Path:
    return write(tmp_path / "one", ROWS)


def test_the_order_of_rows_and_replaced_files_are_no_difference(one, tmp_path):
    other = write(write(tmp_path / "other", ROWS.head(1)), ROWS.reverse())
    assert differences(one, other) == []


@pytest.mark.parametrize(
    "changed",
    [ROWS.head(2), pl.concat([ROWS, ROWS.head(1)]), ROWS.with_columns(pl.col("value").fill_null(1.0))],
    ids=["a row less", "a row twice", "a null filled"],
)
def test_every_other_row_is_a_difference(one, tmp_path, changed):
    (found,) = differences(one, write(tmp_path / "other", changed))
    assert found.startswith("scores: ")


def test_columns_and_tables_of_one_side_are_named(one, tmp_path):
    other = write(write(tmp_path / "other", ROWS.with_columns(more=1)), ROWS, "raw/more")
    assert differences(one, other) == ["raw/more: only below one of the two", "scores: columns [('more', 'INTEGER')]"]
    assert differences(one, write(tmp_path / "third", ROWS.with_columns(pl.col("value").cast(pl.Int64, strict=False))))


def test_a_clock_is_not_compared(tmp_path):
    homes = []
    for number in (1, 2):
        homes.append(tmp_path / str(number))
        pl.DataFrame({"source": ["a"], "read_at": [number]}).write_delta(str(homes[-1] / "landings"))
    assert differences(*homes) == []
