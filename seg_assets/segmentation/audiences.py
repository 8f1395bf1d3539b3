"""Who is on which list this week: the accounts of each segment and label that may be contacted, and who came off.

Belongs here: memberships, permissions, the hold-out and what changed since the week before, as one frame.
Does not: reading tables (assets/audiences.py), files (resources/exports.py), drawing the hold-out (experiment/).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from seg_assets.segmentation.reach import CHANNELS

CHANNEL_COLUMNS = {"email_consent": "email", "ads_consent": "ads", "sales_contactable": "sales"}
"""The consent of account_master to the column that says whether that channel may be used."""

ENTERED, STAYED, LEFT, WITHHELD = "entered", "stayed", "left", "withheld"
SEGMENT, LABEL = "segment", "label"
IN_HOLDOUT = "hold-out"
NOT_KNOWN = "consent not known"
NO_CONSENT = "no consent"
GONE = "no longer in the audience"
COLUMNS = (
    "kind",
    "audience",
    "audience_name",
    "account_id",
    "account_name",
    "status",
    *CHANNEL_COLUMNS.values(),
    "holdout",
    "arms",
    "reason",
)
_KEY = ["kind", "audience", "account_id"]


@dataclass(frozen=True, eq=False)
class WeekOfAccounts:
    """One Monday. scores: account_id, segment_id, segment_name, labels; master: account_id, account_name,
    parent_account_id and the consents, None where no account master landed for that Monday; arms: account_id, family,
    experiment, arm, holdout of all assigned up to that Monday, None for none.
    """

    scores: pl.DataFrame
    master: pl.DataFrame | None
    arms: pl.DataFrame | None


def audiences(now: WeekOfAccounts, before: WeekOfAccounts | None, suppressed: pl.DataFrame) -> pl.DataFrame:
    """A row an audience and account, COLUMNS, sorted by audience and account.

    An account is on an audience's list when it is in it and one channel or more may be used: it consented to that, is
    not suppressed and not held out. What is not known is no consent. status: `entered` is on the list now and was not
    before, `stayed` both, `left` before and not now, whatever the reason, `withheld` in the audience but on the list
    neither time. reason: why an account is not on the list; null for those that are.
    before: the Monday to compare with, None where there is none: then everyone enters. suppressed: account_id, reason
    (String) as of now; that list has no dates, so a suppressed account that the week before would have had is told to
    leave each week anew.
    """
    there = _memberships(now.scores).join(_permissions(now, suppressed), on="account_id", how="left")
    there = there.with_columns(_may(pl.any_horizontal(CHANNEL_COLUMNS.values())).alias("_now"))
    if before is None:
        joined = there.with_columns(pl.lit(False).alias("_before"))
    else:
        joined = _with_those_before(there, now, before, suppressed)
    listed, was = pl.col("_now").fill_null(False), pl.col("_before").fill_null(False)
    status = (
        pl.when(listed & was)
        .then(pl.lit(STAYED))
        .when(listed)
        .then(pl.lit(ENTERED))
        .when(was)
        .then(pl.lit(LEFT))
        .otherwise(pl.lit(WITHHELD))
    )
    reason = pl.when(pl.col("_now").is_null()).then(pl.lit(GONE)).when(~listed).then("reason")
    return (
        joined.with_columns(status.alias("status"), reason.alias("reason"))
        .with_columns((listed & pl.col(column)).alias(column) for column in CHANNEL_COLUMNS.values())
        .select(COLUMNS)
        .sort(_KEY)
    )


def _with_those_before(
    there: pl.DataFrame, now: WeekOfAccounts, before: WeekOfAccounts, suppressed: pl.DataFrame
) -> pl.DataFrame:
    """`there` with `_before`, and rows (`_now` null) of accounts that were on a list then and are in no such audience
    now."""
    nobody = suppressed.clear()
    then = _memberships(before.scores).join(_permissions(before, nobody), on="account_id", how="left")
    then = then.filter(_may(pl.any_horizontal(CHANNEL_COLUMNS.values())))
    still = there.join(then.select(*_KEY, pl.lit(True).alias("_before")), on=_KEY, how="left")
    gone = then.join(there.select(_KEY), on=_KEY, how="anti").select(*_KEY, "audience_name", "account_name")
    known_now = _permissions(now, suppressed).drop("account_name")
    named = there.select("kind", "audience", pl.col("audience_name").alias("_name")).unique()
    gone = (
        gone.join(known_now, on="account_id", how="left")
        .join(named, on=["kind", "audience"], how="left")
        .with_columns(
            pl.coalesce("_name", "audience_name").alias("audience_name"),
            pl.col("holdout").fill_null(False),
            pl.lit(None, dtype=pl.Boolean).alias("_now"),
            pl.lit(True).alias("_before"),
        )
    )
    return pl.concat([still, gone.select(still.columns)])


def _memberships(scores: pl.DataFrame) -> pl.DataFrame:
    """kind, audience, audience_name, account_id: each account once in its segment and once in each of its labels."""
    segments = scores.select(
        pl.lit(SEGMENT).alias("kind"),
        pl.col("segment_id").alias("audience"),
        pl.col("segment_name").alias("audience_name"),
        "account_id",
    )
    labels = scores.select("account_id", pl.col("labels").alias("audience")).explode("audience").drop_nulls().unique()
    words = pl.col("audience").str.replace_all("_", " ").alias("audience_name")
    return pl.concat([segments, labels.select(pl.lit(LABEL).alias("kind"), "audience", words, "account_id")])


def _permissions(week: WeekOfAccounts, suppressed: pl.DataFrame) -> pl.DataFrame:
    """A row an account of the week: account_name, each channel, holdout, arms, and why it has none (reason)."""
    accounts = _with_master(week)
    accounts = _with_arms(accounts, week.arms)
    accounts = accounts.join(suppressed.unique("account_id"), on="account_id", how="left")
    free = ~pl.col("holdout") & pl.col("reason").is_null()
    why = (
        pl.when("holdout")
        .then(pl.lit(IN_HOLDOUT))
        .when(pl.col("reason").is_not_null())
        .then(pl.format("suppressed: {}", "reason"))
        .when(pl.all_horizontal(pl.col(list(CHANNELS)).is_null()))
        .then(pl.lit(NOT_KNOWN))
        .otherwise(pl.lit(NO_CONSENT))
    )
    return accounts.select(
        "account_id",
        "account_name",
        *((free & _may(pl.col(name))).alias(column) for name, column in CHANNEL_COLUMNS.items()),
        "holdout",
        "arms",
        why.alias("reason"),
    )


def _with_master(week: WeekOfAccounts) -> pl.DataFrame:
    accounts = week.scores.select("account_id")
    wanted = {"account_name": pl.String, "parent_account_id": pl.String} | dict.fromkeys(CHANNELS, pl.Boolean)
    if week.master is None:
        return accounts.with_columns(pl.lit(None, dtype=dtype).alias(name) for name, dtype in wanted.items())
    return accounts.join(week.master.select("account_id", *wanted), on="account_id", how="left")


def _with_arms(accounts: pl.DataFrame, arms: pl.DataFrame | None) -> pl.DataFrame:
    """`holdout` and `arms` ("experiment: arm", sorted). A newcomer of a family that is held out is held out too."""
    if arms is None:
        none = pl.lit([], dtype=pl.List(pl.String)).alias("arms")
        return accounts.with_columns(pl.lit(False).alias("holdout"), none)
    held = arms.filter("holdout")
    one = held["account_id"].unique().implode()
    family = held["family"].unique().implode()
    known = arms.group_by("account_id").agg(pl.format("{}: {}", "experiment", "arm").unique().sort().alias("arms"))
    return accounts.join(known, on="account_id", how="left").with_columns(
        (pl.col("account_id").is_in(one) | pl.coalesce("parent_account_id", "account_id").is_in(family)).alias(
            "holdout"
        ),
        pl.col("arms").fill_null([]),
    )


def _may(permission: pl.Expr) -> pl.Expr:
    return permission.fill_null(False)
