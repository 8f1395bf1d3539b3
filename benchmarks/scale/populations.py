"""Populations of any size: the accounts of the sample over and over, each copy under ids of its own.

Belongs here: a lakehouse of one week and one model for each size. Does not: the sample (benchmarks/preparing.py),
scoring it (benchmarks/stages).
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from benchmarks.prepared import DATA_MONTH, DEFINITION_VERSION, SERVICE_MONTH, WEEK, Prepared
from resources.lakehouse import Lakehouse
from seg_assets.catalogs import default_catalogue
from seg_assets.schemas import PREPROCESSORS, SEGMENT_MODEL, account_snapshots
from seg_assets.segmentation.promotion import AUTOMATIC, Promotion
from seg_assets.steps.models import append_promotion

SNAPSHOTS = "account_snapshots"


def grown(sample: Prepared, accounts: int) -> Prepared:
    """A lakehouse beside that of `sample` with its model, its preprocessor and `accounts` accounts in its week.

    Values are those of the sample; a copy of an account has its id behind the number of the copy, so that ids stay
    distinct and sorted. Raises ValueError where `sample` has no accounts.
    """
    rows = sample.lakehouse.scan(SNAPSHOTS, [WEEK]).collect()
    if rows.is_empty():
        raise ValueError("the sample has no accounts to copy")
    prepared = Prepared(sample.folder / f"accounts-{accounts}", accounts)
    for table, month in ((SEGMENT_MODEL, SERVICE_MONTH), (PREPROCESSORS, DATA_MONTH)):
        copied = sample.lakehouse.scan(table.name, [month]).collect()
        prepared.lakehouse.replace(table, copied, month)
    _promote(prepared.lakehouse)
    full, rest = divmod(accounts, rows.height)
    copies = [rows.lazy().with_columns(_numbered(copy)) for copy in range(full)]
    copies += [rows.head(rest).lazy().with_columns(_numbered(full))] if rest else []
    prepared.lakehouse.replace(account_snapshots(default_catalogue()), pl.concat(copies), WEEK)
    return prepared


def _numbered(copy: int) -> pl.Expr:
    return pl.format(f"{copy:04d}-{{}}", pl.col("account_id")).alias("account_id")


def _promote(lakehouse: Lakehouse) -> None:
    """Monitoring asks who is champion."""
    at = dt.datetime.combine(SERVICE_MONTH, dt.time(), dt.UTC)
    version = DEFINITION_VERSION
    decision = Promotion(SERVICE_MONTH, version, "promote", AUTOMATIC, at, "to be measured", None, version)
    append_promotion(lakehouse, decision)
