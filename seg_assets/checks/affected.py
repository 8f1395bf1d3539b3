"""The accounts that a failed check names by their ids: their ARR, and the slices that most of them are in.

Belongs here: looking them up in the newest snapshot that is stored. Does not: finding them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.catalogs import Catalogue
from seg_assets.checks.week import SNAPSHOTS
from seg_assets.segmentation.monitoring.causes import SliceShare, likely_causes

FEWEST = 20
"""Of fewer accounts no slice is named: by chance alone three accounts may be all of one region."""


@dataclass(frozen=True)
class Affected:
    """accounts: how many ids; arr: theirs, None where not known; causes: slices that hold more than their part."""

    accounts: int
    arr: float | None
    causes: tuple[str, ...]


def affected(lakehouse: Lakehouse, catalogue: Catalogue, ids: pl.Series, monday: dt.date) -> Affected:
    """What is known of the accounts `ids`, by the newest snapshot up to `monday`; nulls and repeats do not count.

    That snapshot may not have all of them: its ARR is then that of those it has, and not known where it has none.
    """
    wanted = ids.drop_nulls().unique()
    stored = [week for week in lakehouse.partitions(SNAPSHOTS) if week <= monday]
    if not stored:
        return Affected(len(wanted), None, ())
    accounts = lakehouse.scan(SNAPSHOTS, [max(stored)])
    there = set(accounts.collect_schema().names())
    slices = [name for name in catalogue.slices if name in there]
    value = catalogue.value_feature if catalogue.value_feature in there else None
    columns = list(dict.fromkeys(["account_id", *slices, *([value] if value else [])]))
    every = accounts.select(columns).collect()
    found = every.filter(pl.col("account_id").is_in(wanted.implode()))
    arr = float(found[value].sum()) if value and found.height else None
    return Affected(len(wanted), arr, _causes(every, found, slices) if found.height >= FEWEST else ())


def _causes(every: pl.DataFrame, found: pl.DataFrame, slices: list[str]) -> tuple[str, ...]:
    shares = []
    for key in slices:
        sizes = dict(every.group_by(key).len().drop_nulls().iter_rows())
        for level, number in found.group_by(key).len().drop_nulls().sort(key).iter_rows():
            shares.append(SliceShare(key, level, number / found.height, sizes[level] / every.height))
    return likely_causes((), {}, shares)[:2]
