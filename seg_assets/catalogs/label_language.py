"""The SQL that labels are written in: little enough that every engine gives the same answer.

Belongs here: a condition as a syntax tree, the names in it, and what in it engines could not answer alike.
Does not: names that nothing has (conditions.py), what a tree means (segmentation/labels.py, segmentation/sql/).

Nothing is converted on the way: numbers are compared with numbers, levels with texts, and only numbers have an order.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import polars as pl
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

NUMBER, TEXT, TRUTH = pl.Float64(), pl.String(), pl.Boolean()
WORDS = {NUMBER: "a number", TEXT: "a text", TRUTH: "true or false"}
KNOWN = "AND, OR, NOT, = <> < <= > >=, BETWEEN, IN, IS NULL, + - * / and COALESCE"

COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)
ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div)
_ASKED = dict.fromkeys((exp.And, exp.Or, exp.Not), (TRUTH, TRUTH))
_ASKED |= dict.fromkeys((exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between), (NUMBER, TRUTH))
_ASKED |= dict.fromkeys((*ARITHMETIC, exp.Neg), (NUMBER, NUMBER))
"""What an operation is asked of, and what it answers."""


class NotUnderstood(ValueError):
    """A condition that is not in the language; the message quotes the part and says what to write."""


def parsed(text: str) -> exp.Expression:
    """The syntax tree of a condition. Raises NotUnderstood for what is no SQL at all."""
    try:
        return sqlglot.parse_one(text, dialect="duckdb")
    except SqlglotError as error:
        raise NotUnderstood(f"{text!r} is not a SQL expression: {str(error).splitlines()[0]}") from error


def names_in(tree: exp.Expression) -> tuple[str, ...]:
    """The columns and labels that a condition asks, sorted."""
    return tuple(sorted({column.name for column in tree.find_all(exp.Column)}))


def operands(node: exp.Expression) -> list[exp.Expression]:
    """What an operation works on, in the order in which it is written."""
    if isinstance(node, exp.Between):
        return [node.this, node.args["low"], node.args["high"]]
    if isinstance(node, exp.In | exp.Coalesce):
        return [node.this, *node.expressions]
    return [node.this] if isinstance(node, exp.Unary) else [node.this, node.expression]


def constant(node: exp.Expression) -> float | str | None:
    """The value of a literal, a number with a sign included; None for anything else."""
    if isinstance(node, exp.Neg):
        value = constant(node.this)
        return -value if isinstance(value, float) else None
    if not isinstance(node, exp.Literal):
        return None
    return str(node.this) if node.is_string else float(node.this)


@dataclass(frozen=True)
class Language:
    """What conditions may ask. columns: Float64, String or Boolean by name; levels: of columns that list theirs."""

    columns: Mapping[str, pl.DataType]
    levels: Mapping[str, Collection[str]]

    def check(self, text: str) -> None:
        """Raises NotUnderstood where `text` is not a condition that all engines answer alike."""
        found = self._kind(parsed(text))
        if found != TRUTH:
            raise NotUnderstood(f"{text!r} is {WORDS[found]}, not true or false; compare it with something")

    def _kind(self, node: exp.Expression) -> pl.DataType:
        if isinstance(node, exp.Paren):
            return self._kind(node.this)
        if isinstance(node, exp.Literal):
            return TEXT if node.is_string else NUMBER
        if isinstance(node, exp.Boolean):
            return TRUTH
        if isinstance(node, exp.Column) and not node.table and node.name in self.columns:
            return self.columns[node.name]
        if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
            self._kind(node.this)
            return TRUTH
        if isinstance(node, exp.EQ | exp.NEQ | exp.In | exp.Coalesce):
            return self._of_alike(node)
        if type(node) in _ASKED:
            return self._of_operation(node)
        raise NotUnderstood(f"{node.sql('duckdb')!r} is not understood; labels are written with {KNOWN}")

    def _of_operation(self, node: exp.Expression) -> pl.DataType:
        asked, answered = _ASKED[type(node)]
        for part in operands(node):
            found = self._kind(part)
            if found == asked:
                continue
            told = f"{part.sql('duckdb')!r} in {node.sql('duckdb')!r} is {WORDS[found]}, not {WORDS[asked]}"
            remedy = "compare it with something" if asked == TRUTH else "texts have no order: list the levels by IN"
            raise NotUnderstood(f"{told}; {remedy if found == TEXT or asked == TRUTH else 'ask a number'}")
        if isinstance(node, ARITHMETIC) and all(constant(part) is not None for part in operands(node)):
            raise NotUnderstood(f"{node.sql('duckdb')!r} is the same for every account; write the number that it gives")
        return answered

    def _of_alike(self, node: exp.Expression) -> pl.DataType:
        first, *others = operands(node)
        kind = self._kind(first)
        for other in others:
            found = self._kind(other)
            if found != kind:
                told = f"{first.sql('duckdb')!r} is {WORDS[kind]} and {other.sql('duckdb')!r} {WORDS[found]}"
                raise NotUnderstood(f"{told}; compare numbers with numbers and levels with 'text'")
        if isinstance(node, exp.In) and (not others or any(constant(other) is None for other in others)):
            raise NotUnderstood(f"{node.sql('duckdb')!r}: IN takes a list of values; write each comparison by itself")
        if not isinstance(node, exp.Coalesce):
            self._check_levels([first, *others])
            return TRUTH
        return kind

    def _check_levels(self, compared: list[exp.Expression]) -> None:
        """A level that the catalogue does not list is a slip of the pen: the label would never hold, and not say so."""
        for column in compared:
            levels = self.levels.get(column.name) if isinstance(column, exp.Column) else None
            for value in map(constant, compared):
                if levels and isinstance(value, str) and value not in levels:
                    close = difflib.get_close_matches(value, levels, n=1)
                    meant = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(levels)}"
                    raise NotUnderstood(f"{column.name!r} has no level {value!r}; {meant}")
