"""Syntax trees that every engine which speaks Spark's SQL computes in doubles, as IEEE 754 has them.

Belongs here: what JVM Spark and engines that answer in its place would otherwise do differently.
Does not: the steps themselves (codes.py), texts for people, which stay short (syntax.py).

What pysail 0.7 does and Spark does not: it compares a double with `0.5` as decimals, which neither NaN nor infinity
are; a NaN with a sign, as processors make it of infinity less infinity, is below all numbers; and -0.0 is not 0 to
NULLIF, so that it is divided by.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl
from sqlglot import exp

from seg_assets.segmentation.sql.syntax import choice, column

ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg)


def in_doubles(tree: exp.Expression) -> exp.Expression:
    """`tree` with an exponent at every number with decimals, and no NULLIF."""
    return tree.transform(_plain)


def read(names: Iterable[str], columns: Mapping[str, pl.DataType]) -> dict[str, exp.Expression]:
    """Columns of a table by name, no NaN of theirs with a sign. columns: types; those of other columns do not count."""
    doubles = {name for name, dtype in columns.items() if dtype.is_float()}
    return {name: _one_nan(column(name)) if name in doubles else column(name) for name in names}


def with_one_nan(tree: exp.Expression) -> exp.Expression:
    """A condition in whose arithmetic no NaN has a sign."""
    return tree.transform(lambda node: _one_nan(node) if isinstance(node, ARITHMETIC) else node)


def _one_nan(tree: exp.Expression) -> exp.Expression:
    not_a_number = exp.cast(exp.Literal.string("NaN"), exp.DType.DOUBLE)
    return exp.Anonymous(this="NANVL", expressions=[tree, not_a_number])


def _plain(node: exp.Expression) -> exp.Expression:
    if isinstance(node, exp.Literal) and node.is_number and "." in node.this and "e" not in node.this:
        return exp.Literal.number(f"{node.this}e0")
    if isinstance(node, exp.Nullif):
        value, nothing = node.this, node.expression
        return choice([(exp.NEQ(this=value.copy(), expression=nothing.copy()), value.copy())])
    return node
