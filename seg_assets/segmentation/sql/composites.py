"""A composite index as SQL: the weighted mean of deviations, and the points that it is worth.

Belongs here: what Composite.expression computes, operation by operation, in two steps so that a reader can follow.
Does not: deviations of single features (deviations.py), the SELECT around it (select.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from sqlglot import exp

from seg_assets.segmentation.composite import NEARLY_HALF, NOT_APPLICABLE, UNKNOWN, Composite, Step
from seg_assets.segmentation.scaling import Scale
from seg_assets.segmentation.sql.deviations import does_not_apply
from seg_assets.segmentation.sql.syntax import choice, column, is_missing, minus, number, sum_of


def weighted_mean(composite: Composite, deviations: Mapping[str, str]) -> exp.Expression:
    """In whole millionths of a deviation, null where nothing is known. deviations: their columns by feature."""
    weights = [(deviations[c.feature], c.hundredths) for c in composite.contributions]
    values = [exp.Mul(this=number(w), expression=exp.func("COALESCE", column(c), number(0))) for c, w in weights]
    known = [choice([(is_missing(c), number(0))], number(abs(w))) for c, w in weights]
    divisor = exp.Nullif(this=sum_of(known), expression=number(0))
    quotient = exp.Div(this=exp.paren(sum_of(values)), expression=divisor, typed=True)
    rounded = exp.func("FLOOR", exp.Add(this=quotient, expression=number(NEARLY_HALF)))
    # Spark rounds down to an integer, and would compute points from it in decimals.
    return exp.cast(rounded, exp.DType.DOUBLE)


def points(composite: Composite, mean: str, scales: Mapping[str, Scale]) -> exp.Expression:
    """The index, whole numbers 0 to 100, never null. mean: the column with the weighted mean."""
    gates = list(dict.fromkeys(scales[c.feature].gate for c in composite.contributions))
    applying = [gate for gate in gates if gate is not None]
    branches = []
    if len(applying) == len(gates):
        branches.append((does_not_apply(applying), number(NOT_APPLICABLE)))
    steps = composite.steps
    branches.append((is_missing(mean), number(UNKNOWN)))
    branches.append((_below(mean, steps[0]), number(0)))
    branches += [(_below(mean, above), _rounded(mean, step)) for step, above in pairwise(steps)]
    return choice(branches, number(100))


def _below(mean: str, step: Step) -> exp.Expression:
    return exp.LT(this=column(mean), expression=number(step.start))


def _rounded(mean: str, step: Step) -> exp.Expression:
    """Halves up: the half is in the constant."""
    rise = exp.Mul(this=minus(column(mean), step.start), expression=number(step.slope))
    return exp.func("FLOOR", exp.Add(this=number(step.points + 0.5), expression=rise))
