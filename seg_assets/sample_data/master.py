"""The source account_master: names, families, owners, and whom marketing may reach.

Belongs here: its columns on a day, and the names and identifiers of all accounts.
Does not: features (it has none).
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seg_assets.sample_data.firms import named
from seg_assets.sample_data.randomness import Codes, Dice, Flags, Rows, logistic
from seg_assets.sample_data.standing import Standing
from seg_assets.sample_data.traits import Traits
from seg_assets.sample_data.vocabulary import NAME_FIRST, NAME_LAST, NAME_SECOND, OWNERS


def account_ids(first: int, count: int) -> pl.Series:
    """`A0000001` and on: pl.String (count,), the first with number `first`."""
    numbers = pl.Series("account_id", np.arange(first, first + count))
    return "A" + numbers.cast(pl.String).str.zfill(7)


def account_names(dice: Dice, traits: Traits) -> pl.Series:
    """Company names, pl.String (n,); a family shares the first word of its names."""

    def word(name: str, rows: Rows, words: tuple[str, ...]) -> pl.Series:
        luck = dice.hashed_uniform(name, rows, np.zeros_like(rows))
        return named((luck * len(words)).astype(np.int16), words)

    own = np.arange(len(traits))
    root = word("name.first", traits.parent, NAME_FIRST) + word("name.second", traits.parent, NAME_SECOND)
    return (root + " " + word("name.last", own, NAME_LAST)).alias("account_name")


def owner_codes(dice: Dice, traits: Traits, rows: Rows) -> Codes:
    """The representative of each account, a code into OWNERS; a family has one."""
    heads = traits.parent[rows]
    return (dice.hashed_uniform("owner", heads, np.zeros_like(heads)) * len(OWNERS)).astype(np.int16)


def subscribed(dice: Dice, traits: Traits, rows: Rows) -> Flags:
    """Who agreed to marketing e-mail."""
    return dice.settled_uniform("email_consent", rows) < logistic(2.0 + 0.5 * traits.engagement[rows])


def master_columns(
    dice: Dice, traits: Traits, standing: Standing, ids: pl.Series, names: pl.Series
) -> dict[str, pl.Series | NDArray[np.generic]]:
    """The columns of account_master for the accounts of `standing`; ids, names: of all accounts."""
    rows = standing.rows
    agrees = subscribed(dice, traits, rows)
    return {
        "account_name": names.gather(rows),
        "parent_account_id": ids.gather(traits.parent[rows]),
        "status": named(standing.customer.astype(np.int16), ("inactive", "active")),
        "email_consent": agrees,
        "ads_consent": dice.settled_uniform("ads_consent", rows) < np.where(agrees, 0.8, 0.35),
        "sales_contactable": dice.settled_uniform("sales_contactable", rows) < 0.93,
        "owner": named(owner_codes(dice, traits, rows), OWNERS),
    }
