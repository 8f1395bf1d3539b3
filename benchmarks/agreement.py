"""Whether two ways of scoring gave the same scores: without that, comparing their speed says nothing.

Belongs here: comparing two frames of scores account by account. Does not: scoring.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

# What a score is; in the others a tie in the last bit of a distance may be broken in two ways.
DECISIVE = ("segment_id", "reasons")


@dataclass(frozen=True)
class Agreement:
    """How many of `accounts` have the same value in both, by column."""

    accounts: int
    same: Mapping[str, int]

    @property
    def decisive(self) -> bool:
        """Whether every account has the same segment for the same reasons."""
        return all(self.same[name] == self.accounts for name in DECISIVE)

    @property
    def complete(self) -> bool:
        """Whether every account has the same value in every column."""
        return all(count == self.accounts for count in self.same.values())

    def __str__(self) -> str:
        """One line for people."""
        if self.complete:
            return f"the same in all {len(self.same)} columns for all {self.accounts:,} accounts"
        apart = [f"{name} {self.accounts - count:,}" for name, count in self.same.items() if count < self.accounts]
        return f"the same for {self.accounts:,} accounts, but for {', '.join(apart)}"


def agreement(scores: pl.DataFrame, others: pl.DataFrame) -> Agreement:
    """Compare two frames of the same columns; null equals null.

    Raises ValueError where columns, types or accounts are not the same ones, or an account is there twice.
    """
    if scores.schema != others.schema:
        raise ValueError(f"not the same columns: {dict(scores.schema)} and {dict(others.schema)}")
    one, other = scores.sort("account_id"), others.sort("account_id")
    if not one["account_id"].equals(other["account_id"]) or not one["account_id"].is_unique().all():
        raise ValueError(f"not the same accounts, each once: {one.height:,} rows and {other.height:,} rows")
    names = [name for name in one.columns if name != "account_id"]
    return Agreement(one.height, {name: int(one[name].eq_missing(other[name]).sum()) for name in names})
