"""How many accounts a snapshot has beside the week before: who came, who went.

Belongs here: the verdict on the number of rows. Does not: refusing a source that lost its accounts
(landing/contract.py).
"""

from __future__ import annotations

import polars as pl

from seg_assets.checks.commands import history
from seg_assets.checks.finding import Finding
from seg_assets.checks.week import SNAPSHOTS, Week
from seg_assets.segmentation.monitoring.causes import SliceShare, likely_causes

WARNS = 0.05
"""Accounts that came or went in one week, as a share of those before. The sample's ordinary weeks stay below 0.4 %."""
FEWEST = 20
"""Fewer accounts than this come and go without a word, however few there are."""


def rows_against_last_week(week: Week) -> Finding:
    """The verdict on one week: warns, and blocks where more went than the catalogue's lost_accounts_at_most allows."""
    limit = week.catalogue.limits.lost_accounts_at_most
    expected = f"at most {WARNS:.0%} of accounts come or go in a week; more than {limit:.0%} gone blocks"
    if week.before is None:
        return Finding(f"{week.accounts.height:,} accounts; the week before has not landed", expected, "not compared")
    before, now = week.told_of(week.before), week.accounts
    went = before.join(now.select("account_id"), on="account_id", how="anti")
    came = now.join(before.select("account_id"), on="account_id", how="anti")
    lost, new = (len(one) / max(before.height, 1) for one in (went, came))
    seen = f"{before.height:,} accounts, then {now.height:,}: {came.height:,} came, {went.height:,} went"
    bad = [one for one, share in ((went, lost), (came, new)) if share > WARNS and one.height >= FEWEST]
    if not bad:
        return Finding(seen, expected, seen)
    affected = pl.concat(bad, how="diagonal_relaxed")
    return Finding(
        told=f"{new:.1%} of accounts came and {lost:.1%} went within a week",
        expected=expected,
        seen=seen,
        passed=False,
        blocks=lost > limit,
        since=week.monday,
        accounts=affected.height,
        arr=week.value_of(affected),
        causes=_causes(week, affected),
        look_closer=history(SNAPSHOTS, next(iter(week.slices), "account_id")),
    )


def _causes(week: Week, affected: pl.DataFrame) -> tuple[str, ...]:
    shares = []
    for key in week.slices:
        every = dict(week.accounts.group_by(key).len().drop_nulls().iter_rows())
        for value, number in affected.group_by(key).len().drop_nulls().sort(key).iter_rows():
            of_accounts = every.get(value, 0) / max(week.accounts.height, 1)
            shares.append(SliceShare(key, value, number / affected.height, of_accounts))
    return likely_causes((), {}, shares)
