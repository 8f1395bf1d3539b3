"""A segmentation: everything that scoring needs, as one frozen value.

Belongs here: the segments in force, assigning accounts to them, and the segmentation as JSON and as a readable text.
Does not: how it is fitted (refresh.py), where it is kept (resources/).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Self

import polars as pl

from seg_assets.catalogs.model import SEGMENT_ID, TIER
from seg_assets.segmentation.confidence import Confidence
from seg_assets.segmentation.definitions import Definition
from seg_assets.segmentation.events import Tombstone
from seg_assets.segmentation.holding import (
    HELD_WEEK,
    SHOWN,
    SHOWN_BOX,
    remembered,
    remembered_columns,
    with_footing,
    with_hold,
    with_shown_box,
)
from seg_assets.segmentation.indices import IndexSet
from seg_assets.segmentation.intent.index import IntentIndex
from seg_assets.segmentation.labels import NO_LABELS, Labels, with_labels, with_verdicts
from seg_assets.segmentation.names import Signature
from seg_assets.segmentation.reference import Reference
from seg_assets.segmentation.scoring import (
    BOX,
    SEGMENT,
    held_words,
    looked_up,
    margins,
    nearest,
    reasons,
    with_segment,
)
from seg_assets.segmentation.serialise import canonical_json, from_values, to_values
from seg_assets.segmentation.tree import Split
from seg_assets.segmentation.wording import Vocabulary

FORMAT = 2
MARGIN, SECOND = "__margin", "__second"
# What no comparison with a population without groups has shown to be more.
CONSTRUCTED = "constructed"


@dataclass(frozen=True)
class Segment:
    """One part of the population. signature: what has to stay alike for the name to stay (names.signature); kind:
    natural, reproducible or constructed, by what populations without groups show.
    """

    segment_id: str
    name: str
    definition: Definition
    play: str | None
    action: str | None
    signature: Signature
    kind: str = CONSTRUCTED


@dataclass(frozen=True)
class Segmentation:
    """Exclusive and exhaustive segments, ordered by segment_id.

    splits: the tree whose leaves they are, from which the next refresh starts; highest_id: the highest number of a
    segment_id ever issued; intent: None until enough labels have matured; intent_weight: what its axis counted beside
    the axes of likeness when the segments were grown, None where it did not; metrics: figures of the refresh, by name.
    """

    catalogue: str
    reference: Reference
    intent: IntentIndex | None
    intent_weight: float | None
    segments: tuple[Segment, ...]
    splits: tuple[Split, ...]
    confidence: Confidence
    vocabulary: Vocabulary
    tombstones: tuple[Tombstone, ...]
    highest_id: int
    metrics: dict[str, float]

    @property
    def index_set(self) -> IndexSet:
        """The indices that definitions may ask for."""
        return IndexSet(self.reference, self.intent)

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """The segments' definitions, in their order."""
        return tuple(segment.definition for segment in self.segments)

    @property
    def required_columns(self) -> tuple[str, ...]:
        """The columns that `assign` reads, sorted."""
        return tuple(sorted({"snapshot_date", *self.index_set.required_columns, *self.remembered_columns}))

    @property
    def remembered_columns(self) -> tuple[str, ...]:
        """The columns of earlier snapshots that `assign` reads, sorted."""
        return tuple(sorted(remembered_columns(self.definitions, self.index_set)))

    def indices(self, frame: pl.LazyFrame | pl.DataFrame) -> pl.LazyFrame:
        """account_id and a Float64 column an index, 0 to 100."""
        return frame.lazy().select("account_id", *self.index_set.expressions())

    def assign(
        self,
        frame: pl.LazyFrame | pl.DataFrame,
        earlier: Sequence[pl.LazyFrame | None] = (),
        hold_weeks: int = 0,
        labels: Labels = NO_LABELS,
    ) -> pl.LazyFrame:
        """Each account's segment and how sure it is. frame: account rows with `required_columns` and what labels ask.

        hold_weeks: how long an account that has crossed a border is held where it was, 0 to 2; earlier: account rows
        with `remembered_columns` of the Mondays before (calendar.remembered_mondays), None for one that did not land.
        labels: flags on top, of the account as it is shown; an index that the segmentation lacks is null to them.

        Columns: account_id, snapshot_date, segment_id, segment_name, rule_segment_id, held, confidence (Float64: the
        probability that the rule segment at the next scoring is segment_id, not of conversion; null before it could be
        learned), second_segment_id (the nearest other segment, of a held account its rule segment), reasons
        (list[str]), unusual, labels (list[str], by priority), action (what marketing does), action_from (the label that
        it comes from, or "segment"), action_reason.
        Expressions only: lazy, streaming, row by row independent.
        """
        placed = self._placed(frame, labels)
        if hold_weeks:
            placed = self._held(placed, earlier, hold_weeks)
        ids = [s.segment_id for s in self.segments]
        placed = placed.with_columns(looked_up(ids, pl.col(SHOWN), pl.String).alias(SEGMENT_ID))
        return self.told(with_labels(placed, labels), hold_weeks, labels)

    def told(self, found: pl.LazyFrame, hold_weeks: int = 0, labels: Labels = NO_LABELS) -> pl.LazyFrame:
        """The columns of `assign`, from what is found of accounts as codes, here or by SQL (sql/codes.py).

        found: account_id, snapshot_date, SEGMENT, SHOWN, HELD_WEEK, SHOWN_BOX, SECOND, MASK, confidence, unusual and
        the columns that the definitions ask for.
        """
        ids = [s.segment_id for s in self.segments]
        names = [s.name for s in self.segments]
        shown = pl.col(SHOWN)
        play = looked_up([s.action for s in self.segments], shown, pl.String)
        last = held_words(names, hold_weeks, shown, pl.col(HELD_WEEK)) if hold_weeks else None
        return with_verdicts(found, labels, play).select(
            "account_id",
            "snapshot_date",
            looked_up(ids, shown, pl.String).alias(SEGMENT_ID),
            looked_up(names, shown, pl.String).alias("segment_name"),
            looked_up(ids, pl.col(SEGMENT), pl.String).alias("rule_segment_id"),
            (pl.col(HELD_WEEK) > 0).alias("held"),
            "confidence",
            looked_up(ids, pl.col(SECOND), pl.String).alias("second_segment_id"),
            reasons(self.definitions, self.vocabulary, pl.col(SHOWN_BOX), last).alias("reasons"),
            "unusual",
            "labels",
            "action",
            "action_from",
            "action_reason",
        )

    def unanswered(self, labels: Labels, columns: Collection[str]) -> tuple[str, ...]:
        """What `labels` ask that is neither of `columns`, which accounts have, nor an index: null to all of them.

        Intent, as long as no outcome was known when the segmentation was fitted.
        """
        answered = {*columns, *self.index_set.names, SEGMENT_ID}
        return tuple(name for name in labels.columns if name not in answered)

    def answerable(self, frame: pl.LazyFrame | pl.DataFrame, labels: Labels) -> pl.LazyFrame:
        """The columns of `frame` that scores and labels ask for, and the indices; what is `unanswered` is null."""
        there = frame.lazy().collect_schema().names() if labels.columns else []
        asked = set(self.required_columns).union(name for name in labels.columns if name in there)
        unanswered = self.unanswered(labels, there)
        steps = frame.lazy().select(sorted(asked))
        steps = steps.with_columns(pl.lit(None, pl.String if n == TIER else pl.Float64).alias(n) for n in unanswered)
        return steps.with_columns(*self.index_set.expressions())

    def _placed(self, frame: pl.LazyFrame | pl.DataFrame, labels: Labels) -> pl.LazyFrame:
        """Where the definitions alone put the accounts, and how sure that is."""
        distances = [f"__distance_{position}" for position in range(len(self.segments))]
        steps = self.answerable(frame, labels).with_columns(self.reference.unusual_expression())
        steps = with_segment(steps, self.definitions)
        away = margins(self.definitions, self.confidence, pl.col(SEGMENT))
        steps = steps.with_columns(expression.alias(name) for expression, name in zip(away, distances, strict=True))
        steps = steps.with_columns(pl.min_horizontal([pl.col(name) for name in distances]).alias(MARGIN))
        return steps.with_columns(
            pl.lit(0).alias(HELD_WEEK),
            pl.col(SEGMENT).alias(SHOWN),
            pl.col(BOX).alias(SHOWN_BOX),
            nearest([pl.col(name) for name in distances], pl.col(MARGIN)).alias(SECOND),
            self.confidence.expression(pl.col(MARGIN)).alias("confidence"),
        )

    def _held(self, placed: pl.LazyFrame, earlier: Sequence[pl.LazyFrame | None], hold_weeks: int) -> pl.LazyFrame:
        """`placed`, with some accounts where they were: what is told of these is of the segment they are shown in."""
        rules = (self.definitions, self.confidence, self.index_set)
        past = [None if snapshot is None else remembered(snapshot, *rules) for snapshot in earlier]
        steps = with_hold(with_footing(placed, *rules), past, hold_weeks)
        held = pl.col(HELD_WEEK) > 0
        # A held account is just across the border: what is not the chance to stay there is, as it turns out, the
        # chance to be back.
        return with_shown_box(steps, self.definitions, self.confidence).with_columns(
            pl.when(held).then(SEGMENT).otherwise(SECOND).alias(SECOND),
            pl.when(held).then((1 - pl.col("confidence")).round(4)).otherwise("confidence").alias("confidence"),
        )

    def words(self, segment: Segment) -> str:
        """The segment's definition as people read it."""
        return self.vocabulary.definition(segment.definition)

    def definitions_text(self) -> str:
        """All segments as a Markdown page: name, what decides, the same as SQL, the play; then ids that have ended."""
        lines = [f"# Segments of {self.catalogue}", ""]
        for segment in self.segments:
            lines += [f"## {segment.segment_id} {segment.name}", "", f"Accounts where {self.words(segment)}.", ""]
            lines += ["```sql", segment.definition.sql(), "```", ""]
            if segment.play:
                lines += [f"{segment.play}: {segment.action}", ""]
        if self.index_set.names:
            lines += ["## Indices", ""]
        for index in self.reference.indices:
            weights = ", ".join(f"{self.vocabulary.term(c.feature).title} {c.weight:+.2f}" for c in index.contributions)
            lines.append(f"- {index.title} (`{index.name}`): {weights}")
        if self.intent is not None:
            most = ", ".join(self.vocabulary.term(item.bins.feature).title for item in self.intent.items[:5])
            chance = self.intent.anchor_odds / (1 + self.intent.anchor_odds)
            lines.append(f"- intent (`intent`): 50 is a chance of {chance:.2%}, ten more are twice the odds; by {most}")
        if self.tombstones:
            lines += ["", "## Ended", ""]
        lines += [f"- {t.segment_id} {t.name}: {t.words}" for t in self.tombstones]
        return "\n".join(lines) + "\n"

    def to_json(self) -> str:
        """Canonical JSON: equal segmentations give equal texts."""
        return canonical_json({"format": FORMAT, **to_values(self)})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` gave. Raises ValueError for another format or shape."""
        values: dict[str, Any] = json.loads(text)
        if values.pop("format", None) != FORMAT:
            raise ValueError(f"not a segmentation of format {FORMAT}; fit the service month again")
        return from_values(cls, values)
