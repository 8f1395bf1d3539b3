"""What the checks of a Monday look at: its accounts, those of the Mondays before, the champion's training snapshot.

Belongs here: where they are read from, as one version of each; a check reads the columns that it asks. Does not:
figures or verdicts.
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
    def snapshot(self) -> pl.LazyFrame:
        """Its accounts."""
        return self.lakehouse.scan(SNAPSHOTS, [self.monday])

    @cached_property
    def columns(self) -> frozenset[str]:
        """What is stored of them."""
        return frozenset(self.snapshot.collect_schema())

    @cached_property
    def accounts(self) -> pl.DataFrame:
        """What tells whom something is about: id, slices and value of each of them."""
        return self.told_of(self.snapshot)

    @cached_property
    def before(self) -> pl.LazyFrame | None:
        """The accounts of the Monday before; None where that has not landed."""
        return self.accounts_of(self.monday - dt.timedelta(weeks=1))

    @cached_property
    def before_that(self) -> pl.LazyFrame | None:
        """The accounts of two Mondays before."""
        return self.accounts_of(self.monday - dt.timedelta(weeks=2))

    @cached_property
    def champion(self) -> Champion | None:
        """None before anything was promoted."""
        return read_champion(self.lakehouse, self.monday)

    @cached_property
    def slices(self) -> tuple[str, ...]:
        """The catalogue's slices that stored snapshots have."""
        return tuple(name for name in self.catalogue.slices if name in self.columns)

    def accounts_of(self, monday: dt.date) -> pl.LazyFrame | None:
        """The accounts of another Monday, with the features of today's catalogue; None where it has not landed.

        A feature that was not in the catalogue then is missing in them.
        """
        if monday not in self.lakehouse.partitions(SNAPSHOTS):
            return None
        return self.lakehouse.scan(SNAPSHOTS, [monday])

    def told_of(self, accounts: pl.LazyFrame) -> pl.DataFrame:
        """Id, slices and value of `accounts`, rows of a snapshot, as far as it has them."""
        there = accounts.collect_schema()
        asked = ["account_id", *self.slices, self.catalogue.value_feature]
        names = list(dict.fromkeys(name for name in asked if name in there))
        return accounts.select(names).collect(engine="streaming")

    def value_of(self, accounts: pl.DataFrame) -> float | None:
        """The ARR of `accounts`, rows of a snapshot; None where the catalogue names no value."""
        value = self.catalogue.value_feature
        return None if value is None else float(accounts[value].sum())
