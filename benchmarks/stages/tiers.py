"""Tiers: a data month of the incumbent rules over 5 million revenue events, from Delta to Delta.

Belongs here: making the events (set-up), and `tier_month` as the asset calls it. Does not: Dagster.
"""

from __future__ import annotations

import datetime as dt
from itertools import repeat

import numpy as np
import polars as pl

from benchmarks.prepared import DATA_MONTH, WEEK, Prepared
from benchmarks.stages import Repeats
from seg_assets.assets.raw import raw_table
from seg_assets.assets.tiers import EVENTS, tier_month
from seg_assets.catalogs import default_catalogue

EVENT_ROWS = 5_000_000
WEEKS = 53
SEED = 20_260_629


def repeats(prepared: Prepared) -> Repeats:
    """Every repeat tiers the same month; the rows are the events."""
    _land_events(prepared)
    yield from repeat(lambda: _tiered(prepared))


def _tiered(prepared: Prepared) -> int:
    told = tier_month(default_catalogue(), prepared.lakehouse, DATA_MONTH)
    return int(told["events"])


def _land_events(prepared: Prepared) -> None:
    """A year of events by week: few accounts have many, three accounts make a customer, products have one unit."""
    table = raw_table(default_catalogue(), EVENTS.removeprefix("raw/"))
    ids = prepared.lakehouse.scan("account_snapshots", [WEEK]).select("account_id").collect().to_series().sort()
    random = np.random.default_rng(SEED)
    for back in range(WEEKS):
        monday = WEEK - dt.timedelta(weeks=back)
        prepared.lakehouse.replace(table, _week_of_events(random, ids, monday), monday)


def _week_of_events(random: np.random.Generator, ids: pl.Series, monday: dt.date) -> pl.DataFrame:
    # One event more than a fifty-third: the first week is not whole, since the window is a year.
    rows = -(-EVENT_ROWS // (WEEKS - 1))
    account = (random.random(rows) ** 2 * len(ids)).astype(np.int64)
    product = random.integers(0, 8, rows)
    days = pl.Series(random.integers(1, 8, rows))
    return pl.DataFrame(
        {
            "account_id": ids.gather(account),
            "customer_name": "Customer " + pl.Series(account // 3).cast(pl.String),
            "event_date": pl.select(pl.lit(monday) - pl.duration(days=days)).to_series(),
            "product": "product_" + pl.Series(product).cast(pl.String),
            "business_unit": "unit_" + pl.Series(product // 2).cast(pl.String),
            "total_revenue": np.round(random.lognormal(6, 1, rows), 2),
            "total_gross_margin": np.round(random.lognormal(5, 1, rows), 2),
            "event_count": random.integers(1, 40, rows).astype(np.float64),
            "cs_representative": "Representative " + pl.Series(account // 3 % 40).cast(pl.String),
            "region": "region_" + pl.Series(account % 4).cast(pl.String),
        }
    )
