"""The columns of the conversion-lift report's tables: names, types, meanings.

Belongs here: one Table a Delta table, as in schemas.py. Does not: filling them (segmentation/conversion/tables.py).
"""

from __future__ import annotations

import polars as pl

from seg_assets.schemas import ACCOUNT_ID, DEFINITION_VERSION, Column, Table

DATA_MONTH = Column(pl.Date, "The month of the test: its last landed Monday is the as-of date")
POPULATION = Column(pl.String, "headline, eligible, or one level of the split (`feature=level`)")
CANDIDATE = Column(pl.String, "A way to choose accounts: segments, tiers, hand_rules, ..., ceiling")
CANDIDATE_TITLE = Column(pl.String, "The same in words")
LOW = Column(pl.Float64, "Lower end of the 95 % interval over families of accounts; null where unknown")
HIGH = Column(pl.Float64, "Upper end of the 95 % interval; null where unknown")

CONVERSION_LIFT_REPORT = Table(
    "conversion_lift_report",
    {
        "data_month": DATA_MONTH,
        "as_of": Column(pl.Date, "The Monday at which accounts were ranked"),
        "population": POPULATION,
        "population_title": Column(pl.String, "The population in words"),
        "accounts": Column(pl.Int64, "Accounts judged"),
        "conversions": Column(pl.Int64, "Those of them that converted within the horizon"),
        "families": Column(pl.Int64, "Different parent accounts among them, over which intervals are taken"),
        "candidate": CANDIDATE,
        "candidate_title": CANDIDATE_TITLE,
        "classes": Column(pl.Int64, "How many classes it has; null for a score without classes"),
        "figure": Column(
            pl.String, "auc, gini, lift_20, capture_20, qualified_per_1000, auc_within, rank_correlation, left_out, ..."
        ),
        "part": Column(pl.String, "The tier that the figure is within; empty for the whole population"),
        "versus": Column(pl.String, "The candidate that the paired difference is to; null for the figure itself"),
        "value": Column(pl.Float64, "The figure, in its unit; null where it cannot be told, and `says` tells why"),
        "low": LOW,
        "high": HIGH,
        "unit": Column(pl.String, "Unit of the figure"),
        "says": Column(pl.String, "The figure in a sentence"),
        "status": Column(pl.String, "What a monthly figure is: monitoring, not verdict"),
        "trained_on": Column(pl.List(pl.Date), "The as-of dates that rates were learned on"),
        "definition_version": DEFINITION_VERSION,
    },
    partition_column="data_month",
    description="How many conversions segments find, compared with tiers and other ways to choose accounts",
)

CONVERSION_LIFT_CLASSES = Table(
    "conversion_lift_classes",
    {
        "data_month": DATA_MONTH,
        "population": POPULATION,
        "candidate": CANDIDATE,
        "candidate_title": CANDIDATE_TITLE,
        "rank": Column(pl.Int64, "1 is the class with the highest rate in training months"),
        "label": Column(pl.String, "What the class is called"),
        "accounts": Column(pl.Int64, "Judged accounts in it"),
        "account_share": Column(pl.Float64, "Their share of the population, 0 to 1"),
        "conversions": Column(pl.Int64, "Those of them that converted"),
        "expected_rate": Column(pl.Float64, "Its shrunken rate in training months, by which it is ranked"),
        "conversion_rate": Column(pl.Float64, "Its rate in the test month; null without accounts"),
        "conversion_low": Column(pl.Float64, "Lower end of the 95 % interval (Wilson)"),
        "conversion_high": Column(pl.Float64, "Upper end of the 95 % interval (Wilson)"),
    },
    partition_column="data_month",
    description="Accounts and conversions of each class of each way to choose, behind the lift report",
)

CONVERSION_LIFT_FUNNEL = Table(
    "conversion_lift_funnel",
    {
        "data_month": DATA_MONTH,
        "position": Column(pl.Int64, "1 is the whole snapshot"),
        "step": Column(pl.String, "all accounts, no opportunity, eligible, headline"),
        "accounts": Column(pl.Int64, "Accounts that are left"),
        "dropped": Column(pl.Int64, "Accounts that the step took away"),
        "conversions": Column(pl.Int64, "Conversions of those that are left; null before eligibility is known"),
        "says": Column(pl.String, "What the step asks"),
    },
    partition_column="data_month",
    description="How many accounts the lift report counts, and why others are left out",
)

CONVERSION_LIFT_CONTROLS = Table(
    "conversion_lift_controls",
    {
        "data_month": DATA_MONTH,
        "population": POPULATION,
        "control": Column(pl.String, "permuted target, random partition, same twice, leak screen"),
        "passed": Column(pl.Boolean, "One that is false fails the report"),
        "expected": Column(pl.String, "What must come out"),
        "seen": Column(pl.String, "What came out"),
    },
    partition_column="data_month",
    description="Checks that the lift report finds nothing where there is nothing",
)

CONVERSION_LIFT_VERDICTS = Table(
    "conversion_lift_verdicts",
    {
        "data_month": DATA_MONTH,
        "quarter": Column(pl.String, "The quarter of the as-of date, such as 2026-Q2"),
        "look": Column(pl.Int64, "Which of the year's looks: 1 to 4"),
        "months": Column(pl.List(pl.Date), "As-of dates pooled, of the year so far; each account once a quarter"),
        "population": POPULATION,
        "population_title": Column(pl.String, "The population in words"),
        "versus": Column(pl.String, "The candidate that segments are judged against"),
        "versus_title": Column(pl.String, "The same in words"),
        "deciding": Column(
            pl.Boolean,
            "Whether this is the population's verdict: against the first in line that tells its accounts apart",
        ),
        "verdict": Column(
            pl.String,
            "better, no worse, worse, held back or not enough data, of a deciding row in a quarter's last month; of "
            "any other `monitoring, not verdict`",
        ),
        "says": Column(pl.String, "The verdict in a sentence"),
        "value": Column(pl.Float64, "AUC of segments less that of the other; null where undefined"),
        "low": Column(pl.Float64, "Lower end of its interval at `confidence`"),
        "high": Column(pl.Float64, "Upper end of its interval at `confidence`"),
        "confidence": Column(
            pl.Float64, "Of the interval: 0.95, of a verdict what the year's alpha leaves for this look"
        ),
        "lift_value": Column(pl.Float64, "Lift in the top 20 %, segments less the other; can only veto"),
        "lift_low": Column(pl.Float64, "Lower end of its 95 % interval"),
        "lift_high": Column(pl.Float64, "Upper end of its 95 % interval"),
        "accounts": Column(pl.Int64, "Accounts pooled"),
        "conversions": Column(pl.Int64, "Conversions pooled"),
        "missing_conversions": Column(pl.Int64, "Further conversions that would decide; 0 where it is decided"),
    },
    partition_column="data_month",
    description="Whether segments beat the other ways to choose accounts, look by look",
)

CONVERSION_LIFT_SCORES = Table(
    "conversion_lift_scores",
    {
        "data_month": DATA_MONTH,
        "as_of": Column(pl.Date, "The Monday at which the account was ranked"),
        "population": Column(pl.String, "headline or eligible"),
        "account_id": ACCOUNT_ID,
        "family": Column(pl.Int64, "A number for each parent account, of this month alone"),
        "converted": Column(pl.Boolean, "Whether it converted within the horizon"),
    },
    partition_column="data_month",
    # A column a candidate: the rate of the account's class by training months.
    open_ended=True,
    description="The accounts that the lift report counts, with the rate that each way to choose gave them",
)

LIFT_TABLES = (
    CONVERSION_LIFT_FUNNEL,
    CONVERSION_LIFT_CLASSES,
    CONVERSION_LIFT_CONTROLS,
    CONVERSION_LIFT_SCORES,
    CONVERSION_LIFT_VERDICTS,
    CONVERSION_LIFT_REPORT,
)
"""In the order in which they are written: with the report there, the others are."""
