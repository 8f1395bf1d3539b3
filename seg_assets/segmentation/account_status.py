"""Which accounts are in business, and whose they are: what the tiers ask about accounts.

Belongs here: account_master where it has landed, else the catalogue's `active_when`, as one frame.
Does not: customers' figures (sql/tiers.py).
"""

from __future__ import annotations

import polars as pl

from seg_assets.catalogs import Catalogue


def account_status(snapshot: pl.DataFrame, master: pl.DataFrame | None, catalogue: Catalogue) -> pl.DataFrame:
    """account_id, active (Boolean, never null), parent_customer (String), told_by of all accounts known.

    snapshot: accounts with the catalogue's features. master: the rows of account_master of that Monday, if it landed;
    it may know further accounts, and the same one twice. Where it says no status, `active_when` decides, and where the
    catalogue has none every account is active; `told_by` says which: account_master, active_when or nothing. The
    parent's customer is the name of the parent account, or its id where it has none; an account without parent is its
    own.
    """
    asked = catalogue.active_when
    condition = pl.lit(None, pl.Boolean) if asked is None else pl.sql_expr(asked).fill_null(False)
    known = snapshot.select("account_id", condition.alias("by_condition"))
    if master is None:
        known = known.with_columns(pl.lit(None, pl.Boolean).alias("by_master"), parent_customer=pl.col("account_id"))
    else:
        known = known.join(_by_master(master), "account_id", "full", coalesce=True)
    told_by = (
        pl.when(pl.col("by_master").is_not_null())
        .then(pl.lit("account_master"))
        .when(pl.col("by_condition").is_not_null())
        .then(pl.lit("active_when"))
        .otherwise(pl.lit("nothing"))
    )
    return known.select(
        "account_id",
        pl.coalesce("by_master", "by_condition", pl.lit(True)).alias("active"),
        pl.coalesce("parent_customer", "account_id").alias("parent_customer"),
        told_by.alias("told_by"),
    )


def _by_master(master: pl.DataFrame) -> pl.DataFrame:
    names = master.group_by("account_id").agg(pl.col("account_name").min())
    parents = pl.coalesce("parent_account_id", "account_id").alias("parent")
    named = master.select("account_id", (pl.col("status") == "active").alias("by_master"), parents).join(
        names.rename({"account_id": "parent", "account_name": "name"}), "parent", "left"
    )
    return named.select("account_id", "by_master", pl.coalesce("name", "parent").alias("parent_customer"))
