"""Who is judged: the accounts that could still convert, those of the headline among them, and who is left out why.

Belongs here: eligibility at one as-of date, the parts of a population that are judged apart, the funnel of counts.
Does not: which as-of dates (design.py), what became of accounts (outcomes.py of the package above).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.outcomes import CONVERTED, matured_outcomes

HEADLINE, ELIGIBLE = "headline", "eligible"
NOT_KNOWN = "not known"


@dataclass(frozen=True, eq=False)
class AsOf:
    """What was known at one Monday, and what became of it.

    accounts: all account rows of the snapshot, with parent_account_id where parents are known; conversions:
    account_id, qualified_at (Date), those before the Monday too; tiers: account_id, tier, profitability, adherence of
    that date, None where there are none; revenue: account_id, event_date, event_count, total_revenue up to the
    Monday, None where no revenue has landed.
    """

    day: dt.date
    accounts: pl.LazyFrame
    conversions: pl.LazyFrame
    tiers: pl.LazyFrame | None = None
    revenue: pl.LazyFrame | None = None


@dataclass(frozen=True)
class FunnelStep:
    """How many accounts are left after a step, how many it took away, and what it asks."""

    step: str
    accounts: int
    dropped: int
    conversions: int | None
    says: str


@dataclass(frozen=True, eq=False)
class Population:
    """Accounts that are judged together. chosen: a Boolean expression over eligible account rows, null is no."""

    name: str
    title: str
    chosen: pl.Expr


def eligible_accounts(as_of: AsOf, catalogue: Catalogue) -> pl.LazyFrame:
    """Account rows that could still convert at the as-of date, with `converted`; each account once.

    Left out: an open or won opportunity, and accounts that qualified within the horizon up to the as-of date. What
    qualified longer ago and has neither counts again: its opportunity was lost, and marketing works on it as on others.
    Nothing after as_of + horizon is looked at.
    """
    outcomes = matured_outcomes(as_of.accounts, as_of.conversions, catalogue, [as_of.day])
    return outcomes.frame.join(_qualified_before(as_of, catalogue), on="account_id", how="anti")


def populations(catalogue: Catalogue, split_levels: Sequence[str]) -> list[Population]:
    """The headline where the catalogue names one, all eligible accounts, and each level that these are split by."""
    design = catalogue.lift_report
    found = []
    if design.headline is not None:
        found.append(Population(HEADLINE, design.headline.title, pl.sql_expr(design.headline.when)))
    found.append(Population(ELIGIBLE, "all eligible accounts", pl.lit(True)))
    if design.split_by is not None:
        label = catalogue.feature(design.split_by).label
        level = split_column(catalogue)
        found += [Population(f"{design.split_by}={v}", f"{label} {v}", level == v) for v in split_levels]
    return found


def split_column(catalogue: Catalogue) -> pl.Expr:
    """The level of each account by which tables are split, `not known` where it is missing.

    Raises ValueError where the catalogue splits by nothing.
    """
    if catalogue.lift_report.split_by is None:
        raise ValueError(f"catalogue {catalogue.name} has no lift_report.split_by")
    return pl.col(catalogue.lift_report.split_by).cast(pl.String).fill_null(NOT_KNOWN)


def funnel(as_of: AsOf, eligible: pl.DataFrame, catalogue: Catalogue) -> list[FunnelStep]:
    """What each step leaves, from the whole snapshot to the headline. eligible: what `eligible_accounts` gave."""
    horizon = catalogue.objective.horizon_days
    whole = as_of.accounts.filter(pl.col("snapshot_date") == as_of.day)
    no_opportunity = matured_outcomes(as_of.accounts, as_of.conversions, catalogue, [as_of.day]).frame
    everyone, free = (int(one.select(pl.len()).collect().item()) for one in (whole, no_opportunity))
    steps = [
        FunnelStep("all accounts", everyone, 0, None, f"accounts in the snapshot of {as_of.day}"),
        FunnelStep("no opportunity", free, everyone - free, None, "neither an open nor a won opportunity at that date"),
        FunnelStep(
            ELIGIBLE,
            eligible.height,
            free - eligible.height,
            int(eligible[CONVERTED].sum()),
            f"not already qualified in the {horizon} days before",
        ),
    ]
    headline = catalogue.lift_report.headline
    if headline is not None:
        chosen = eligible.filter(pl.sql_expr(headline.when))
        left = FunnelStep(
            HEADLINE, chosen.height, eligible.height - chosen.height, int(chosen[CONVERTED].sum()), headline.title
        )
        steps.append(left)
    return steps


def _qualified_before(as_of: AsOf, catalogue: Catalogue) -> pl.LazyFrame:
    horizon = dt.timedelta(days=catalogue.objective.horizon_days)
    day = pl.col("qualified_at")
    return as_of.conversions.filter(day > as_of.day - horizon, day <= as_of.day).select("account_id").unique()
