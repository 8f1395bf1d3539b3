"""What became of accounts: the conversions that a refresh may know of.

Belongs here: the shape in which matured outcomes are handed to the science.
Does not: which snapshots have matured, which accounts were eligible (the callers read tables and know the time).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Outcomes:
    """Eligible accounts at matured snapshots, and whether they converted.

    snapshots: account rows as a snapshot has them, of one or several Mondays; converted: Boolean, one a row, no nulls.
    """

    snapshots: pl.DataFrame
    converted: pl.Series

    def __post_init__(self) -> None:
        if self.snapshots.height != len(self.converted):
            raise ValueError(f"{self.snapshots.height} account rows but {len(self.converted)} outcomes")
        if self.converted.dtype != pl.Boolean or self.converted.null_count():
            raise ValueError("outcomes are Boolean without nulls: leave out rows whose outcome is not known")
