"""A snapshot as counts: how many accounts of each slice lie in each cell of each feature.

Belongs here: the cells of a feature in the champion's transform, and counting them. One pass over a snapshot; every
distance is then a matter of small arrays. Does not: comparing two snapshots (drift.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seg_assets.catalogs import Catalogue, Kind
from seg_assets.segmentation.reference import Reference
from seg_assets.segmentation.scaling import Scale, gate_of

CELLS = 1024
"""Cells between the winsor bounds of a feature's scale: KS and Wasserstein are exact to a thousandth of that range."""

EVERYONE = ("", "")
"""The slice of all accounts: no key, no value."""


@dataclass(frozen=True)
class Column:
    """A feature as it is monitored. scale: of ordered features, in the champion's transform; None for categories.

    gate: the column that says whether the feature applies to an account, None where it always does.
    """

    name: str
    kind: Kind
    group: str
    source: str
    gate: str | None
    scale: Scale | None

    @property
    def width(self) -> float:
        """How far one cell is from the next, in standard deviations of the reference."""
        return 0.0 if self.scale is None else _span(self.scale)[1] / (CELLS - 1)


@dataclass(frozen=True)
class FeatureCounts:
    """cells: int64 (slices, cells) accounts with a value; missing, applicable: int64 (slices,) accounts.

    levels: what the cells of a category are, in their order; empty for ordered features, whose cells are a grid.
    """

    cells: NDArray[np.int64]
    missing: NDArray[np.int64]
    applicable: NDArray[np.int64]
    levels: tuple[str, ...]


@dataclass(frozen=True)
class SnapshotCounts:
    """Counts of one snapshot. slices: (key, value) in the order of every array's first axis; EVERYONE is the first."""

    accounts: NDArray[np.int64]
    slices: tuple[tuple[str, str], ...]
    features: Mapping[str, FeatureCounts]


def monitored(catalogue: Catalogue, reference: Reference) -> tuple[Column, ...]:
    """The catalogue's features that the reference knows, in catalogue order; one without variation is left out."""
    found = []
    for feature in catalogue.features:
        scale = reference.scale(feature.name)
        if feature.name in reference.features and (scale is not None or feature.kind is Kind.CATEGORICAL):
            gate = gate_of(feature, catalogue)
            found.append(Column(feature.name, feature.kind, feature.group, feature.source, gate, scale))
    return tuple(found)


def index_column(name: str) -> Column:
    """An index, 0 to 100, as it is monitored: a point is a unit of its distances, and every account has it."""
    whole = Scale(
        feature=name,
        kind=Kind.NUMERIC,
        group="index",
        gate=None,
        levels=(),
        transform="none",
        unit=1.0,
        low=0.0,
        high=100.0,
        centre=0.0,
        scale=1.0,
        usual_low=0.0,
        usual_high=100.0,
    )
    return Column(name, Kind.NUMERIC, "index", "account_features", None, whole)


def count(snapshot: pl.DataFrame, columns: Sequence[Column], slice_columns: Iterable[str] = ()) -> SnapshotCounts:
    """The counts of `snapshot` (account rows: features and `<group>_applicable`) over everyone and each slice.

    slice_columns: categories of the snapshot; an account without a value is in no slice of that column.
    """
    members = _Members.of(snapshot, tuple(slice_columns))
    coded = snapshot.lazy().select(_codes(snapshot, columns)).collect()
    features = {}
    for column in columns:
        features[column.name] = _counted(coded[column.name], column, members, _levels(snapshot, column))
    everyone = members.totals(np.zeros(snapshot.height, dtype=np.int64), 1)[:, 0]
    return SnapshotCounts(everyone, members.slices, features)


@dataclass(frozen=True)
class _Members:
    """Which slices an account is in. joint: the number of its combination of levels; belongs: slices x combinations."""

    slices: tuple[tuple[str, str], ...]
    joint: NDArray[np.int64]
    belongs: NDArray[np.int64]

    @classmethod
    def of(cls, snapshot: pl.DataFrame, columns: Sequence[str]) -> _Members:
        joint = np.zeros(snapshot.height, dtype=np.int64)
        combinations, slices = [np.zeros(1, dtype=np.int64)], [EVERYONE]
        for name in columns:
            levels = sorted(snapshot[name].drop_nulls().unique())
            codes = snapshot[name].replace_strict(levels, range(len(levels)), default=len(levels))
            joint = joint * (len(levels) + 1) + codes.cast(pl.Int64).to_numpy()
            size = len(combinations[0])
            combinations = [np.repeat(each, len(levels) + 1) for each in combinations]
            combinations.append(np.tile(np.arange(len(levels) + 1), size))
            slices += [(name, level) for level in levels]
        belongs = [np.ones(len(combinations[0]), dtype=np.int64)]
        for name, level_of in zip(columns, combinations[1:], strict=True):
            count_of = sum(1 for key, _ in slices if key == name)
            belongs += [(level_of == level).astype(np.int64) for level in range(count_of)]
        return cls(tuple(slices), joint, np.vstack(belongs))

    def totals(self, codes: NDArray[np.int64], cells: int) -> NDArray[np.int64]:
        """(slices, cells): accounts of each slice with each code."""
        combinations = self.belongs.shape[1]
        flat = np.bincount(self.joint * cells + codes, minlength=combinations * cells)
        return self.belongs @ flat.reshape(combinations, cells)


def _span(scale: Scale) -> tuple[float, float]:
    """The least standardised value, and how far the greatest is from it."""
    ends = pl.DataFrame({scale.feature: [scale.low, scale.high]})
    if scale.kind is Kind.ORDINAL:
        ends = pl.DataFrame({scale.feature: [scale.levels[0], scale.levels[-1]]})
    if scale.kind is Kind.BOOLEAN:
        ends = pl.DataFrame({scale.feature: [False, True]})
    low, high = ends.select(scale.standardised()).to_series()
    return low, max(high - low, 1e-12)


def _levels(snapshot: pl.DataFrame, column: Column) -> tuple[str, ...]:
    return () if column.scale is not None else tuple(sorted(snapshot[column.name].drop_nulls().unique()))


def _codes(snapshot: pl.DataFrame, columns: Sequence[Column]) -> list[pl.Expr]:
    """Each feature's cell from 2 on, as Int64; 0 where it does not apply, 1 where it is missing."""
    found = []
    for column in columns:
        if column.scale is not None:
            low, span = _span(column.scale)
            cell = ((column.scale.standardised() - low) * ((CELLS - 1) / span)).round().cast(pl.Int64, strict=False)
            cell = cell.clip(0, CELLS - 1)
        else:
            levels = _levels(snapshot, column)
            cell = pl.col(column.name).replace_strict(list(levels), range(len(levels)), return_dtype=pl.Int64)
        code = (cell + 2).fill_null(1)
        if column.gate is not None:
            code = pl.when(pl.col(column.gate).fill_null(True)).then(code).otherwise(0)
        found.append(code.alias(column.name))
    return found


def _counted(codes: pl.Series, column: Column, members: _Members, levels: tuple[str, ...]) -> FeatureCounts:
    cells = CELLS if column.scale is not None else len(levels)
    totals = members.totals(codes.to_numpy(), cells + 2)
    return FeatureCounts(totals[:, 2:], totals[:, 1], totals[:, 1:].sum(axis=1), levels)
