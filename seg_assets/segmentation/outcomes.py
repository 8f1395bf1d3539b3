"""What became of accounts: which eligible ones converted after a snapshot.

Belongs here: the shape in which matured outcomes are handed to the science, and joining accounts with conversions.
Does not: which snapshots have matured (calendar.py), reading tables (steps/refresh_data.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from seg_assets.catalogs import Catalogue

CONVERTED = "converted"


@dataclass(frozen=True)
class Outcomes:
    """Eligible accounts at matured snapshots, and whether each converted within the horizon.

    frame: account rows as a snapshot has them, of one or several Mondays, with a Boolean `converted` without nulls;
    lazy, since a year and a half of month-ends outgrows memory. snapshots: those Mondays; empty where the outcome
    landed with the accounts.
    """

    frame: pl.LazyFrame
    snapshots: tuple[dt.date, ...] = ()


def matured_outcomes(
    accounts: pl.LazyFrame, conversions: pl.LazyFrame, catalogue: Catalogue, snapshots: Sequence[dt.date]
) -> Outcomes:
    """Outcomes of the accounts at `snapshots`, which the caller knows to have matured.

    accounts: account snapshots, a row an account and Monday. conversions: account_id, qualified_at (Date). A
    conversion counts for snapshot S when S < qualified_at <= S + horizon; several of one account count once.
    """
    horizon = dt.timedelta(days=catalogue.objective.horizon_days)
    parts = []
    for snapshot in snapshots:
        converted = (
            conversions.filter(pl.col("qualified_at") > snapshot, pl.col("qualified_at") <= snapshot + horizon)
            .select("account_id", pl.lit(True).alias(CONVERTED))
            .unique()
        )
        parts.append(
            _eligible(accounts.filter(pl.col("snapshot_date") == snapshot), catalogue)
            .join(converted, on="account_id", how="left")
            .with_columns(pl.col(CONVERTED).fill_null(False))
        )
    return Outcomes(pl.concat(parts), tuple(snapshots))


def given_outcomes(accounts: pl.LazyFrame, catalogue: Catalogue) -> Outcomes:
    """Outcomes that landed with the accounts, in the catalogue's `outcome_column`; null is unknown and left out.

    Raises ValueError where the catalogue names none.
    """
    if catalogue.outcome_column is None:
        raise ValueError(f"catalogue {catalogue.name} has no outcome_column")
    known = _eligible(accounts, catalogue).filter(pl.col(catalogue.outcome_column).is_not_null())
    return Outcomes(known.with_columns(pl.col(catalogue.outcome_column).alias(CONVERTED)))


def _eligible(accounts: pl.LazyFrame, catalogue: Catalogue) -> pl.LazyFrame:
    """Accounts that could still convert: those without an open or won opportunity."""
    if catalogue.open_opportunity is None:
        return accounts
    return accounts.filter(~pl.sql_expr(catalogue.open_opportunity).fill_null(False))
