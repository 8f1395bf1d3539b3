"""The columns of the tables for campaigns, audiences and experiments: names, types, meanings.

Belongs here: one Table a Delta table, as in schemas.py. Does not: filling them (assets/).
"""

from __future__ import annotations

import polars as pl

from seg_assets.schemas import ACCOUNT_ID, SNAPSHOT_DATE, TIMESTAMP, Column, Table

AUDIENCE_EXPORT = Table(
    "audience_export",
    {
        "snapshot_date": SNAPSHOT_DATE,
        "kind": Column(pl.String, "segment or label"),
        "audience": Column(pl.String, "The segment_id, or the label's name"),
        "audience_name": Column(pl.String, "What it is called"),
        "account_id": ACCOUNT_ID,
        "account_name": Column(pl.String, "Its name; null without account_master", sensitive=True),
        "status": Column(
            pl.String,
            "entered (on the list now, not the week before), stayed, left (the other way round), or withheld (in the "
            "audience, on the list neither time)",
        ),
        "email": Column(pl.Boolean, "Whether it may get e-mail", sensitive=True),
        "ads": Column(pl.Boolean, "Whether it may be shown ads", sensitive=True),
        "sales": Column(pl.Boolean, "Whether sales may contact it", sensitive=True),
        "holdout": Column(pl.Boolean, "Whether it is held out of all contact, to measure what contact does"),
        "arms": Column(pl.List(pl.String), "`experiment: arm` of every experiment that it is in"),
        "reason": Column(pl.String, "Why it is not on the list; null where it is"),
    },
    partition_column="snapshot_date",
    description="Who is on which list of a week, by which channel, and who is held back and why",
)

EXPERIMENTS = Table(
    "experiments",
    {
        "experiment": Column(pl.String, "Its name"),
        "action": Column(pl.String, "start, or stop: from then on no newcomer gets an arm"),
        "week": Column(pl.Date, "The Monday whose accounts are the first to get an arm, or to get none any more"),
        "design": Column(pl.String, "Arms, shares, baseline, hold-out, salt, strata and plan, as JSON"),
        "at": Column(TIMESTAMP, "When"),
    },
    description="Experiments that were started and stopped, with their designs",
)

EXPERIMENT_ARMS = Table(
    "experiment_arms",
    {
        "account_id": ACCOUNT_ID,
        "family": Column(
            pl.String,
            "The parent account when it was assigned; the account itself where none was known",
            sensitive=True,
        ),
        "stratum": Column(pl.String, "Where its family was dealt its arm"),
        "arm": Column(pl.String, "What it is to get, or holdout"),
        "holdout": Column(pl.Boolean, "Whether it is held out of all contact"),
        "assigned_on": Column(pl.Date, "The Monday of the snapshot in which it got its arm"),
        "experiment": Column(pl.String, "Which experiment"),
    },
    description="Which arm of which experiment an account got, and when",
)

EXPERIMENT_EFFECTS = Table(
    "experiment_effects",
    {
        "data_month": Column(pl.Date, "The month whose assigned accounts are the last that are counted"),
        "experiment": Column(pl.String, "Which experiment"),
        "figure": Column(
            pl.String,
            "difference (of conversion rates, arm less baseline, adjusted), qini, sample_ratio, several_arms, "
            "family_split or holdout_contacted",
        ),
        "arm": Column(pl.String, "The arm that the figure is about; null for all"),
        "baseline": Column(pl.String, "What it is compared with; null where nothing is"),
        "stratum": Column(pl.String, "The segment that the figure is about; null for all accounts"),
        "accounts": Column(pl.Int64, "Accounts of the arm; of contamination the accounts found, null if not known"),
        "baseline_accounts": Column(pl.Int64, "Accounts of the baseline"),
        "rate": Column(pl.Float64, "Conversion rate of the arm, as counted"),
        "baseline_rate": Column(pl.Float64, "Conversion rate of the baseline, as counted"),
        "value": Column(pl.Float64, "The figure; null where there is none, and `says` tells why"),
        "low": Column(pl.Float64, "Lower end of its 95 % interval; of segments, of all of them together"),
        "high": Column(pl.Float64, "Upper end"),
        "says": Column(pl.String, "The figure in a sentence"),
    },
    partition_column="data_month",
    description="What experiments show, with intervals, and what speaks against them",
)
