"""A label's condition as a syntax tree that any dialect can say.

Belongs here: what label_conditions.py says in Polars, operation by operation. Does not: the SELECT around it
(labels.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlglot import exp

from seg_assets.catalogs.label_language import ARITHMETIC, COMPARISONS, constant, operands
from seg_assets.segmentation.sql.syntax import NO_ORDER_OF_NAN, number


@dataclass(frozen=True)
class Predicates:
    """Conditions in one dialect. columns: by the names that they ask; numbers: which of these are doubles."""

    columns: Mapping[str, exp.Expression]
    numbers: Collection[str]
    dialect: str

    def of(self, tree: exp.Expression) -> exp.Expression:
        """True, false or null. tree: a condition that was checked."""
        if isinstance(tree, exp.Column):
            return self.columns[tree.name].copy()
        if (value := constant(tree)) is not None:
            return number(value) if isinstance(value, float) else exp.Literal.string(value)
        if isinstance(tree, COMPARISONS):
            return self._compared(type(tree), *operands(tree))
        if isinstance(tree, exp.Between):
            value, low, high = operands(tree)
            above, below = self._compared(exp.GTE, value, low), self._compared(exp.LTE, value, high)
            return exp.paren(exp.And(this=above, expression=below))
        parts = [self.of(part) for part in operands(tree)] if not isinstance(tree, exp.Boolean | exp.Is) else []
        if isinstance(tree, exp.Div):
            divisor = exp.Nullif(this=parts[1], expression=number(0))
            return exp.Div(this=parts[0], expression=divisor, typed=True)
        if isinstance(tree, exp.Is):
            return exp.Is(this=self.of(tree.this), expression=exp.null())
        if isinstance(tree, exp.In):
            return exp.In(this=parts[0], expressions=parts[1:])
        if isinstance(tree, exp.Coalesce):
            return exp.func("COALESCE", *parts)
        if isinstance(tree, exp.Boolean):
            return exp.true() if tree.this else exp.false()
        if isinstance(tree, exp.Unary):
            return type(tree)(this=parts[0])
        return type(tree)(this=parts[0], expression=parts[1])

    def _compared(self, kind: type[exp.Expression], left: exp.Expression, right: exp.Expression) -> exp.Expression:
        one, other = self.of(left), self.of(right)
        plain = kind(this=one, expression=other)
        if self.dialect not in NO_ORDER_OF_NAN or not self._is_number(left):
            return plain
        # NaN is above all numbers and equal to itself: said by name where no comparison with it holds.
        if kind in (exp.LT, exp.LTE):
            left, right, one, other = right, left, other, one
        if constant(left) is not None:
            return plain
        if constant(right) is not None:
            return plain if kind in (exp.EQ, exp.NEQ) else exp.paren(exp.or_(plain, _is_nan(one)))
        if kind in (exp.EQ, exp.NEQ):
            same = exp.or_(exp.EQ(this=one, expression=other), exp.and_(_is_nan(one), _is_nan(other)))
            return exp.paren(same) if kind is exp.EQ else exp.not_(exp.paren(same))
        no_more = _is_nan(other) if kind in (exp.GT, exp.LT) else exp.Is(this=other.copy(), expression=exp.null())
        return exp.paren(exp.or_(plain, exp.and_(_is_nan(one), exp.not_(no_more))))

    def _is_number(self, tree: exp.Expression) -> bool:
        if isinstance(tree, exp.Column):
            return tree.name in self.numbers
        if isinstance(tree, exp.Paren | exp.Coalesce):
            return self._is_number(tree.this)
        return isinstance(tree, (*ARITHMETIC, exp.Neg)) or isinstance(constant(tree), float)


def _is_nan(tree: exp.Expression) -> exp.Expression:
    return exp.IsNan(this=tree.copy())
