"""Whether what a definition asks is known of an account, or only assumed.

Belongs here: known or missing, for features, indices and intent. Does not: what missing values count as
(definitions.py, composite.py): every account is assigned, known or not.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from math import sqrt

import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.definitions import Definition
from seg_assets.segmentation.indices import IndexSet
from seg_assets.segmentation.intent.index import INTENT, Item
from seg_assets.segmentation.scaling import gate_of

# An index of which less than half is observed is a guess.
HALF = 0.5


def known(columns: Iterable[str], catalogue: Catalogue, indices: IndexSet) -> pl.Expr:
    """Whether all of `columns`, indices and features, are known of an account: Boolean, never null.

    A feature is known where it has a value, or where its group does not apply: that is known too. An index is, where
    features with half of its weight are; intent, where features with half of the spread of its points are.
    """
    every = [_known(column, catalogue, indices) for column in columns]
    return reduce(lambda left, right: left & right, every, pl.lit(True))


def shares_known(
    frame: pl.DataFrame, code: pl.Series, definitions: Iterable[Definition], catalogue: Catalogue, indices: IndexSet
) -> list[float]:
    """For each segment the share of its accounts of which all columns of its definition are known; 0 without accounts.

    frame: account rows with features and indices; code: (n,) their segment by position.
    """
    shares = [
        pl.when(code == position).then(known(definition.columns, catalogue, indices)).mean().alias(str(position))
        for position, definition in enumerate(definitions)
    ]
    return [float(share or 0.0) for share in frame.select(shares).row(0)]


def _known(column: str, catalogue: Catalogue, indices: IndexSet) -> pl.Expr:
    if column == INTENT and indices.intent is not None:
        return _half([(item.bins.feature, _spread(item)) for item in indices.intent.items], catalogue)
    for index in indices.reference.indices:
        if index.name == column:
            return _half([(c.feature, abs(c.weight)) for c in index.contributions], catalogue)
    return _has_value(column, catalogue)


def _half(weighed: list[tuple[str, float]], catalogue: Catalogue) -> pl.Expr:
    total = sum(weight for _, weight in weighed)
    observed = [pl.when(_has_value(name, catalogue)).then(weight).otherwise(0.0) for name, weight in weighed]
    return pl.sum_horizontal(observed) >= HALF * total - 1e-9 if observed else pl.lit(True)


def _has_value(column: str, catalogue: Catalogue) -> pl.Expr:
    value = pl.col(column).is_not_null()
    gate = gate_of(catalogue.feature(column), catalogue) if column in catalogue.feature_names else None
    return value if gate is None else value | ~pl.col(gate).fill_null(True)


def _spread(item: Item) -> float:
    """The standard deviation of the item's points over accounts."""
    return sqrt(sum(share * tenths**2 for share, tenths in zip(item.shares, item.tenths, strict=True)))
