"""A snapshot as counts: how many accounts of each slice lie in each cell of each feature.

Belongs here: the cells of a feature in the champion's transform, and counting them; every distance is then a matter of
small arrays. Does not: sorting the snapshot (tally.py), comparing two snapshots (drift.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seg_assets.catalogs import Catalogue, Kind
from seg_assets.segmentation.monitoring.reading import Accounts, with_keys
from seg_assets.segmentation.monitoring.slicing import Slicing
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

    @cached_property
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


def count(snapshot: Accounts, columns: Sequence[Column], slice_columns: Sequence[str] = ()) -> SnapshotCounts:
    """The counts of `snapshot` (account rows: features and `<group>_applicable`) over everyone and each slice.

    slice_columns: categories of the snapshot; an account without a value is in no slice of that column. Of a large
    snapshot that is read from somewhere some columns are counted after the others.
    """
    accounts = snapshot.lazy()
    gates = {column.gate for column in columns if column.gate is not None}
    keys = accounts.select(sorted({*gates, *slice_columns})).collect()
    if not keys.width:
        # A frame without columns has no rows.
        keys = accounts.select(pl.first()).collect()
    slicing = Slicing.of(keys, slice_columns)
    features: dict[str, FeatureCounts] = {}
    for names, together in with_keys(accounts, keys, [column.name for column in columns]):
        some = [column for column in columns if column.name in names]
        features |= cells(tally(together, {one.name: one.gate for one in some}, slicing), some).features
    return SnapshotCounts(slicing.accounts, slicing.slices, features)


def cells(found: Tally, columns: Sequence[Column]) -> SnapshotCounts:
    """The counts of a snapshot that was tallied with all of `columns`."""
    features = {}
    for column in columns:
        applicable = found.accounts if column.gate is None else found.applicable[column.gate]
        features[column.name] = counted(column, found.columns[column.name], applicable)
    return SnapshotCounts(found.accounts, found.slices, features)


def counted(column: Column, values: Sequence[Values], applicable: NDArray[np.int64]) -> FeatureCounts:
    """The counts of a feature from its values in each slice, everyone's first; applicable: int64 (slices,) accounts."""
    levels = () if column.scale is not None else tuple(values[0].values)
    if column.scale is None:
        placed = _by_code(values, {level: code for code, level in enumerate(levels)}, len(levels))
    elif column.kind is Kind.ORDINAL:
        codes = _codes(column, column.scale, pl.Series(column.name, column.scale.levels))
        placed = _by_code(values, dict(zip(column.scale.levels, codes.tolist(), strict=True)), CELLS)
    else:
        placed = _by_order(values, _codes(column, column.scale, values[0].values.alias(column.name)))
    return FeatureCounts(placed, applicable - placed.sum(axis=1), applicable, levels)


def _span(scale: Scale) -> tuple[float, float]:
    """The least standardised value, and how far the greatest is from it."""
    ends = pl.DataFrame({scale.feature: [scale.low, scale.high]})
    if scale.kind is Kind.ORDINAL:
        ends = pl.DataFrame({scale.feature: [scale.levels[0], scale.levels[-1]]})
    if scale.kind is Kind.BOOLEAN:
        ends = pl.DataFrame({scale.feature: [False, True]})
    low, high = ends.select(scale.standardised()).to_series()
    return low, max(high - low, 1e-12)


def _codes(column: Column, scale: Scale, values: pl.Series) -> NDArray[np.int64]:
    """The cell of each value, which never falls from one number to a greater one."""
    if column.kind is Kind.BOOLEAN:
        values = values.cast(pl.Boolean)
    low, span = _span(scale)
    cell = ((scale.standardised() - low) * ((CELLS - 1) / span)).round().cast(pl.Int64).clip(0, CELLS - 1)
    return values.to_frame().select(cell).to_series().to_numpy()


def _by_code(values: Sequence[Values], code: Mapping[str, int], cells: int) -> NDArray[np.int64]:
    """int64 (slices, cells) of texts; one without a code is in no cell."""
    placed = np.zeros((len(values), cells), dtype=np.int64)
    for row, one in enumerate(values):
        for value, accounts in zip(one.values, one.counts.tolist(), strict=True):
            if value in code:
                placed[row, code[value]] += accounts
    return placed


def _by_order(values: Sequence[Values], codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """int64 (slices, CELLS) of numbers; codes: of everyone's, the first slice, among which are all of the others'.

    As numbers ascend, so do their cells: it takes no more than where in a slice each cell begins.
    """
    first = np.searchsorted(codes, np.arange(CELLS))
    everyone = values[0].values.to_numpy()
    begins = np.append(everyone, np.inf)[first]
    placed = np.zeros((len(values), CELLS), dtype=np.int64)
    for row, one in enumerate(values):
        upto = np.append(0, np.cumsum(one.counts))
        at = np.where(first < len(everyone), np.searchsorted(one.values.to_numpy(), begins), len(one.counts))
        placed[row] = np.diff(upto[at], append=upto[-1])
    return placed
