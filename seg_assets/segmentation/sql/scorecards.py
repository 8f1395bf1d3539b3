"""The intent index as SQL: a CASE for each feature, in tenths of a point, added and rounded.

Belongs here: what IntentIndex.expression computes. Does not: the SELECT around it (select.py).
"""

from __future__ import annotations

from sqlglot import exp

from seg_assets.catalogs import Kind
from seg_assets.segmentation.intent.bins import FIRST, MISSING, NOTHING
from seg_assets.segmentation.intent.index import IntentIndex, Item
from seg_assets.segmentation.sql.deviations import does_not_apply
from seg_assets.segmentation.sql.syntax import Branches, choice, column, is_missing, number, sum_of


def tenths(index: IntentIndex) -> exp.Expression:
    """Whole tenths of a point, never null."""
    return sum_of([number(index.base_tenths), *(_tenths_of(item) for item in index.items)])


def intent(tenths: str) -> exp.Expression:
    """The index, whole numbers 0 to 100, never null. tenths: the column with them."""
    nearest = exp.Div(this=exp.paren(sum_of([column(tenths), number(5)])), expression=number(10))
    return exp.func("GREATEST", exp.func("LEAST", exp.func("FLOOR", nearest), number(100)), number(0))


def _tenths_of(item: Item) -> exp.Expression:
    bins, tenths = item.bins, item.tenths
    missing = is_missing(bins.feature)
    if bins.kind is Kind.NUMERIC:
        missing = exp.or_(missing, exp.IsNan(this=column(bins.feature)))
    without = [] if bins.gate is None else [(does_not_apply([bins.gate]), number(tenths[NOTHING]))]
    return choice([*without, (missing, number(tenths[MISSING])), *_bins(item)], number(tenths[-1]))


def _bins(item: Item) -> Branches:
    """All bins but the last, which is for everything else."""
    name, bins, tenths = item.bins.feature, item.bins, item.tenths[FIRST:]
    if bins.levels:
        levels = [exp.EQ(this=column(name), expression=exp.Literal.string(level)) for level in bins.levels]
        return [(level, number(value)) for level, value in zip(levels, tenths, strict=False)]
    if bins.kind is Kind.BOOLEAN:
        return [(exp.not_(column(name)), number(tenths[0]))]
    below = [exp.LT(this=column(name), expression=number(step)) for step in bins.thresholds]
    return [(condition, number(value)) for condition, value in zip(below, tenths, strict=False)]
