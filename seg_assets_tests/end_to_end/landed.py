"""Landing tables written by hand from the landing contract, in each of its three formats.

Belongs here: accounts of the sample population, and putting frames where the contract says they lie.
Does not: the project's own writer of sample data; that a stranger's files work is what the tests are about.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import polars as pl

from seg_assets.calendar import mondays
from seg_assets.sample_data import conversions, snapshot

ACCOUNTS = 3_000
SEED = 11
WEEK = dt.timedelta(days=7)

Format = Literal["csv", "parquet", "delta"]
Frames = Mapping[str, pl.DataFrame]


def accounts_of(week: dt.date) -> dict[str, pl.DataFrame]:
    """One frame a source of the default catalogue, as of that Monday."""
    frames = snapshot(week, accounts=ACCOUNTS, seed=SEED)
    return {source: frame for source, frame in frames.items() if source != "account_master"}


def conversions_of(first: dt.date, last: dt.date) -> dict[dt.date, pl.DataFrame]:
    """Conversions by week: those of the seven days before each Monday, all history in the first."""
    weeks = mondays(first, last)
    return {
        week: conversions(None if week == first else week - WEEK, week, accounts=ACCOUNTS, seed=SEED) for week in weeks
    }


def land(landing: Path, week: dt.date, frames: Frames, form: Format = "parquet") -> None:
    """Put each frame into the table of its source, in the place of what lies there for that Monday."""
    for source, frame in frames.items():
        if form == "delta":
            _land_delta(landing / source, week, frame)
            continue
        folder = landing / source / f"snapshot_date={week}"
        folder.mkdir(parents=True, exist_ok=True)
        # A folder of files does not repeat the date in them; half of the tables in the wild do, half do not.
        body = frame.drop("snapshot_date", strict=False)
        if form == "csv":
            body.write_csv(folder / "export.csv")
        else:
            body.write_parquet(folder / "part-0.parquet")


def land_population(landing: Path, weeks: Iterable[dt.date], form: Format = "parquet") -> None:
    """The five sources at each of `weeks`, and the conversions of every week from the first to the last of them."""
    weeks = sorted(weeks)
    for week in weeks:
        land(landing, week, accounts_of(week), form)
    for week, frame in conversions_of(weeks[0], weeks[-1]).items():
        land(landing, week, {"pipeline_conversions": frame}, form)


def _land_delta(table: Path, week: dt.date, frame: pl.DataFrame) -> None:
    table.mkdir(parents=True, exist_ok=True)
    dated = frame.drop("snapshot_date", strict=False).with_columns(pl.lit(week).alias("snapshot_date"))
    options: dict[str, object] = {"partition_by": ["snapshot_date"]}
    if (table / "_delta_log").exists():
        options["predicate"] = f"snapshot_date = '{week}'"
    dated.write_delta(str(table), mode="overwrite", delta_write_options=options)
