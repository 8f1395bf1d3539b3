"""Rows that share an account_id, or repeat each other.

Belongs here: telling identical rows (one is kept) from rows that contradict each other (none is kept).
Does not: taking them out (quarantine.py).
"""

from __future__ import annotations

import polars as pl

from seg_assets.landing.casting import shown
from seg_assets.landing.quarantine import Defect, Week
from seg_assets.landing.schemas import ACCOUNT_ID
from seg_assets.landing.values import failed_to_cast


def duplicates(rows: Week, usable: pl.Series) -> tuple[Defect, pl.Series]:
    """Rows whose account_id is shared by rows that differ, and rows that repeat an earlier one in every column."""
    ids = rows.typed[ACCOUNT_ID]
    disputed = repeated = pl.Series(dtype=pl.UInt32)
    if ids.n_unique() < ids.len():
        shared = (ids.is_duplicated() & ids.is_not_null() & usable).arg_true()
        twice = fingerprint(rows)[shared].with_columns(_row=shared)
        contract = [name for name in twice.columns if name != "_row"]
        first = twice.unique(subset=contract, keep="first")
        conflicts = first.filter(pl.col(ACCOUNT_ID).is_duplicated()).select(pl.col(ACCOUNT_ID).unique())
        disputed = twice.join(conflicts, on=ACCOUNT_ID, how="semi")["_row"]
        repeated = twice.join(conflicts, on=ACCOUNT_ID, how="anti").join(first, on="_row", how="anti")["_row"]
    remedy = "All of them are set aside, because nothing says which is right; land one row an account."
    what = "ids of rows that contradict each other"
    conflicting = Defect((ACCOUNT_ID,), "account_id has rows that differ", what, _marked(ids.len(), disputed), remedy)
    return conflicting, _marked(ids.len(), repeated)


def _marked(height: int, rows: pl.Series) -> pl.Series:
    """Boolean (height,), true at the row numbers in `rows`."""
    return pl.repeat(False, height, dtype=pl.Boolean, eager=True).scatter(rows, True)


def fingerprint(rows: Week) -> pl.DataFrame:
    """The typed rows, and beside them what did not cast, as text: two rows are identical if these are."""
    failed = [
        shown(name, rows.landed.schema[name]).alias(f"landed {name}")
        for name in rows.typed.columns
        if name in rows.landed.columns and failed_to_cast(rows, name).any()
    ]
    return pl.concat([rows.typed, rows.landed.select(failed)], how="horizontal") if failed else rows.typed
