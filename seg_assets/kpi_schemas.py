"""The columns of the tables of KPIs and of yearly segments: names, types, meanings.

Belongs here: one Table a Delta table, as in schemas.py. Does not: filling them (assets/).
"""

from __future__ import annotations

import polars as pl

from seg_assets.schemas import ACCOUNT_ID, DEFINITION_VERSION, Column, Table

SEGMENT_KPIS = Table(
    "segment_kpis",
    {
        "data_month": Column(pl.Date, "The month of this report, which holds every period up to it"),
        "kpi": Column(pl.String, "Its name"),
        "title": Column(pl.String, "What it is called"),
        "grain": Column(pl.String, "month, quarter or year"),
        "period": Column(pl.String, "2026-06, FY2027 Q1 or FY2027; 2026 Q2 and 2026 where years begin in January"),
        "period_start": Column(pl.Date, "The period's first day"),
        "begins_on": Column(pl.Date, "The snapshot of its beginning; null where only its end is looked at"),
        "ends_on": Column(pl.Date, "The snapshot of its end"),
        "segment_id": Column(pl.String, "The segment; null for all accounts together"),
        "segment_name": Column(pl.String, "Its name; `all accounts` for all together"),
        "value": Column(pl.Float64, "The figure, numerator over denominator; null where no account is asked"),
        "unit": Column(pl.String, "Its unit; a share lies between 0 and 1, and net retention may be above 1"),
        "low": Column(pl.Float64, "Lower end of the 95 % interval"),
        "high": Column(pl.Float64, "Upper end"),
        "numerator": Column(pl.Float64, "Accounts counted, or the sum of the value at the end"),
        "denominator": Column(pl.Float64, "Accounts asked, or the sum of the value at the beginning"),
        "accounts": Column(pl.Int64, "Accounts that the figure is of"),
        "unknown": Column(pl.Int64, "Accounts left out, since what is counted or summed is missing"),
        "gone": Column(pl.Int64, "Accounts of the beginning that no snapshot holds at the end"),
        "centre": Column(pl.Float64, "Centre line of the series; null without limits"),
        "lower_limit": Column(pl.Float64, "Lower control limit; null where there is none, and `says` tells why"),
        "upper_limit": Column(pl.Float64, "Upper control limit"),
        "signal": Column(pl.Boolean, "Whether it moved more than it ordinarily does; null without limits"),
        "turn": Column(pl.String, "better or worse, of a signal"),
        "leads": Column(pl.String, "The KPI that it tells of early; null where it is none of that kind"),
        "definition_version": DEFINITION_VERSION,
        "version_then": Column(pl.String, "The version that served when the period ended; null before the first"),
        "restated": Column(pl.Boolean, "Whether the segments are of another version than served then"),
        "says": Column(pl.String, "The figure in a sentence"),
    },
    partition_column="data_month",
    description="KPIs of every segment and period, with intervals and control limits",
)

ANNUAL_LOCK = Table(
    "annual_lock",
    {
        "year_start": Column(pl.Date, "The fiscal year's first day"),
        "fiscal_year": Column(pl.String, "What it is called: FY2027, or 2026 where years begin in January"),
        "account_id": ACCOUNT_ID,
        "locked_segment_id": Column(pl.String, "Its segment for the whole year"),
        "locked_segment_name": Column(pl.String, "What that was called then"),
        "locked_on": Column(pl.Date, "The Monday that gave it: the year's first scored, or the account's own first"),
        "locked_version": Column(pl.String, "The definitions of that Monday"),
        "segment_id": Column(pl.String, "Its newest segment of the year"),
        "segment_name": Column(pl.String, "What that is called"),
        "as_of": Column(pl.Date, "The Monday of that: before the year's newest where the account is no longer there"),
        "definition_version": Column(pl.String, "The definitions of that Monday"),
        "differs": Column(pl.Boolean, "Whether the two segments differ"),
    },
    partition_column="year_start",
    description="The segment that an account keeps for a fiscal year, beside its newest",
)
