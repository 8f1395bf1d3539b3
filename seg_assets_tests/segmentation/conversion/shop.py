"""A shop over nine months: who visits much buys within 60 days; tiers and revenue say something, chance nothing.

Belongs here: as-of dates of the small catalogue with conversions, tiers and revenue. Does not: the sample data.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation import Outcomes, Preprocessor, Reference, Segmentation, fit
from seg_assets.segmentation.conversion.population import AsOf
from seg_assets_tests.segmentation.population import population
from seg_assets_tests.segmentation.small_catalogue import small_catalogue

HORIZON = dt.timedelta(days=60)
TRAINING = (dt.date(2025, 10, 27), dt.date(2025, 11, 24), dt.date(2025, 12, 29))
TEST = dt.date(2026, 3, 30)
ACCOUNTS = 3_000
DESIGN = {
    "headline": {"title": "members to order", "when": "member"},
    "split_by": "city",
    "motion": "city",
    "engagement": "behaviour",
    "capacity": 100,
    "hand_rules": [
        {"title": "Busy member", "when": "member AND visits > 12"},
        {"title": "Busy", "when": "visits > 12"},
        {"title": "Everyone else"},
    ],
}
PARENTS = 5


def shop(**changes: object) -> Catalogue:
    """The small catalogue with a lift report; `changes` replace fields of the catalogue."""
    return small_catalogue(**{"lift_report": DESIGN, "open_opportunity": "clicks > 1000", **changes})


def accounts_on(day: dt.date, catalogue: Catalogue, accounts: int = ACCOUNTS) -> pl.DataFrame:
    """The snapshot of a Monday, with a parent for every five accounts."""
    frame = population(catalogue, accounts, monday=day, drift=0.1)
    return frame.with_columns((pl.int_range(pl.len()) // PARENTS).cast(pl.String).alias("parent_account_id"))


def bought_after(day: dt.date, frame: pl.DataFrame, rate: float = 0.1) -> pl.DataFrame:
    """Conversions within 60 days of a Monday: odds rise with the rank of visits."""
    random = np.random.default_rng(int(day.strftime("%Y%m%d")))
    rank = frame["visits"].fill_null(0.0).rank().to_numpy() / frame.height
    bought = random.random(frame.height) < 3 * rate * rank**2
    days = random.integers(1, HORIZON.days + 1, frame.height)
    dates = pl.Series([day + dt.timedelta(days=int(one)) for one in days], dtype=pl.Date)
    return pl.DataFrame({"account_id": frame["account_id"], "qualified_at": dates}).filter(pl.Series(bought))


def tiers_on(frame: pl.DataFrame) -> pl.DataFrame:
    """Tiers of every third account: profitability by orders, adherence by clicks."""
    chosen = frame.gather_every(3)
    scores = chosen.select(
        "account_id",
        *(
            (100 * pl.col(column).fill_null(0.0).rank() / pl.len()).alias(name)
            for column, name in (("orders", "profitability"), ("clicks", "adherence"))
        ),
    )
    high, loyal = pl.col("profitability") >= 70, pl.col("adherence") >= 70
    tier = pl.when(high & loyal).then(pl.lit("A")).when(high).then(pl.lit("B")).when(loyal).then(pl.lit("C"))
    return scores.with_columns(tier.otherwise(pl.lit("D")).alias("tier"))


def revenue_until(day: dt.date, frame: pl.DataFrame) -> pl.DataFrame:
    """Events of every third account, more of them for more orders."""
    chosen = frame.gather_every(3).with_columns(pl.col("orders").fill_null(0.0).clip(0, 20).cast(pl.Int64) + 1)
    return chosen.select(
        "account_id",
        pl.lit(day - dt.timedelta(days=3)).dt.offset_by(pl.format("-{}d", 7 * pl.col("orders"))).alias("event_date"),
        pl.col("orders").cast(pl.Float64).alias("event_count"),
        (10.0 * pl.col("orders")).alias("total_revenue"),
    )


def as_of(day: dt.date, catalogue: Catalogue, conversions: pl.DataFrame, *, incumbents: bool = True) -> AsOf:
    """One Monday as the report reads it."""
    frame = accounts_on(day, catalogue)
    return AsOf(
        day=day,
        accounts=frame.lazy(),
        conversions=conversions.lazy(),
        tiers=tiers_on(frame).lazy() if incumbents else None,
        revenue=revenue_until(day, frame).lazy() if incumbents else None,
    )


def all_conversions(catalogue: Catalogue) -> pl.DataFrame:
    """Those of every training month and of the test month."""
    return pl.concat([bought_after(day, accounts_on(day, catalogue)) for day in (*TRAINING, TEST)])


def champion(catalogue: Catalogue) -> tuple[Segmentation, Preprocessor]:
    """Segments of February, by outcomes of the training months, and their preprocessor."""
    frame = accounts_on(dt.date(2026, 2, 23), catalogue)
    preprocessor = Preprocessor.fit(frame, catalogue, Reference.fit(frame, catalogue))
    known = []
    for day in TRAINING[:2]:
        accounts = accounts_on(day, catalogue)
        bought = bought_after(day, accounts).select("account_id", pl.lit(True).alias("converted"))
        known.append(accounts.join(bought, "account_id", "left").with_columns(pl.col("converted").fill_null(False)))
    outcomes = Outcomes(pl.concat(known).lazy(), TRAINING[:2])
    return fit(frame, catalogue, None, outcomes, preprocessor=preprocessor, seed=3, count=4), preprocessor
