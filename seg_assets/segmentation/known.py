"""Whether what a definition asks is known of an account, or only assumed.

Belongs here: known or missing, for features, indices and intent. Does not: what missing values count as
(definitions.py, composite.py): every account is assigned, known or not.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from functools import reduce

import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.definitions import Definition
from seg_assets.segmentation.indices import IndexSet
from seg_assets.segmentation.scaling import gate_of
from seg_assets.segmentation.unknown import makings


def known(columns: Iterable[str], catalogue: Catalogue, indices: IndexSet) -> pl.Expr:
    """Whether all of `columns`, indices and features, are known of an account: Boolean, never null.

    A feature is known where it has a value, or where its group does not apply: that is known too. An index is, where
    features with half of its weight are, less is a guess; intent, where features with half of the spread of its
    points are.
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
    made_of = makings(column, indices)
    observed = [
        pl.when(_has_value(making.feature, catalogue)).then(2 * making.weight).otherwise(0) for making in made_of
    ]
    return reduce(operator.add, observed, pl.lit(0)) >= sum(making.weight for making in made_of)


def _has_value(column: str, catalogue: Catalogue) -> pl.Expr:
    value = pl.col(column).is_not_null()
    gate = gate_of(catalogue.feature(column), catalogue) if column in catalogue.feature_names else None
    return value if gate is None else value | ~pl.col(gate).fill_null(True)
