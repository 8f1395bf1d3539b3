"""The event source revenue_events: what customers were billed, by product.

Belongs here: its rows for a span of days.
Does not: what a contract is worth (value.py), when it runs (lives.py).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from seg_assets.sample_data.firms import named, region_codes
from seg_assets.sample_data.lives import Lives
from seg_assets.sample_data.master import owner_codes
from seg_assets.sample_data.places import REGIONS
from seg_assets.sample_data.randomness import DAY_ZERO, Dice, Floats, Rows
from seg_assets.sample_data.standing import expansions_on
from seg_assets.sample_data.traits import Traits
from seg_assets.sample_data.value import contract_values
from seg_assets.sample_data.vocabulary import OWNERS, PRODUCTS

_QUARTER = 91
_LINE_SHARES = (0.62, 0.26, 0.12)
_MARGINS = np.array([0.74, 0.68, 0.61, 0.7, 0.42])
_PRODUCT_NAMES = tuple(product for product, _ in PRODUCTS)
_UNITS = tuple(dict.fromkeys(unit for _, unit in PRODUCTS))
_UNIT_OF = np.array([_UNITS.index(unit) for _, unit in PRODUCTS], dtype=np.int16)


def revenue_rows(
    dice: Dice, traits: Traits, lives: Lives, ids: pl.Series, names: pl.Series, first: int, last: int
) -> pl.DataFrame:
    """Revenue events with first <= day < last, at most a quarter apart, a row per invoice and product.

    A customer is invoiced every 91 days from the start of its contract, for up to three products.
    """
    bought = lives.purchases
    which = np.flatnonzero((bought.start < last) & (bought.churn > first))
    account, start = bought.account[which], bought.start[which].astype(np.int64)
    number = np.maximum(-((start - first) // _QUARTER), 0)
    day = start + _QUARTER * number
    due = (day >= first) & (day < last) & (day < bought.churn[which])
    account, start, number, day = account[due], start[due], number[due], day[due]
    luck = dice.hashed_uniform("invoice", account, number)
    lines = 1 + (luck < 0.45).astype(np.int64) + (luck < 0.15)
    line = np.concatenate([np.flatnonzero(lines > part) for part in range(len(_LINE_SHARES))])
    part = np.repeat(np.arange(len(_LINE_SHARES)), [int((lines > part).sum()) for part in range(len(_LINE_SHARES))])
    account, start, number, day, lines = account[line], start[line], number[line], day[line], lines[line]
    if not account.size:
        return _frame(dice, traits, ids, names, account, day, part, np.zeros(0), np.zeros(0, dtype=np.float32))
    by_account = np.argsort(account, kind="stable")
    account, start, number, day = account[by_account], start[by_account], number[by_account], day[by_account]
    part, lines = part[by_account], lines[by_account]
    expansions = expansions_on(lives, last)[account]
    yearly = contract_values(dice, traits, account, start.astype(np.int32), expansions, last)
    shares = np.array(_LINE_SHARES)
    billed = yearly / 4 * shares[part] / np.cumsum(shares)[lines - 1]
    metered: Floats = dice.hashed_uniform("metered", account, number * len(shares) + part)
    return _frame(dice, traits, ids, names, account, day, part, billed * (0.85 + 0.3 * metered), metered)


def _frame(
    dice: Dice,
    traits: Traits,
    ids: pl.Series,
    names: pl.Series,
    account: Rows,
    day: Rows,
    part: Rows,
    revenue: np.ndarray[tuple[int], np.dtype[np.float64]],
    luck: Floats,
) -> pl.DataFrame:
    favourite = (dice.hashed_uniform("product", account, np.zeros_like(account)) * len(PRODUCTS)).astype(np.int16)
    product = ((favourite + part) % len(PRODUCTS)).astype(np.int16)
    return pl.DataFrame(
        {
            "account_id": ids.gather(account),
            "customer_name": names.gather(account),
            "event_date": pl.Series(day.astype(np.int32) + (DAY_ZERO.toordinal() - 719163)).cast(pl.Date),
            "product": named(product, _PRODUCT_NAMES),
            "business_unit": named(_UNIT_OF[product], _UNITS),
            "total_revenue": np.round(revenue, 2),
            "total_gross_margin": np.round(revenue * _MARGINS[product], 2),
            "event_count": 1 + np.floor(luck * 40).astype(np.int64),
            "cs_representative": named(owner_codes(dice, traits, account), OWNERS),
            "region": named(region_codes(traits, account), REGIONS),
        }
    )
