"""Why an account is in its segment, what would move it to the nearest other, and where it has been.

Belongs here: what is stored of one account, with its definitions, as one value that people and programs read.
Does not: reading tables (steps/explain.py), how it looks on a screen (console.py), whole populations (scoring.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, isfinite

import polars as pl

from seg_assets.segmentation.account_history import ScoredWeek, Scores, StoredAccount, history
from seg_assets.segmentation.confidence import FAR
from seg_assets.segmentation.definitions import Test
from seg_assets.segmentation.intent.index import INTENT, IntentIndex, Item
from seg_assets.segmentation.model import Segment, Segmentation
from seg_assets.segmentation.placement import Judged, Placement, Value, columns_for
from seg_assets.segmentation.wording import NOT_KNOWN, Term, Vocabulary, level_words, quantity

# So many features that add most to intent are told, and as many that take most.
TOLD = 3


@dataclass(frozen=True)
class Met:
    """A condition that the account meets. text: as in the reasons of segment_scores; asked: the condition alone."""

    text: str
    column: str
    value: Value
    asked: str


@dataclass(frozen=True)
class Change:
    """A condition that the account does not meet. short_by: how far its value is from the threshold, in `unit`.

    Below a threshold of a feature takes more than that, however little. short_by is None for levels and for values
    that are not known or not finite; weeks_of_noise is None where it is FAR or more.
    """

    text: str
    column: str
    value: Value
    asked: str
    short_by: float | None
    unit: str
    weeks_of_noise: float | None


@dataclass(frozen=True)
class Neighbour:
    """Another segment than the account's values meet, and what would move it there, its other values staying.

    weeks_of_noise: of the change that is farthest, None where that is FAR or more: then no segment is near, and this
    is the one that takes the fewest changes.
    """

    segment_id: str
    segment_name: str
    weeks_of_noise: float | None
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Points:
    """What one feature's value is worth, in points of intent against the average account."""

    feature: str
    title: str
    value: str
    points: float


@dataclass(frozen=True)
class IntentPoints:
    """An account's intent as a sum: start + adds + takes + others, rounded to whole points within 0 and 100.

    start: where the average account is; anchor_chance: the probability of converting that 50 points stand for.
    """

    intent: float
    start: float
    adds: tuple[Points, ...]
    takes: tuple[Points, ...]
    others: float
    anchor_chance: float


@dataclass(frozen=True)
class Explanation:
    """One account in one scored week.

    reasons, confidence, labels, action: as stored; action_from says whose action it is, action_reason why it is that
    one, both None where the week was scored before that was told. confidence is the probability of the same segment at
    the next scoring, not of conversion, None where the model had no earlier snapshot to learn it from. conditions: of
    the rule segment, which the account's values meet; the reasons are their texts, unless it is held in another
    segment, or override_owner, a person, set it. nearest: of a held account that segment, None where there is one
    segment only. outdated: why what is stored does not follow from the stored values, None where it does.
    """

    account_id: str
    account_name: str | None
    week: dt.date
    newest_week: dt.date
    definition_version: str
    before_first_model: bool
    segment_id: str
    segment_name: str
    rule_segment_id: str
    rule_segment_name: str
    held: bool
    override_owner: str | None
    reasons: tuple[str, ...]
    confidence: float | None
    labels: tuple[str, ...]
    action: str | None
    action_from: str | None
    action_reason: str | None
    conditions: tuple[Met, ...]
    nearest: Neighbour | None
    intent: IntentPoints | None
    history: tuple[ScoredWeek, ...]
    outdated: str | None


def columns_explained(segmentation: Segmentation) -> set[str]:
    """The columns of account_snapshots that an explanation reads."""
    return columns_for(segmentation) | set(() if segmentation.intent is None else segmentation.intent.required_columns)


def explain(
    account: StoredAccount, week: dt.date, weeks: Sequence[dt.date], *, texts: Scores, name: str | None
) -> Explanation:
    """The account in `week`, and its history in `weeks`.

    account: with scores, snapshot and definitions of that week. texts: its reasons, labels, action, action_from and
    action_reason, as stored. Raises KeyError where any of them lacks.
    """
    row = account.rows[week]
    segmentation = account.segmentations[row["definition_version"]]
    placement = account.placements[row["definition_version"]][week]
    rule = placement.segment
    snapshot = account.snapshots.filter(pl.col("snapshot_date") == week)
    return Explanation(
        account_id=account.account_id,
        account_name=name,
        week=week,
        newest_week=max(account.scored),
        definition_version=row["definition_version"],
        before_first_model=row["before_first_model"],
        segment_id=row["segment_id"],
        segment_name=row["segment_name"],
        rule_segment_id=rule.segment_id,
        rule_segment_name=rule.name,
        held=row["held"],
        override_owner=row["override_owner"],
        reasons=tuple(texts["reasons"]),
        confidence=row["confidence"],
        labels=tuple(texts["labels"]),
        action=texts["action"],
        action_from=texts["action_from"],
        action_reason=texts["action_reason"],
        conditions=conditions_met(placement, segmentation.vocabulary),
        nearest=nearest_other(segmentation, placement, row["segment_id"] if row["held"] else None),
        intent=None
        if segmentation.intent is None
        else intent_points(segmentation.intent, segmentation.vocabulary, snapshot),
        history=history(account, weeks),
        outdated=_outdated(row, texts["reasons"], placement, week),
    )


def conditions_met(placement: Placement, vocabulary: Vocabulary) -> tuple[Met, ...]:
    """The conditions that make the account's segment."""
    return tuple(
        Met(text, judged.condition.column, judged.value, vocabulary.demand(judged.condition))
        for text, judged in zip(placement.reasons, placement.conditions, strict=True)
    )


def nearest_other(segmentation: Segmentation, placement: Placement, held_in: str | None = None) -> Neighbour | None:
    """The nearest other segment, as scoring finds it; where none is near, the one that takes the fewest changes.

    held_in: the one segment to look at. Of boxes that are equally far the one with fewest changes, then the first.
    """
    owners = [segment for segment in segmentation.segments for _ in segment.definition.boxes]
    others = [
        (segment, tuple(judged for judged in box if not judged.holds))
        for segment, box in zip(owners, placement.boxes, strict=True)
        if segment.segment_id != placement.segment.segment_id and held_in in (None, segment.segment_id)
    ]
    if not others:
        return None
    segment, unmet = min(others, key=lambda other: _farness(segmentation, *other))
    away = max(judged.weeks_of_noise for judged in unmet)
    return Neighbour(
        segment_id=segment.segment_id,
        segment_name=segment.name,
        weeks_of_noise=away if away < FAR else None,
        changes=tuple(_change(judged, segmentation.vocabulary) for judged in unmet),
    )


def _farness(segmentation: Segmentation, segment: Segment, unmet: Sequence[Judged]) -> tuple[float, float, float, int]:
    """What orders other segments by how near they are: as scoring does where any is near, else by what it takes."""
    away = [judged.weeks_of_noise for judged in unmet]
    farthest, place = max(away), segmentation.segments.index(segment)
    return (farthest, len(away), sum(away), place) if farthest >= FAR else (farthest, place, len(away), 0)


def _change(judged: Judged, vocabulary: Vocabulary) -> Change:
    condition, term = judged.condition, vocabulary.term(judged.condition.column)
    demand, short_by = vocabulary.demand(condition), _short_by(judged, whole=term.index)
    far = judged.weeks_of_noise >= FAR
    away = ""
    if short_by is not None:
        noise = f"{FAR:.0f} weeks of noise or more" if far else _noise(judged.weeks_of_noise)
        away = f"; {_amount(condition.test, short_by, term)}, {noise}"
    return Change(
        text=f"{term.title} {judged.said} (asked: {demand}{away})",
        column=condition.column,
        value=judged.value,
        asked=demand,
        short_by=short_by,
        unit=term.unit,
        weeks_of_noise=None if far else judged.weeks_of_noise,
    )


def _short_by(judged: Judged, *, whole: bool) -> float | None:
    """whole: whether the column has whole numbers only, so that below 50 is 49."""
    condition, value = judged.condition, judged.value
    if condition.test not in (Test.AT_LEAST, Test.BELOW) or not isinstance(value, int | float) or not isfinite(value):
        return None
    if condition.test is Test.AT_LEAST:
        return condition.threshold - value
    return value - (ceil(condition.threshold) - 1 if whole else condition.threshold)


def _amount(test: Test, short_by: float, term: Term) -> str:
    """How much more or less it takes: "2 more", "more than 300 USD less"."""
    amount = f"{100 * short_by:.4g} percentage points" if term.unit == "share" else quantity(short_by, term.unit)
    if test is Test.AT_LEAST:
        return f"{amount} more"
    if term.index:
        return f"{amount} less"
    return f"more than {amount} less" if short_by > 0 else "any less"


def _noise(weeks: float) -> str:
    return "less than 0.1 weeks of noise" if weeks < 0.1 else f"{weeks:.1f} weeks of noise"


def intent_points(index: IntentIndex, vocabulary: Vocabulary, snapshot: pl.DataFrame) -> IntentPoints:
    """What the scorecard gives for each feature. snapshot: one account row."""
    items = [item.expression().alias(f"item {number}") for number, item in enumerate(index.items)]
    tenths = snapshot.select("account_id", *items).row(0)[1:]
    worth = [(points, item) for points, item in zip(tenths, index.items, strict=True) if points != 0]
    adds = sorted((pair for pair in worth if pair[0] > 0), key=lambda pair: -pair[0])[:TOLD]
    takes = sorted((pair for pair in worth if pair[0] < 0), key=lambda pair: pair[0])[:TOLD]
    told = sum(points for points, _ in (*adds, *takes))
    return IntentPoints(
        intent=snapshot.select(index.expression())[INTENT].item(),
        start=index.base_tenths / 10,
        adds=tuple(_points(points, item, vocabulary, snapshot) for points, item in adds),
        takes=tuple(_points(points, item, vocabulary, snapshot) for points, item in takes),
        others=(sum(tenths) - told) / 10,
        anchor_chance=index.anchor_odds / (1 + index.anchor_odds),
    )


def _points(tenths: int, item: Item, vocabulary: Vocabulary, snapshot: pl.DataFrame) -> Points:
    term, value = vocabulary.term(item.bins.feature), snapshot[item.bins.feature].item()
    if value is None or value != value:
        said = NOT_KNOWN
    elif isinstance(value, bool):
        said = "yes" if value else "no"
    else:
        said = level_words(value) if isinstance(value, str) else quantity(value, term.unit)
    return Points(term.column, term.title, said, tenths / 10)


def _outdated(row: Scores, reasons: Sequence[str], placement: Placement, week: dt.date) -> str | None:
    met = placement.segment.segment_id
    # What a person set to a segment that has ended is told after them.
    conditions = tuple(reasons)[: len(placement.reasons)]
    elsewhere = row["held"] or row["override_owner"] is not None
    if row["rule_segment_id"] == met and (elsewhere or conditions == placement.reasons):
        return None
    return f"the account's values of {week} are not those that were scored: they meet {met}; score {week} again"
