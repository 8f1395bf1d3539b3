"""Labels: overlapping flags on top of the segments, and which of their actions is done.

Belongs here: labels that build on labels, which of them an account has, and whose action goes before whose.
Does not: conditions as expressions (label_conditions.py) and as SQL (sql/labels.py), reading them (catalogs/).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

import polars as pl

from seg_assets.catalogs.model import SEGMENT, Label

if TYPE_CHECKING:
    from sqlglot import exp

PLAY_WORDS = "the segment's play"
TEXTS = pl.List(pl.String)
MASK = "__labels"
"""The sum of 2 ** place over the labels that an account has; places are by priority."""


@dataclass(frozen=True)
class Verdict:
    """What is told of accounts with the same labels, in segments that both have a play or both have none.

    action: of the label that won, None where no label did; action_from: that label's name or SEGMENT, None where there
    is no action at all.
    """

    labels: tuple[str, ...]
    action: str | None
    action_from: str | None
    action_reason: str


@dataclass(frozen=True)
class Labels:
    """The labels of a catalogue, by priority, the most important first."""

    by_priority: tuple[Label, ...]

    @classmethod
    def of(cls, labels: Sequence[Label]) -> Labels:
        """The labels in any order. They have been checked: names and priorities once each, no cycle."""
        return cls(tuple(sorted(labels, key=lambda label: label.priority)))

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(label.name for label in self.by_priority)

    @cached_property
    def asked(self) -> Mapping[str, tuple[str, ...]]:
        """What each label asks by name, the other labels too."""
        from seg_assets.catalogs.label_language import names_in

        return {name: names_in(tree) for name, tree in self.trees.items()}

    @cached_property
    def trees(self) -> Mapping[str, exp.Expression]:
        """The conditions as syntax trees, by label."""
        # Here, since a parser of SQL takes time to import, and most catalogues have no labels.
        from seg_assets.catalogs.label_language import parsed

        return {label.name: parsed(label.when) for label in self.by_priority}

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The features, the indices, `tier` and `segment_id` that any label asks, sorted."""
        return tuple(sorted({name for names in self.asked.values() for name in names} - set(self.names)))

    def asking(self, columns: Collection[str]) -> tuple[str, ...]:
        """The labels that ask any of `columns`, themselves or by a label that they build on; in the order of names."""
        found: set[str] = set()
        for generation in self.generations():
            found |= {name for name in generation if found.union(columns).intersection(self.asked[name])}
        return tuple(name for name in self.names if name in found)

    def generations(self) -> Iterator[tuple[str, ...]]:
        """The labels in an order in which each comes after those that it builds on: many at a time."""
        sorter = TopologicalSorter(
            {name: [other for other in names if other in self.names] for name, names in self.asked.items()}
        )
        sorter.prepare()
        while sorter.is_active():
            ready = sorter.get_ready()
            yield tuple(name for name in self.names if name in ready)
            sorter.done(*ready)

    def verdict(self, holding: Collection[str], *, has_play: bool) -> Verdict:
        """What is told of an account for which the labels in `holding` are true."""
        held = [label for label in self.by_priority if label.name in holding]
        names = tuple(label.name for label in held)
        acting = [label for label in held if label.action is not None]
        play = [PLAY_WORDS] if has_play else []
        if not acting:
            said = f"{', '.join(play) or 'no play'}; no label with an action holds"
            return Verdict(names, None, SEGMENT if has_play else None, said)
        winner, *others = acting
        behind = [*(f"{label.name} ({label.priority})" for label in others), *play]
        said = f"goes before {_listed(behind)}" if behind else "is the only one with an action"
        return Verdict(names, winner.action, winner.name, f"{winner.name} (priority {winner.priority}) {said}")


NO_LABELS = Labels(())


def with_labels(frame: pl.LazyFrame, labels: Labels) -> pl.LazyFrame:
    """`frame` with MASK. frame: accounts with all of `labels.columns`, nulls where nobody is known to have anything."""
    from seg_assets.segmentation.label_conditions import expression

    flags = {name: f"{MASK}_{name}" for name in labels.names}
    for generation in labels.generations():
        found = {name: pl.col(flags.get(name, name)) for label in generation for name in labels.asked[label]}
        frame = frame.with_columns(
            expression(labels.trees[name], found).fill_null(False).alias(flags[name]) for name in generation
        )
    bits = [pl.col(flag).cast(pl.UInt64) * (1 << place) for place, flag in enumerate(flags.values())]
    return frame.with_columns(pl.sum_horizontal(pl.lit(0, pl.UInt64), *bits).alias(MASK))


def with_verdicts(frame: pl.LazyFrame, labels: Labels, play: pl.Expr) -> pl.LazyFrame:
    """`frame`, which has MASK, with `labels` (list[str], by priority), `action`, `action_from` and `action_reason`.

    play: what the segment's play says to do, null where there is none.
    """
    has_play = play.is_not_null().cast(pl.UInt64) * (1 << len(labels.names))
    winner = _of_mask(labels, lambda verdict: verdict.action, pl.String)
    return frame.with_columns((pl.col(MASK).cast(pl.UInt64) + has_play).alias(MASK)).with_columns(
        _of_mask(labels, lambda verdict: list(verdict.labels), TEXTS).alias("labels"),
        pl.coalesce(winner, play).alias("action"),
        _of_mask(labels, lambda verdict: verdict.action_from, pl.String).alias("action_from"),
        _of_mask(labels, lambda verdict: verdict.action_reason, pl.String).alias("action_reason"),
    )


def _of_mask(labels: Labels, part: Callable[[Verdict], object], dtype: pl.DataType | type[pl.DataType]) -> pl.Expr:
    """One part of the verdict on each account, worked out once for each set of labels that any account has."""

    def told(masks: pl.Series) -> pl.Series:
        found = masks.unique().sort()
        parts = [part(_verdict(labels, mask)) for mask in found]
        return pl.Series(parts, dtype=dtype).gather(found.search_sorted(masks))

    return pl.col(MASK).map_batches(told, return_dtype=dtype, is_elementwise=True)


def _verdict(labels: Labels, mask: int) -> Verdict:
    holding = [name for bit, name in enumerate(labels.names) if mask & (1 << bit)]
    return labels.verdict(holding, has_play=bool(mask & (1 << len(labels.names))))


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
