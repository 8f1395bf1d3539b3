"""Missing values: against what the catalogue allows and against the week before, per feature and slice.

Belongs here: which share is too much, and naming feature and slice. Does not: counting (monitoring/missing.py).
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from seg_assets.checks.commands import history
from seg_assets.checks.finding import Finding, features_text
from seg_assets.checks.week import SNAPSHOTS, Week
from seg_assets.segmentation.monitoring.causes import SliceShare, likely_causes
from seg_assets.segmentation.monitoring.missing import missing_values

RISE = 0.05
"""More of a feature missing than a week before, as a share of the accounts that it applies to: told."""
BLOCKS = 0.25
"""Missing beyond what the catalogue allows, or risen where it says nothing, by this share: nothing is scored."""
FEWEST = 100
"""A slice with fewer accounts is not judged by itself."""
DEVIATIONS = 4.5
"""How many standard deviations of chance a share may be off: one in 100,000 for each of some hundred shares."""
WEEKS_BACK = 12


def missingness(week: Week) -> Finding:
    """The verdict on one week."""
    bad = _beyond(missing_values(week.snapshot, week.before, week.catalogue, week.slices))
    expected = "no feature misses more than the catalogue's missing_at_most, nor 5 points more than a week before"
    if bad.is_empty():
        return Finding("no feature misses more than it may", expected, "0 features beyond")
    everyone = bad.filter(pl.col("slice_key") == "")
    features = list(dict.fromkeys(bad["feature"]))
    worst = bad.row(0, named=True)
    misses = pl.any_horizontal(_misses(week, feature) for feature in features)
    without = week.told_of(week.snapshot.filter(misses))
    source_of = {feature.name: feature.source for feature in week.catalogue.features}
    where = "" if everyone.height else f" where {worst['slice_key']} is {worst['slice_value']}"
    return Finding(
        told=f"{worst['feature']}{where} is missing for {worst['share']:.1%}, {_allowed(worst)}"
        + (f"; so are {len(features) - 1} more: {', '.join(features[1:8])}" if len(features) > 1 else ""),
        expected=expected,
        seen=f"{features_text(len(features))} beyond, most {worst['feature']}: {worst['share']:.1%}",
        passed=False,
        blocks=bool(bad["blocks"].any()),
        since=_since(week, worst["feature"], worst["slice_key"], worst["slice_value"]),
        accounts=without.height,
        arr=week.value_of(without),
        causes=likely_causes(features, source_of, _slice_shares(week, features[0])),
        look_closer=history(SNAPSHOTS, worst["feature"]),
        table=_table(bad),
    )


def _beyond(found: pl.DataFrame) -> pl.DataFrame:
    """The features and slices that miss too much, with `blocks`, the worst first and everyone before slices."""
    n, share, was, allowed = (pl.col(name) for name in ("accounts", "share", "share_before", "allowed"))
    by_catalogue = share > allowed + DEVIATIONS * (allowed * (1 - allowed) / n).sqrt()
    together = ((share * n + was * pl.col("accounts_before")) / (n + pl.col("accounts_before"))).clip(0, 1)
    by_chance = DEVIATIONS * (together * (1 - together) * (1 / n + 1 / pl.col("accounts_before"))).sqrt()
    risen = share - was > RISE + by_chance
    limit = pl.coalesce(allowed, was) + BLOCKS
    judged = found.with_columns(blocks=(share > limit).fill_null(False))
    bad = judged.filter((n >= FEWEST) & (by_catalogue.fill_null(False) | risen.fill_null(False)))
    return bad.sort(
        pl.col("slice_key") != "", (share - pl.coalesce(allowed, was)).neg(), "feature", "slice_key", "slice_value"
    )


def _allowed(row: dict[str, object]) -> str:
    was = "" if row["share_before"] is None else f"{row['share_before']:.1%} a week before"
    limit = "" if row["allowed"] is None else f"the catalogue allows {row['allowed']:.0%}"
    return " and ".join(part for part in (was, limit) if part) or "nothing is known of before"


def _misses(week: Week, feature: str) -> pl.Expr:
    """Whether an account lacks a value that it should have."""
    gate = f"{week.catalogue.feature(feature).group}_applicable"
    applies = pl.col(gate).fill_null(True) if gate in week.columns else pl.lit(True)
    return pl.col(feature).is_null() & applies


def _slice_shares(week: Week, feature: str) -> list[SliceShare]:
    """How the missing values of `feature` are spread over slices, beside its accounts."""
    rows = missing_values(week.snapshot, None, week.catalogue, week.slices).filter(
        pl.col("feature") == feature, pl.col("slice_key") != ""
    )
    spread = rows.with_columns(
        of_found=pl.col("missing") / pl.col("missing").sum().over("slice_key"),
        of_accounts=pl.col("accounts") / pl.col("accounts").sum().over("slice_key"),
    )
    return [
        SliceShare(row["slice_key"], row["slice_value"], row["of_found"], row["of_accounts"])
        for row in spread.iter_rows(named=True)
        if row["missing"]
    ]


def _since(week: Week, feature: str, slice_key: str, slice_value: str) -> dt.date:
    """The first of the Mondays in a row, this one the last, in which as much was missing; twelve weeks back at most."""
    first = week.monday
    for back in range(1, WEEKS_BACK + 1):
        monday = week.monday - dt.timedelta(weeks=back)
        accounts = week.accounts_of(monday)
        if accounts is None:
            break
        found = missing_values(accounts, None, week.catalogue, week.slices)
        same = (pl.col("feature") == feature, pl.col("slice_key") == slice_key, pl.col("slice_value") == slice_value)
        if _beyond(found).filter(*same).is_empty():
            break
        first = monday
    return first


def _table(bad: pl.DataFrame) -> str:
    lines = ["| feature | slice | missing | a week before | allowed |", "| --- | --- | ---: | ---: | ---: |"]
    for row in bad.head(20).iter_rows(named=True):
        where = f"{row['slice_key']} {row['slice_value']}".strip() or "all"
        was, allowed = ("" if value is None else f"{value:.1%}" for value in (row["share_before"], row["allowed"]))
        lines.append(f"| {row['feature']} | {where} | {row['share']:.1%} | {was} | {allowed} |")
    return "\n".join(lines)
