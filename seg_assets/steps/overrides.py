"""Stored overrides as values: the table's rows, and what they change of a week's scores.

Belongs here: reading and appending rows of segment_overrides, and nothing else of them. Does not: which override holds
(segmentation/overrides.py), what scores show of it (segmentation/overridden.py).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.override_schemas import SEGMENT_OVERRIDES
from seg_assets.segmentation import Segmentation
from seg_assets.segmentation.labels import Labels
from seg_assets.segmentation.overridden import patch
from seg_assets.segmentation.overrides import Override, fingerprint, in_force

OVERRIDES_SHOWN = "overrides"
"""Metadata of a scored week: the fingerprint of the overrides that its scores show."""


def read_overrides(lakehouse: Lakehouse) -> list[Override]:
    """Every row so far; none where nobody has set anything."""
    if not lakehouse.exists(SEGMENT_OVERRIDES.name):
        return []
    return [Override(**row) for row in lakehouse.scan(SEGMENT_OVERRIDES.name).collect().to_dicts()]


def append_override(lakehouse: Lakehouse, override: Override) -> None:
    """Record a decision."""
    row = dataclasses.asdict(override)
    lakehouse.append(SEGMENT_OVERRIDES, pl.DataFrame([row], schema=SEGMENT_OVERRIDES.schema))


@dataclass(frozen=True)
class OverridesShown:
    """fingerprint: of all overrides that hold in a week; shown: accounts that are set to a segment, also those that the
    rule puts there too; ended: accounts that were set to a segment that has ended, so that the rule applies.
    """

    fingerprint: str
    shown: int
    ended: int


@dataclass(frozen=True, eq=False)
class WeekOverrides:
    """patch: what is put over the scores of a week; told: what it is."""

    patch: pl.DataFrame
    told: OverridesShown


def week_overrides(
    lakehouse: Lakehouse, week: dt.date, accounts: pl.LazyFrame, segmentation: Segmentation, labels: Labels
) -> WeekOverrides:
    """What the overrides that hold in `week` change. accounts: as `assign` takes them."""
    held = in_force(read_overrides(lakehouse), week)
    changed = patch(accounts, held, segmentation, labels)
    ended = changed["segment_id"].null_count()
    return WeekOverrides(changed, OverridesShown(fingerprint(held), changed.height - ended, ended))


def without_overridden(accounts: pl.LazyFrame, rows: Sequence[Override], weeks: Iterable[dt.date]) -> pl.LazyFrame:
    """`accounts`, rows of account_snapshots of `weeks`, without those that any of `rows` holds for in their week.

    Nobody may learn from them: that their values do not say what they are is why somebody set them.
    """
    held = [(account, week) for week in weeks for account in in_force(rows, week)]
    if not held:
        return accounts
    left_out = pl.LazyFrame(held, {"account_id": pl.String, "snapshot_date": pl.Date}, orient="row")
    return accounts.join(left_out, on=["account_id", "snapshot_date"], how="anti", maintain_order="left")
