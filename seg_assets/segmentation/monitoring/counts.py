"""A snapshot as counts: how many accounts of each slice lie in each cell of each feature.

Belongs here: the cells of a feature in the champion's transform, and counting them; every distance is then a matter of
small arrays. Does not: sorting the snapshot (tally.py), comparing two snapshots (drift.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seg_assets.catalogs import Catalogue, Kind
from seg_assets.segmentation.monitoring.tally import Tally, Values, tally
from seg_assets.segmentation.reference import Reference
from seg_assets.segmentation.scaling import Scale, gate_of

CELLS = 1024
"""Cells between the winsor bounds of a feature's scale: KS and Wasserstein are exact to a thousandth of that range."""


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


def count(snapshot: pl.DataFrame, columns: Sequence[Column], slice_columns: Sequence[str] = ()) -> SnapshotCounts:
    """The counts of `snapshot` (account rows: features and `<group>_applicable`) over everyone and each slice.

    slice_columns: categories of the snapshot; an account without a value is in no slice of that column.
    """
    return cells(tally(snapshot, {column.name: column.gate for column in columns}, slice_columns), columns)


def cells(found: Tally, columns: Sequence[Column]) -> SnapshotCounts:
    """The counts of a snapshot that was tallied with all of `columns`."""
    return SnapshotCounts(found.accounts, found.slices, {column.name: _counted(found, column) for column in columns})


def _span(scale: Scale) -> tuple[float, float]:
    """The least standardised value, and how far the greatest is from it."""
    ends = pl.DataFrame({scale.feature: [scale.low, scale.high]})
    if scale.kind is Kind.ORDINAL:
        ends = pl.DataFrame({scale.feature: [scale.levels[0], scale.levels[-1]]})
    if scale.kind is Kind.BOOLEAN:
        ends = pl.DataFrame({scale.feature: [False, True]})
    low, high = ends.select(scale.standardised()).to_series()
    return low, max(high - low, 1e-12)


def _counted(found: Tally, column: Column) -> FeatureCounts:
    values = found.columns[column.name]
    levels = () if column.scale is not None else tuple(values[0].values)
    number = CELLS if column.scale is not None else len(levels)
    placed = np.zeros((len(values), number), dtype=np.int64)
    for row, (one, codes) in enumerate(zip(values, _codes(column, values, levels), strict=True)):
        np.add.at(placed[row], codes[codes >= 0], one.counts[codes >= 0])
    applicable = found.accounts if column.gate is None else found.applicable[column.gate]
    return FeatureCounts(placed, applicable - placed.sum(axis=1), applicable, levels)


def _codes(column: Column, values: Sequence[Values], levels: tuple[str, ...]) -> list[NDArray[np.int64]]:
    """The cell of each different value in each slice, -1 for one that the scale has no place for."""
    together = pl.concat([one.values for one in values]).alias(column.name)
    if column.scale is None:
        code = pl.col(column.name).replace_strict(list(levels), range(len(levels)), return_dtype=pl.Int64)
    else:
        if column.kind is Kind.BOOLEAN:
            together = together.cast(pl.Boolean)
        low, span = _span(column.scale)
        cell = ((column.scale.standardised() - low) * ((CELLS - 1) / span)).round().cast(pl.Int64, strict=False)
        code = cell.clip(0, CELLS - 1)
    codes = together.to_frame().select(code.fill_null(-1)).to_series().to_numpy()
    return np.split(codes, np.cumsum([len(one.values) for one in values])[:-1])
