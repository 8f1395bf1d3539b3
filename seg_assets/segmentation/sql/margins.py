"""How sure a segment is, as SQL: distances to definitions, the nearest other one, and the table of chances.

Belongs here: what confidence.py and scoring.py compute of margins, operation by operation.
Does not: the SELECT around it (codes.py), which segment holds (definitions.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

import polars as pl
from sqlglot import exp

from seg_assets.segmentation.confidence import FAR, Confidence
from seg_assets.segmentation.definitions import Condition, Definition, Test
from seg_assets.segmentation.model import MARGIN, SECOND, Segmentation
from seg_assets.segmentation.scoring import SEGMENT
from seg_assets.segmentation.sql.select import Columns, Steps, named
from seg_assets.segmentation.sql.syntax import Branches, choice, column, is_missing, minus, number

# An account's own definition: farther than any other can be.
OWN_DISTANCE = 2 * FAR
CHANCE = "__confidence"


def margin_steps(segmentation: Segmentation, known: Columns) -> Steps:
    """Steps that add MARGIN and SECOND, the position of the nearest other segment, to `known`.

    known: columns with SEGMENT, the indices and the features that definitions ask. Both are null where there is one
    segment alone, SECOND also where every other is as far as can be.
    """
    definitions, indices = segmentation.definitions, frozenset(segmentation.index_set.names)
    conditions = dict.fromkeys(c for definition in definitions for box in definition.boxes for c in box.conditions)
    away = {condition: f"__away_{place}" for place, condition in enumerate(conditions)}
    distances = {
        f"__distance_{position}": _unless_own(position, _nearest_box(definition, away))
        for position, definition in enumerate(definitions)
    }
    yield (
        "away",
        known | {name: _distance(condition, segmentation.confidence, indices) for condition, name in away.items()},
    )
    yield "distances", known | distances
    least, second = exp.cast(exp.null(), exp.DType.DOUBLE), exp.cast(exp.null(), exp.DType.INT)
    if len(distances) > 1:
        least, second = exp.func("LEAST", *named(distances).values()), _nearest(list(distances))
    yield "margins", known | named(distances) | {MARGIN: least}
    yield "seconds", known | named([MARGIN]) | {SECOND: second}


def confidence(table: Confidence, held: exp.Expression) -> exp.Expression:
    """The probability that an account stays where it is shown; null where the table or the margin is unknown."""
    if not table.chances:
        return exp.cast(exp.null(), exp.DType.DOUBLE)
    # Worked out here, once a step of the table: engines differ in how they round halves.
    back = pl.Series(table.chances).to_frame("chance").select((1 - pl.col("chance")).round(4)).to_series()
    branches: Branches = [
        (is_missing(MARGIN), exp.null()),
        (held, _chance(table.edges, back.to_list())),
    ]
    return exp.cast(choice(branches, _chance(table.edges, table.chances)), exp.DType.DOUBLE)


def _nearest(distances: Sequence[str]) -> exp.Expression:
    """The position of the first that is as near as MARGIN."""
    far = exp.GTE(this=column(MARGIN), expression=number(FAR))
    same = [exp.EQ(this=column(name), expression=column(MARGIN)) for name in distances]
    return choice([(far, exp.null()), *((holds, number(position)) for position, holds in enumerate(same))])


def _chance(edges: tuple[float, ...], chances: Sequence[float]) -> exp.Expression:
    *below, last = chances
    asked = [exp.LT(this=column(MARGIN), expression=number(edge)) for edge in edges]
    return choice([(holds, number(chance)) for holds, chance in zip(asked, below, strict=True)], number(last))


def _unless_own(position: int, distance: exp.Expression) -> exp.Expression:
    own = exp.EQ(this=column(SEGMENT), expression=number(position))
    return exp.cast(choice([(own, number(OWN_DISTANCE))], distance), exp.DType.DOUBLE)


def _nearest_box(definition: Definition, away: Mapping[Condition, str]) -> exp.Expression:
    boxes = [_extreme("GREATEST", [column(away[c]) for c in box.conditions]) for box in definition.boxes]
    return _extreme("LEAST", boxes)


def _extreme(function: str, values: list[exp.Expression]) -> exp.Expression:
    if not values:
        return number(0)
    return values[0] if len(values) == 1 else exp.func(function, *values)


def _distance(condition: Condition, confidence: Confidence, indices: Set[str]) -> exp.Expression:
    if condition.test not in (Test.AT_LEAST, Test.BELOW):
        return exp.cast(choice([(condition.sql(), number(0))], number(FAR)), exp.DType.DOUBLE)
    at_least = condition.test is Test.AT_LEAST
    missed = minus(column(condition.column), condition.threshold)
    per_noise = 1 / confidence.weekly(condition.column)
    noises = exp.Mul(this=missed, expression=number(-per_noise if at_least else per_noise))
    within = exp.func("GREATEST", exp.func("LEAST", noises, number(FAR)), number(0))
    if condition.column in indices:
        return exp.cast(within, exp.DType.DOUBLE)
    unknown, endless = (FAR, 0.0) if at_least else (0.0, FAR)
    branches = [
        (is_missing(condition.column), number(unknown)),
        (exp.IsNan(this=column(condition.column)), number(endless)),
    ]
    return exp.cast(choice(branches, within), exp.DType.DOUBLE)
