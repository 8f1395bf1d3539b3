"""What a segment is, exactly: readable conditions that are the assignment itself.

Belongs here: conditions, boxes and definitions; their meaning as Polars expressions and as SQL; merging them.
Does not: how definitions come about (tree.py), how they are put in words (wording.py), SQL that computes indices
(sql/).

Missing values and special floats, the same in Polars and in SQL: a value that is null is never `at least`, `one of`
or `true`, and always `below`, `none of` and `not true`; NaN and infinity are at least every threshold, minus infinity
is below every one. So a condition and its negation hold for exactly one of every possible value, and a level that
nobody has seen before is `none of` the levels. DuckDB, Spark and Databricks order NaN above all numbers; for Trino,
where no comparison with NaN holds, it is asked for by name.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from sqlglot import exp


class Test(StrEnum):
    """What a condition asks of its column."""

    AT_LEAST = "at least"
    BELOW = "below"
    ONE_OF = "one of"
    NONE_OF = "none of"
    TRUE = "true"
    NOT_TRUE = "not true"

    __test__ = False  # not for pytest


OPPOSITE = {
    Test.AT_LEAST: Test.BELOW,
    Test.ONE_OF: Test.NONE_OF,
    Test.TRUE: Test.NOT_TRUE,
}
OPPOSITE |= {opposite: test for test, opposite in OPPOSITE.items()}


@dataclass(frozen=True)
class Condition:
    """One test of one index or feature. threshold belongs to at least and below, levels to one of and none of."""

    column: str
    test: Test
    threshold: float = 0.0
    levels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.test in (Test.ONE_OF, Test.NONE_OF) and not self.levels:
            raise ValueError(f"a condition on the levels of {self.column!r} names no level")
        if not math.isfinite(self.threshold):
            raise ValueError(f"the threshold of {self.column!r} is {self.threshold}; it must be a finite number")

    @property
    def negation(self) -> Condition:
        """The condition that holds exactly where this one does not."""
        return Condition(self.column, OPPOSITE[self.test], self.threshold, self.levels)

    def expression(self) -> pl.Expr:
        """Boolean, null only where the condition does not hold."""
        column = pl.col(self.column)
        match self.test:
            case Test.AT_LEAST:
                return column >= self.threshold
            case Test.BELOW:
                return column.is_null() | (column < self.threshold)
            case Test.ONE_OF:
                return column.is_in(list(self.levels))
            case Test.NONE_OF:
                return column.is_null() | ~column.is_in(list(self.levels))
            case Test.TRUE:
                return column
            case Test.NOT_TRUE:
                return column.is_null() | ~column

    def sql(self) -> exp.Expression:
        """The same predicate as a syntax tree, for engines that order NaN above all numbers."""
        from sqlglot import exp

        from seg_assets.segmentation.sql.syntax import column, is_missing, number

        value, missing = column(self.column), is_missing(self.column)
        match self.test:
            case Test.AT_LEAST:
                return exp.GTE(this=value, expression=number(self.threshold))
            case Test.BELOW:
                return exp.paren(exp.or_(missing, exp.LT(this=value, expression=number(self.threshold))))
            case Test.ONE_OF:
                return _one_of(value, self.levels)
            case Test.NONE_OF:
                return exp.paren(exp.or_(missing, exp.not_(_one_of(value, self.levels))))
            case Test.TRUE:
                return value
            case Test.NOT_TRUE:
                return exp.paren(exp.or_(missing, exp.not_(value)))


@dataclass(frozen=True)
class Box:
    """Accounts that meet all of the conditions; without conditions everyone."""

    conditions: tuple[Condition, ...]

    @classmethod
    def of(cls, conditions: Iterable[Condition]) -> Box:
        """The box of all `conditions`, each column tested as few times as possible, in order of first mention.

        Raises ValueError where no level is left that all conditions on a column allow.
        """
        merged: dict[tuple[str, Test], Condition] = {}
        for condition in conditions:
            key = (condition.column, condition.test)
            merged[key] = _both(merged[key], condition) if key in merged else condition
        for (column, test), condition in list(merged.items()):
            inside = merged.get((column, Test.ONE_OF))
            if test is Test.NONE_OF and inside is not None:
                left = tuple(level for level in inside.levels if level not in condition.levels)
                merged[column, Test.ONE_OF] = Condition(column, Test.ONE_OF, 0.0, left)
                del merged[column, test]
        return cls(tuple(merged.values()))

    def expression(self) -> pl.Expr:
        """Boolean, null only where the box does not hold."""
        return reduce(lambda left, right: left & right, (c.expression() for c in self.conditions), pl.lit(True))

    def sql(self) -> exp.Expression:
        """The same predicate as a syntax tree."""
        from sqlglot import exp

        return exp.and_(*(c.sql() for c in self.conditions)) if self.conditions else exp.true()


@dataclass(frozen=True)
class Definition:
    """Accounts in any of the boxes: a segment. At most two boxes, so that people can read it."""

    boxes: tuple[Box, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.boxes) <= 2:
            raise ValueError(f"a definition is one box or two, got {len(self.boxes)}")

    @property
    def columns(self) -> tuple[str, ...]:
        """The indices and features that decide, in order of first mention."""
        return tuple(dict.fromkeys(c.column for box in self.boxes for c in box.conditions))

    def expression(self) -> pl.Expr:
        """Boolean, never null."""
        return reduce(lambda left, right: left | right, (b.expression() for b in self.boxes)).fill_null(False)

    def predicate(self, dialect: str) -> exp.Expression:
        """A syntax tree over columns named as indices and features; unknown means no, as in WHERE and CASE WHEN.

        Raises ValueError for a dialect that is not one of sql.syntax.DIALECTS.
        """
        from sqlglot import exp

        from seg_assets.segmentation.sql.syntax import NO_ORDER_OF_NAN, check_dialect

        check_dialect(dialect)
        tree = exp.or_(*(box.sql() for box in self.boxes))
        return tree.transform(_or_nan) if dialect in NO_ORDER_OF_NAN else tree

    def sql(self, dialect: str = "duckdb") -> str:
        """The predicate as text. Raises ValueError as `predicate` does."""
        text: str = self.predicate(dialect).sql(dialect=dialect)
        return text


def _one_of(value: exp.Expression, levels: tuple[str, ...]) -> exp.Expression:
    from sqlglot import exp

    texts = [exp.Literal.string(level) for level in levels]
    return exp.EQ(this=value, expression=texts[0]) if len(texts) == 1 else exp.In(this=value, expressions=texts)


def _or_nan(node: exp.Expression) -> exp.Expression:
    """At least a threshold is also what is not a number."""
    from sqlglot import exp

    return exp.paren(exp.or_(node, exp.IsNan(this=node.this.copy()))) if isinstance(node, exp.GTE) else node


def _both(one: Condition, other: Condition) -> Condition:
    """The one condition that says what two of the same test on the same column say together."""
    if one.test is Test.AT_LEAST:
        return one if one.threshold >= other.threshold else other
    if one.test is Test.BELOW:
        return one if one.threshold <= other.threshold else other
    if one.test is Test.ONE_OF:
        return Condition(one.column, one.test, 0.0, tuple(level for level in one.levels if level in other.levels))
    return Condition(one.column, one.test, 0.0, tuple(dict.fromkeys(one.levels + other.levels)))
