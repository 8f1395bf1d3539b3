"""Whether the same accounts' values all took one step: another unit, another window, another price list.

Belongs here: what an account's value did since the Monday before, told by the middle and the most frequent account.
Distributions hardly show such a step (a price list that rises by 15 % moves a stability index by 0.01); account by
account nothing else looks like it. Does not: distributions (drift.py), what is done about it (checks/).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from seg_assets.segmentation.monitoring.reading import Accounts, some_at_once

SCHEMA = pl.Schema(
    {
        "feature": pl.String,
        "accounts": pl.Int64,
        "changed": pl.Int64,
        "usual_difference": pl.Float64,
        "usual_share": pl.Float64,
        "factors": pl.Int64,
        "middle_factor": pl.Float64,
    }
)
SAME = 9
"""Digits after the point in which two differences are the same."""


def steps(before: Accounts, current: Accounts, features: Sequence[str]) -> pl.DataFrame:
    """A row (SCHEMA) a numeric feature of account rows with account_id.

    accounts: those with a value in both weeks; changed: those of them whose value differs; usual_difference: the most
    frequent difference (the smaller one of two as frequent), usual_share: the share of accounts with it; factors:
    accounts whose value is above 0 in both weeks; middle_factor: the median of current over before among these.
    """
    then, now = (accounts.lazy().select("account_id").with_row_index("row").collect() for accounts in (before, current))
    both = then.join(now, on="account_id", suffix="_now").select("row", "row_now")
    found = []
    for names in some_at_once(features, then.height + now.height):
        old, new = before.lazy().select(names).collect(), current.lazy().select(names).collect()
        found += [_step(old[name].gather(both["row"]), new[name].gather(both["row_now"])) for name in names]
    return pl.DataFrame(found, schema=SCHEMA)


def _step(old: pl.Series, new: pl.Series) -> dict[str, object]:
    feature = old.name
    differences = (new - old).drop_nulls().drop_nans().round(SAME)
    counts = pl.DataFrame({"difference": differences, "feature": feature}).group_by("difference").len()
    usual = counts.sort("len", "difference", descending=[True, False]).head(1)
    factors = (new / old).filter((old > 0) & (new > 0))
    return {
        "feature": feature,
        "accounts": len(differences),
        "changed": int((differences != 0).sum()),
        "usual_difference": usual["difference"].item() if usual.height else None,
        "usual_share": usual["len"].item() / len(differences) if usual.height else None,
        "factors": len(factors),
        "middle_factor": factors.median(),
    }
