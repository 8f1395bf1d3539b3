"""The sample data out of time: a year of month-ends, segments at its end, judged on the four months after it.

Belongs here: generating the months, what had matured when, and the split. Does not: the public sets (public.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from benchmarks.quality.hand_rules import hand_rules
from benchmarks.quality.populations import Population
from benchmarks.quality.splits import Split
from seg_assets.catalogs import default_catalogue
from seg_assets.landing import account_snapshot
from seg_assets.sample_data import conversions, snapshot
from seg_assets.segmentation import Outcomes
from seg_assets.segmentation.intent.rows import FAMILY
from seg_assets.segmentation.outcomes import matured_outcomes

NAME = "sample_data"
# No choice of the design was made on this draw.
SEED = 2026
# Month-ends whose 60 days were over when segments were made; months that nothing had seen, each 60 days before the end.
MATURED = tuple(
    dt.date(2025, month, day)
    for month, day in ((1, 27), (2, 24), (3, 31), (4, 28), (5, 26), (6, 30), (7, 28), (8, 25), (9, 29), (10, 27))
)
TRAINED_ON = dt.date(2025, 12, 29)
JUDGED = (dt.date(2026, 1, 26), dt.date(2026, 2, 23), dt.date(2026, 3, 30), dt.date(2026, 4, 27))
LAST_DAY = dt.date(2026, 7, 20)
MASTER = "account_master"


def sample_population(accounts: int, folder: Path, seed: int = SEED) -> Population:
    """`accounts` of them on the sample's last Monday; months are kept in `folder` as Parquet."""

    def splits() -> Iterator[Split]:
        for day in (*MATURED, TRAINED_ON, *JUDGED):
            _write(folder, day, accounts, seed)
        yield _split(folder, accounts, seed)

    return Population(NAME, "late", default_catalogue(), hand_rules(NAME), splits)


def _write(folder: Path, day: dt.date, accounts: int, seed: int) -> None:
    sources = snapshot(day, accounts=accounts, seed=seed)
    master = sources.pop(MASTER)
    rows = account_snapshot(sources, default_catalogue(), day).accepted
    rows = rows.join(master.select("account_id", FAMILY), on="account_id", how="left", maintain_order="left")
    rows.write_parquet(_file(folder, day))


def _file(folder: Path, day: dt.date) -> Path:
    return folder / f"accounts-{day}.parquet"


def _split(folder: Path, accounts: int, seed: int) -> Split:
    catalogue = default_catalogue()
    converted = conversions(None, LAST_DAY, accounts=accounts, seed=seed).lazy()

    def outcomes(days: tuple[dt.date, ...]) -> Outcomes:
        landed = pl.scan_parquet([_file(folder, day) for day in days])
        return matured_outcomes(landed, converted, catalogue, days)

    return Split(pl.read_parquet(_file(folder, TRAINED_ON)), outcomes(MATURED), outcomes(JUDGED).frame.collect())
