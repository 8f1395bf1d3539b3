"""Steps: whether the same accounts' values all moved by one factor or by one amount since the week before.

Belongs here: which step is one, and its words. Does not: the paired figures (monitoring/steps.py).
"""

from __future__ import annotations

import polars as pl

from seg_assets.catalogs import Kind
from seg_assets.checks.commands import history
from seg_assets.checks.finding import Finding, features_text
from seg_assets.checks.week import SNAPSHOTS, Week
from seg_assets.segmentation.monitoring.causes import likely_causes
from seg_assets.segmentation.monitoring.steps import steps

FACTOR = 1.1
"""The middle account's value over its value a week before, against the same a week earlier. Ordinary weeks: 1.03."""
USUAL_SHARE = 0.3
"""A difference that this share of accounts has in common is that of the calendar; it must stay what it was."""
FEWEST = 100
"""Accounts to be compared; of fewer, the middle one says little."""


def one_step(week: Week) -> Finding:
    """The verdict on one week: it warns. A step that leaves the definitions without ground blocks as drift does."""
    expected = f"the middle account's values move by a factor below {FACTOR}, days go up by as many as the week before"
    if week.before is None or week.before_that is None:
        return Finding("the two weeks before have not landed", expected, "not compared")
    there = week.before_that.collect_schema()
    names = [f.name for f in week.catalogue.features if f.kind is Kind.NUMERIC and f.name in there]
    now, then = steps(week.before, week.snapshot, names), steps(week.before_that, week.before, names)
    bad = _stepped(now, then)
    if bad.is_empty():
        return Finding("no feature moved as one", expected, "0 features moved as one")
    told = [_words(row) for row in bad.iter_rows(named=True)]
    source_of = {feature.name: feature.source for feature in week.catalogue.features}
    features = bad["feature"].to_list()
    has_it = pl.any_horizontal(pl.col(name).is_not_null() & (pl.col(name) != 0) for name in features)
    touched = week.told_of(week.snapshot.filter(has_it))
    return Finding(
        told="; ".join(told[:6]) + (f"; {len(told) - 6} more" if len(told) > 6 else ""),
        expected=expected,
        seen=f"{features_text(len(told))} moved as one",
        passed=False,
        since=week.monday,
        accounts=touched.height,
        arr=week.value_of(touched),
        causes=likely_causes(features, source_of),
        look_closer=history(SNAPSHOTS, features[0]),
        table="\n".join(f"- {line}" for line in told),
    )


def _stepped(now: pl.DataFrame, then: pl.DataFrame) -> pl.DataFrame:
    """The features whose accounts moved together, the largest step first."""
    both = now.join(then, on="feature", suffix="_then")
    off = (pl.col("middle_factor") / pl.col("middle_factor_then")).log().abs()
    factor = (off >= pl.lit(FACTOR).log()) & (pl.min_horizontal("factors", "factors_then") >= FEWEST)
    common = pl.min_horizontal("usual_share", "usual_share_then") >= USUAL_SHARE
    counted = pl.min_horizontal("accounts", "accounts_then") >= FEWEST
    amount = (pl.col("usual_difference") != pl.col("usual_difference_then")) & common & counted
    return (
        both.with_columns(by_factor=factor.fill_null(False), by_amount=amount.fill_null(False), off=off)
        .filter(pl.col("by_factor") | pl.col("by_amount"))
        .sort("off", "feature", descending=[True, False], nulls_last=True)
    )


def _words(row: dict[str, object]) -> str:
    if row["by_amount"]:
        return (
            f"{row['feature']} moved by {row['usual_difference']:g} for {row['usual_share']:.0%} of accounts, "
            f"by {row['usual_difference_then']:g} a week before"
        )
    return (
        f"{row['feature']} is {row['middle_factor']:.3g} times what it was for the middle account of "
        f"{row['factors']:,}, {row['middle_factor_then']:.3g} times a week before"
    )
