"""A label's condition as a Polars expression.

Belongs here: what each operation of the language means. Does not: which there are (catalogs/label_language.py), the
same as SQL (sql/labels.py).

Null is unknown, as in SQL. NaN is above all numbers and equal to itself; what is divided by 0 is null.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping

import polars as pl
from sqlglot import exp

from seg_assets.catalogs.label_language import constant, operands

TWO: Mapping[type, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    exp.And: operator.and_,
    exp.Or: operator.or_,
    exp.EQ: operator.eq,
    exp.NEQ: operator.ne,
    exp.LT: operator.lt,
    exp.LTE: operator.le,
    exp.GT: operator.gt,
    exp.GTE: operator.ge,
    exp.Add: operator.add,
    exp.Sub: operator.sub,
    exp.Mul: operator.mul,
    exp.Div: lambda dividend, divisor: pl.when(divisor != 0).then(dividend / divisor),
}
"""Operations of two operands."""


def expression(tree: exp.Expression, columns: Mapping[str, pl.Expr]) -> pl.Expr:
    """True, false or null. tree: a condition that was checked; columns: by the names that it asks."""

    def of(node: exp.Expression) -> pl.Expr:
        return expression(node, columns)

    if isinstance(tree, exp.Column):
        return columns[tree.name]
    if isinstance(tree, exp.Boolean):
        return pl.lit(bool(tree.this))
    if (value := constant(tree)) is not None:
        return pl.lit(value)
    if isinstance(tree, exp.In):
        return of(tree.this).is_in([constant(each) for each in tree.expressions])
    if isinstance(tree, exp.Is):
        return of(tree.this).is_null()
    if isinstance(tree, exp.Not):
        return ~of(tree.this)
    if isinstance(tree, exp.Neg):
        return -of(tree.this)
    parts = [of(part) for part in operands(tree)]
    if isinstance(tree, exp.Between):
        between, low, high = parts
        return (between >= low) & (between <= high)
    if isinstance(tree, exp.Coalesce):
        return pl.coalesce(parts)
    return parts[0] if isinstance(tree, exp.Paren) else TWO[type(tree)](*parts)
