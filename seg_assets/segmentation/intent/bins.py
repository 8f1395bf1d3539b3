"""The values of a feature in a few readable bins, each of which earns its own points.

Belongs here: cutting features into bins without looking at outcomes, and the bin of every account.
Does not: what a bin is worth (additive_fit.py), the points as an expression over accounts (index.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from seg_assets.catalogs import Catalogue, Feature, Kind
from seg_assets.segmentation.levels import level_shares
from seg_assets.segmentation.scaling import gate_of

Codes = npt.NDArray[np.intp]

# Code 0 is for accounts that the feature's group does not apply to: they earn points for that once, not per feature.
NOTHING = 0
MISSING = 1
FIRST = 2

BINS_OF_A_NUMBER = 10
# A least value that this share of accounts has ("none at all") is a bin of its own.
SHARED_BY_MANY = 0.1
# A level of fewer accounts is counted with the others.
SMALLEST_LEVEL_SHARE = 0.005


@dataclass(frozen=True)
class Bins:
    """The bins of one feature: below the first threshold, between each two, at least the last; or one a level.

    gate: the Boolean column that says whether the feature's group applies, None where it always does. Features with
    levels have a last bin for every other level. Codes: 0 not applicable, 1 missing, then the bins in their order.
    """

    feature: str
    kind: Kind
    gate: str | None
    thresholds: tuple[float, ...] = ()
    levels: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How many codes there are."""
        return FIRST + len(self.thresholds or self.levels) + 1

    def code(self) -> pl.Expr:
        """The code of an account's bin as UInt32, never null."""
        column = pl.col(self.feature)
        if self.levels:
            places = [FIRST + place for place in range(len(self.levels))]
            known = column.replace_strict(list(self.levels), places, default=self.size - 1, return_dtype=pl.UInt32)
        else:
            column = column.cast(pl.Float64).fill_nan(None)
            steps = pl.lit(pl.Series(self.thresholds, dtype=pl.Float64))
            known = steps.search_sorted(column.fill_null(0.0), side="right") + FIRST
        code = pl.when(column.is_null()).then(MISSING).otherwise(known)
        if self.gate is not None:
            code = pl.when(pl.col(self.gate).fill_null(True)).then(code).otherwise(NOTHING)
        return code.cast(pl.UInt32).alias(self.feature)


def bins_of(frame: pl.DataFrame, catalogue: Catalogue, kept: Mapping[str, Bins] | None = None) -> tuple[Bins, ...]:
    """The bins of every feature that varies in `frame`, and of whether a group applies; outcomes are not looked at.

    frame: account rows with features and `<group>_applicable`; kept: bins in force by feature, whose thresholds stay.
    """
    cut = [_of_feature(frame, feature, gate_of(feature, catalogue)) for feature in catalogue.features]
    found = [_kept(bins, (kept or {}).get(bins.feature)) for bins in cut if bins is not None]
    gates = [f"{group.name}_applicable" for group in catalogue.groups if group.applicable_when is not None]
    found += [Bins(gate, Kind.BOOLEAN, None, thresholds=(0.5,)) for gate in gates if frame[gate].n_unique() > 1]
    return tuple(found)


def _kept(bins: Bins, before: Bins | None) -> Bins:
    same = before is not None and (before.kind, before.gate) == (bins.kind, bins.gate) and before.thresholds
    return before if before is not None and same else bins


def codes_of(frame: pl.DataFrame | pl.LazyFrame, bins: Sequence[Bins]) -> list[Codes]:
    """An array (n,) of codes for each of `bins`, in the order of the rows."""
    table = frame.lazy().select(b.code() for b in bins).collect()
    return [table[b.feature].to_numpy().astype(np.intp) for b in bins]


def _of_feature(frame: pl.DataFrame, feature: Feature, gate: str | None) -> Bins | None:
    values = frame[feature.name] if gate is None else frame.filter(pl.col(gate).fill_null(True))[feature.name]
    missing = values.null_count() > 0
    if feature.kind is Kind.BOOLEAN:
        varies = values.n_unique() > 1
        return Bins(feature.name, feature.kind, gate, thresholds=(0.5,)) if varies else None
    if feature.kind is Kind.NUMERIC:
        thresholds = _thresholds(values.cast(pl.Float64).fill_nan(None).drop_nulls().to_numpy())
        return Bins(feature.name, feature.kind, gate, thresholds=thresholds) if thresholds else None
    shares = level_shares(values)
    declared = feature.levels + feature.unordered_levels
    order = declared if feature.kind is Kind.ORDINAL else tuple(sorted(shares))
    levels = tuple(level for level in order if shares.get(level, 0.0) >= SMALLEST_LEVEL_SHARE)
    if not levels or (len(shares) < 2 and not missing):
        return None
    return Bins(feature.name, feature.kind, gate, levels=levels)


def _thresholds(values: npt.NDArray[np.float64]) -> tuple[float, ...]:
    """Quantiles at two significant digits, each once, above the least value; () where all values are the same."""
    values = values[np.isfinite(values)]
    if len(values) == 0:
        return ()
    least = float(values.min())
    above = values[values > least]
    if len(above) == 0:
        return ()
    shared = 1 - len(above) / len(values) >= SHARED_BY_MANY
    inside = above if shared else values
    steps = np.quantile(inside, np.linspace(0, 1, BINS_OF_A_NUMBER + 1)[1:-1])
    first = [float(above.min())] if shared else []
    readable = {float(f"{step:.2g}") for step in [*first, *steps]}
    return tuple(sorted(step for step in readable if step > least))
