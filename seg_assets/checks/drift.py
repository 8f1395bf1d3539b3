"""Drift of a week against the champion's training snapshot and against the week before.

Belongs here: which drift is told and which stops the scoring, and its words. Does not: distances (monitoring/drift.py),
Evidently's page (drift_page.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from resources.pages import Pages
from seg_assets.checks.commands import history
from seg_assets.checks.drift_page import drift_page
from seg_assets.checks.finding import Finding, features_text
from seg_assets.checks.week import SNAPSHOTS, Week
from seg_assets.segmentation import Segmentation
from seg_assets.segmentation.monitoring.causes import SliceShare, likely_causes
from seg_assets.segmentation.monitoring.counts import Column, count, monitored
from seg_assets.segmentation.monitoring.drift import drift
from seg_assets.steps.models import Champion

WARNS = 0.1
BLOCKS = 0.25
"""Of the stability index; blocks only what the definitions use, against the champion's training snapshot."""
FEWEST = 500
"""A slice with fewer accounts on either side is not judged by itself: one empty bin alone moves its index by 0.1."""
WEEKS_BACK = 12

TRAINING, LAST_WEEK = "the champion's training snapshot", "the week before"


@dataclass(frozen=True)
class Drifted:
    """Figures (monitoring.drift.SCHEMA) of a week against the training snapshot, and the week before if landed."""

    columns: tuple[Column, ...]
    training: pl.DataFrame
    last_week: pl.DataFrame | None


def drift_of_week(week: Week, pages: Pages) -> Finding:
    """The verdict on one week, with a page of Evidently's where something moved.

    It blocks only against the training snapshot: the week after a bad one differs from that, and is good.
    """
    expected = f"stability index below {WARNS}; from {BLOCKS} on, of what the definitions use, blocks"
    if week.champion is None:
        return Finding("no champion yet: nothing to compare with", expected, "not compared")
    found = figures(week, week.champion)
    if found is None:
        return Finding(
            f"the training snapshot {week.champion.trained_on} is gone: nothing to compare with",
            expected,
            "not compared",
        )
    used = used_features(week.champion.segmentation)
    bad = moved(found)
    if bad.is_empty():
        return Finding("nothing moved", expected, f"at most {_largest(found.training):.3f}")
    against = bad.filter(pl.col("against") == TRAINING)
    stops = against.filter(pl.col("feature").is_in(sorted(used)) & (pl.col("population_stability_index") >= BLOCKS))
    finding = _told(week, found, bad, used, blocks=not stops.is_empty(), expected=expected)
    baseline = week.accounts_of(week.champion.trained_on)
    if baseline is None:
        return finding
    worst_first = {name: place for place, name in enumerate(dict.fromkeys(bad["feature"]))}
    shown = sorted((c for c in found.columns if c.name in worst_first), key=lambda column: worst_first[column.name])
    page = drift_page(baseline, week.snapshot, shown, week.slices)
    return replace(finding, page=str(pages.write(f"drift/{week.monday}", page)))


def figures(week: Week, champion: Champion) -> Drifted | None:
    """Exact figures over all rows, in the champion's transform; None where its training snapshot is gone."""
    training = week.accounts_of(champion.trained_on)
    if training is None:
        return None
    columns = columns_of(week, champion, training)
    now = count(week.snapshot, columns, week.slices)
    last = None if week.before is None else count(week.before, columns, week.slices)
    return Drifted(
        columns=columns,
        training=drift(count(training, columns, week.slices), now, columns),
        last_week=None if last is None else drift(last, now, columns),
    )


def columns_of(week: Week, champion: Champion, training: pl.LazyFrame) -> tuple[Column, ...]:
    """What can be compared: the features that the champion knows and that both snapshots have."""
    there = week.columns & set(training.collect_schema())
    return tuple(c for c in monitored(week.catalogue, champion.segmentation.reference) if c.name in there)


def used_features(segmentation: Segmentation) -> set[str]:
    """The features that decide: in conditions, or in an index that is in one."""
    made_of = {i.name: {c.feature for c in i.contributions} for i in segmentation.reference.indices}
    if segmentation.intent is not None:
        made_of["intent"] = set(segmentation.intent.required_columns)
    asked = {column for definition in segmentation.definitions for column in definition.columns}
    return {feature for column in asked for feature in made_of.get(column, {column})}


def moved(found: Drifted) -> pl.DataFrame:
    """The figures that are too large, with `against`, the largest first and everyone before slices."""
    both = [found.training.with_columns(against=pl.lit(TRAINING))]
    if found.last_week is not None:
        both.append(found.last_week.with_columns(against=pl.lit(LAST_WEEK)))
    index = pl.col("population_stability_index")
    enough = pl.min_horizontal("accounts", "baseline_accounts") >= FEWEST
    return (
        pl.concat(both)
        .filter((index >= WARNS) & (index > pl.col("by_chance")) & ((pl.col("slice_key") == "") | enough))
        .sort(
            pl.col("slice_key") != "",
            pl.col("against") != TRAINING,
            index.neg(),
            "feature",
            "slice_key",
            "slice_value",
        )
    )


def _told(week: Week, found: Drifted, bad: pl.DataFrame, used: set[str], *, blocks: bool, expected: str) -> Finding:
    worst = bad.row(0, named=True)
    features = list(dict.fromkeys(bad["feature"]))
    source_of = {column.name: column.source for column in found.columns}
    where = f" where {worst['slice_key']} is {worst['slice_value']}" if worst["slice_key"] else ""
    also = f"; so have {len(features) - 1} more: {', '.join(features[1:8])}" if len(features) > 1 else ""
    frame = found.training if worst["against"] == TRAINING or found.last_week is None else found.last_week
    affected = _affected(week, worst, _gate(found.columns, worst["feature"]))
    return Finding(
        told=f"{worst['feature']}{where} has drifted from {worst['against']}: stability index "
        f"{worst['population_stability_index']:.2f}{also}",
        expected=expected,
        seen=f"{features_text(len(features))} beyond {WARNS}, most {worst['feature']}: "
        f"{worst['population_stability_index']:.3f}, {worst['moved_share']:.0%} of its accounts are in other bins",
        passed=False,
        blocks=blocks,
        since=_since(week, worst),
        accounts=affected.height,
        arr=week.value_of(affected),
        causes=likely_causes(features, source_of, slice_shares(frame, worst["feature"])),
        look_closer=history(SNAPSHOTS, worst["feature"]),
        table=_table(bad, used),
    )


def _largest(figures: pl.DataFrame) -> float:
    found = figures.filter(pl.col("slice_key") == "")["population_stability_index"].drop_nulls().to_list()
    return max(found, default=0.0)


def _gate(columns: Sequence[Column], feature: str) -> str | None:
    return next(column.gate for column in columns if column.name == feature)


def _affected(week: Week, worst: dict[str, object], gate: str | None) -> pl.DataFrame:
    """The accounts that the worst figure is about: all that its feature applies to, in its slice."""
    applies = pl.lit(True) if gate is None else pl.col(gate).fill_null(True)
    inside = pl.col(str(worst["slice_key"])) == worst["slice_value"] if worst["slice_key"] else pl.lit(True)
    return week.told_of(week.snapshot.filter(applies & inside))


def slice_shares(figures: pl.DataFrame, feature: str) -> list[SliceShare]:
    """Each slice's part of the accounts of `feature` that would have to change bins."""
    rows = figures.filter(pl.col("feature") == feature, pl.col("slice_key") != "", pl.col("moved_share").is_not_null())
    mass = pl.col("moved_share") * pl.col("accounts")
    spread = rows.with_columns(
        of_found=mass / mass.sum().over("slice_key"),
        of_accounts=pl.col("accounts") / pl.col("accounts").sum().over("slice_key"),
    )
    return [
        SliceShare(row["slice_key"], row["slice_value"], row["of_found"], row["of_accounts"])
        for row in spread.iter_rows(named=True)
    ]


def _since(week: Week, worst: dict[str, object]) -> dt.date:
    """The first of the Mondays in a row, this one the last, that had drifted as much under the same definitions."""
    champion = week.champion
    if worst["against"] == LAST_WEEK or champion is None:
        return week.monday
    first, training = week.monday, week.accounts_of(champion.trained_on)
    if training is None:
        return first
    columns = [c for c in monitored(week.catalogue, champion.segmentation.reference) if c.name == worst["feature"]]
    then = count(training, columns, week.slices)
    alike = [pl.col(name) == worst[name] for name in ("feature", "slice_key", "slice_value", "against")]
    for back in range(1, WEEKS_BACK + 1):
        monday = week.monday - dt.timedelta(weeks=back)
        accounts = None if monday <= champion.trained_on else week.accounts_of(monday)
        if accounts is None:
            break
        now = drift(then, count(accounts, columns, week.slices), columns)
        if moved(Drifted(tuple(columns), now, None)).filter(*alike).is_empty():
            break
        first = monday
    return first


def _table(bad: pl.DataFrame, used: set[str]) -> str:
    lines = [
        "| feature | slice | against | stability index | by chance | in the definitions |",
        "| --- | --- | --- | ---: | ---: | --- |",
    ]
    for row in bad.head(20).iter_rows(named=True):
        where = f"{row['slice_key']} {row['slice_value']}".strip() or "all"
        size = f"{row['population_stability_index']:.3f} | {row['by_chance']:.3f}"
        lines.append(
            f"| {row['feature']} | {where} | {row['against']} | {size} | {'yes' if row['feature'] in used else 'no'} |"
        )
    return "\n".join(lines)
