"""What the checks of a Monday look at: its accounts, those of the Mondays before, the champion's training snapshot.

Belongs here: reading these, each once. Does not: figures or verdicts.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.catalogs import Catalogue
from seg_assets.steps.models import Champion, read_champion

SNAPSHOTS = "account_snapshots"


@dataclass(frozen=True)
class Week:
    """One Monday of a lakehouse under a catalogue. Its snapshot must have been written."""

    lakehouse: Lakehouse
    catalogue: Catalogue
    monday: dt.date

    @cached_property
    def snapshot(self) -> pl.DataFrame:
        """Its accounts."""
        return self.lakehouse.scan(SNAPSHOTS, [self.monday]).collect()

    @cached_property
    def before(self) -> pl.DataFrame | None:
        """The accounts of the Monday before; None where that has not landed."""
        return self.accounts_of(self.monday - dt.timedelta(weeks=1))

    @cached_property
    def before_that(self) -> pl.DataFrame | None:
        """The accounts of two Mondays before."""
        return self.accounts_of(self.monday - dt.timedelta(weeks=2))

    @cached_property
    def champion(self) -> Champion | None:
        """None before anything was promoted."""
        return read_champion(self.lakehouse, self.monday)

    @cached_property
    def slices(self) -> tuple[str, ...]:
        """The catalogue's slices that stored snapshots have."""
        return tuple(name for name in self.catalogue.slices if name in self.snapshot.columns)

    def accounts_of(self, monday: dt.date) -> pl.DataFrame | None:
        """The accounts of another Monday, with the features of today's catalogue; None where it has not landed.

        A feature that was not in the catalogue then is missing in them.
        """
        if monday not in self.lakehouse.partitions(SNAPSHOTS):
            return None
        return self.lakehouse.scan(SNAPSHOTS, [monday]).collect()

    def value_of(self, accounts: pl.DataFrame) -> float | None:
        """The ARR of `accounts`, rows of a snapshot; None where the catalogue names no value."""
        value = self.catalogue.value_feature
        return None if value is None else float(accounts[value].sum())
