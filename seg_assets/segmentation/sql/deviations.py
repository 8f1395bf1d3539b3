"""A feature's deviation from usual, in whole millionths of a standard deviation, as SQL.

Belongs here: what Scale.deviation computes, operation by operation. Does not: several features (composites.py).
"""

from __future__ import annotations

import polars as pl
from sqlglot import exp

from seg_assets.catalogs import Kind
from seg_assets.segmentation.scaling import Scale
from seg_assets.segmentation.sql.syntax import choice, column, is_known, minus, number


def deviation(scale: Scale) -> exp.Expression:
    """A double; null where the value is missing, not a number or unknown, and where its group does not apply."""
    match scale.kind:
        case Kind.ORDINAL:
            return _of_values(scale, list(scale.levels))
        case Kind.BOOLEAN:
            return _of_values(scale, [True, False])
    asked = is_known(scale.feature)
    if scale.gate is not None:
        asked = exp.and_(exp.func("COALESCE", column(scale.gate), exp.true()), asked)
    millionths = exp.Mul(this=minus(_transformed(scale), scale.centre), expression=number(scale.millionths))
    return choice([(asked, exp.func("FLOOR", exp.Add(this=millionths, expression=number(0.5))))])


def does_not_apply(gates: list[str]) -> exp.Expression:
    """Whether it is known that none of the groups applies to the account."""
    return exp.and_(*(exp.not_(column(gate)) for gate in gates))


def _transformed(scale: Scale) -> exp.Expression:
    within = exp.func("LEAST", column(scale.feature), number(scale.high))
    value = exp.func("GREATEST", within, number(scale.low))
    if scale.transform == "log1p":
        return _logarithm(value)
    if scale.transform == "signed_log1p":
        steps = exp.Mul(this=exp.Abs(this=value.copy()), expression=number(scale.steps))
        return exp.Mul(this=exp.Sign(this=value), expression=_logarithm(steps))
    return value


def _logarithm(value: exp.Expression) -> exp.Expression:
    return exp.Ln(this=exp.Add(this=number(1), expression=value))


def _of_values(scale: Scale, values: list[str] | list[bool]) -> exp.Expression:
    """One constant a level, computed here once: whole numbers, cast so that no engine multiplies them as integers."""
    constants = pl.DataFrame({scale.feature: values}).select(scale.deviation()).to_series()
    without = [] if scale.gate is None else [(does_not_apply([scale.gate]), exp.null())]
    branches = [(_is(scale.feature, value), number(each)) for value, each in zip(values, constants, strict=True)]
    return exp.cast(choice([*without, *branches]), exp.DType.DOUBLE)


def _is(feature: str, value: object) -> exp.Expression:
    if isinstance(value, str):
        return exp.EQ(this=column(feature), expression=exp.Literal.string(value))
    return column(feature) if value else exp.not_(column(feature))
