"""How far definitions moved from one refresh to the next, in the features' own units.

Belongs here: thresholds that moved, definitions that ask something else.
Does not: the accounts that changed segment by it (migrations.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from seg_assets.segmentation.definitions import Condition, Definition, Test
from seg_assets.segmentation.model import Segment, Segmentation
from seg_assets.segmentation.wording import Vocabulary, quantity

NUMERIC = (Test.AT_LEAST, Test.BELOW)
INDEX_UNIT = "points"


@dataclass(frozen=True)
class Drift:
    """A threshold of a column in the definitions of `segment_ids`, before and after, in `unit`.

    Equal where it did not move.
    """

    column: str
    before: float
    after: float
    unit: str
    segment_ids: tuple[str, ...]
    says: str


def threshold_drift(before: Segmentation, after: Segmentation) -> tuple[Drift, ...]:
    """Every threshold of `after` that `before` has on the same column for the same segment_id, moved or not.

    Each once, in order of columns and values: two segments on both sides of a border share it.
    """
    found: dict[tuple[str, float, float], dict[str, None]] = {}
    for old, new in _living(before, after):
        for column, was, now in _paired(old.definition, new.definition):
            found.setdefault((column, was, now), {})[new.segment_id] = None
    vocabulary = after.vocabulary
    return tuple(_drift(vocabulary, *found_at, tuple(ids)) for found_at, ids in sorted(found.items()))


def other_questions(before: Segmentation, after: Segmentation) -> dict[str, str]:
    """A sentence for each segment_id whose definition asks something else than it did, beyond another threshold."""
    return {
        new.segment_id: f"{new.segment_id} {new.name} is where {after.words(new)}; it was where {before.words(old)}."
        for old, new in _living(before, after)
        if _questions(old.definition) != _questions(new.definition)
    }


def _living(before: Segmentation, after: Segmentation) -> Iterator[tuple[Segment, Segment]]:
    old = {segment.segment_id: segment for segment in before.segments}
    yield from ((old[segment.segment_id], segment) for segment in after.segments if segment.segment_id in old)


def _questions(definition: Definition) -> set[tuple[tuple[str, Test, tuple[str, ...]], ...]]:
    return {tuple(sorted((c.column, c.test, tuple(sorted(c.levels))) for c in b.conditions)) for b in definition.boxes}


def _paired(before: Definition, after: Definition) -> Iterator[tuple[str, float, float]]:
    """(column, threshold before, threshold after) of thresholds of the same kind, paired by the smallest distances."""
    from scipy.optimize import linear_sum_assignment

    asked = [_thresholds(definition) for definition in (before, after)]
    for key in sorted(asked[0].keys() & asked[1].keys()):
        old, new = (np.array(sorted(side[key])) for side in asked)
        rows, columns = linear_sum_assignment(np.abs(old[:, None] - new))
        for row, column in zip(rows, columns, strict=True):
            yield key[0], float(old[row]), float(new[column])


def _thresholds(definition: Definition) -> dict[tuple[str, Test], set[float]]:
    found: dict[tuple[str, Test], set[float]] = {}
    for condition in _conditions(definition):
        if condition.test in NUMERIC:
            found.setdefault((condition.column, condition.test), set()).add(condition.threshold)
    return found


def _conditions(definition: Definition) -> Iterator[Condition]:
    yield from (condition for box in definition.boxes for condition in box.conditions)


def _drift(vocabulary: Vocabulary, column: str, before: float, after: float, segment_ids: tuple[str, ...]) -> Drift:
    term = vocabulary.term(column)
    unit = INDEX_UNIT if term.index else term.unit
    spoken = "" if term.index else term.unit
    where = f" ({', '.join(segment_ids)})"
    said = f"{term.title}{where} has its border at {quantity(after, spoken)}, as before."
    if before != after:
        said = f"{term.title}{where} has its border at {quantity(after, spoken)}; it was {quantity(before, spoken)}."
    return Drift(column, before, after, unit, segment_ids, said[:1].upper() + said[1:])
