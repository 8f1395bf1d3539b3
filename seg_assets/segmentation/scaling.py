"""What number a feature's value is, and how far that is from usual.

Belongs here: winsor bounds, transform, centre and scale of one feature, fitted once and used as an expression.
Does not: several features together (composite.py, preprocess.py), categories (levels.py), SQL (sql/deviations.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from seg_assets.catalogs import Catalogue, Feature, Kind
from seg_assets.segmentation.serialise import stable

Transform = Literal["none", "log1p", "signed_log1p"]

WINSOR = (0.005, 0.995)
USUAL = (0.001, 0.999)
SKEWED = 1.0
# A boolean rarer than the levels that get merged must not weigh more than one that is just not merged.
SMALLEST_DEVIATION_OF_A_SHARE = 0.17
MILLIONTHS = 1_000_000


@dataclass(frozen=True)
class Scale:
    """How one numeric, ordinal or boolean feature becomes a standardised number; frozen by the first refresh.

    low, high: winsor bounds in the feature's unit (ranks for ordinals); unit: what one step of a signed logarithm
    is; centre, scale: mean and standard deviation after winsorizing and transform, over observed values of accounts
    that the group applies to; usual_low, usual_high: the 0.1 and 99.9 % quantiles; gate: the column that says
    whether the feature's group applies, None where it always does.
    """

    feature: str
    kind: Kind
    group: str
    gate: str | None
    levels: tuple[str, ...]
    transform: Transform
    unit: float
    low: float
    high: float
    centre: float
    scale: float
    usual_low: float
    usual_high: float

    def number(self) -> pl.Expr:
        """The value as Float64: ordinals by rank from 0, booleans as 0 and 1; null for missing and unknown."""
        column = pl.col(self.feature)
        if self.kind is Kind.ORDINAL:
            ranks = [float(rank) for rank in range(len(self.levels))]
            return column.replace_strict(list(self.levels), ranks, default=None, return_dtype=pl.Float64)
        if self.kind is Kind.BOOLEAN:
            return column.cast(pl.Float64)
        return column.fill_nan(None)

    def standardised(self) -> pl.Expr:
        """Winsorized, transformed, centred and scaled, as Float64; null where missing. The gate is the caller's."""
        return (self._transformed() - self.centre) / self.scale

    def deviation(self) -> pl.Expr:
        """`standardised` in millionths, halves rounded up: whole numbers as Float64, so that every sum is exact.

        Engines differ in the last bit of a logarithm and in the order in which they add. Whole numbers forgive both,
        but for a logarithm whose last bit is at half a millionth: one value in a hundred million, and then a single
        millionth would still have to be what parts two points.
        There is no division: Polars divides by a constant as it multiplies by its reciprocal, SQL does not.
        """
        return ((self._transformed() - self.centre) * self.millionths + 0.5).floor()

    @property
    def millionths(self) -> float:
        """How many millionths of a standard deviation one transformed unit is."""
        return stable(MILLIONTHS / self.scale)

    @property
    def steps(self) -> float:
        """How many steps of a signed logarithm one of the feature's unit is."""
        return stable(1 / self.unit)

    def _transformed(self) -> pl.Expr:
        """The logarithm is ln(1 + x), not a function of its own: SQL has no other, and it takes half the time."""
        value = self.number().clip(self.low, self.high)
        if self.transform == "log1p":
            return (value + 1).log()
        if self.transform == "signed_log1p":
            return value.sign() * (value.abs() * self.steps + 1).log()
        return value

    def applies(self) -> pl.Expr:
        """Whether the feature's group applies to the account; true where that is not known."""
        return pl.lit(True) if self.gate is None else pl.col(self.gate).fill_null(True)


def gate_of(feature: Feature, catalogue: Catalogue) -> str | None:
    """The Boolean column that says whether the feature's group applies, None for groups that always do."""
    group = catalogue.group(feature.group)
    return f"{group.name}_applicable" if group.applicable_when else None


def fit_scale(snapshot: pl.LazyFrame, feature: Feature, catalogue: Catalogue) -> Scale | None:
    """The scale of `feature` on `snapshot`, of which this column alone is held; None without two different values.

    Transform: as the catalogue says; `auto` takes log1p where the winsorized values are skewed above 1 and none is
    negative, and the logarithm of the magnitude in units of its median, signed, where some are.
    """
    blank = Scale(
        feature=feature.name,
        kind=feature.kind,
        group=feature.group,
        gate=gate_of(feature, catalogue),
        levels=feature.levels if feature.kind is Kind.ORDINAL else (),
        transform="none",
        unit=1.0,
        low=0.0,
        high=0.0,
        centre=0.0,
        scale=1.0,
        usual_low=0.0,
        usual_high=0.0,
    )
    observed = snapshot.filter(blank.applies()).select(blank.number().cast(pl.Float64)).collect().to_series()
    values = observed.drop_nulls().to_numpy()
    values = values[np.isfinite(values)]
    if len(values) == 0 or values.min() == values.max():
        return None
    return _fitted(blank, feature, values)


def _fitted(blank: Scale, feature: Feature, values: np.ndarray) -> Scale:
    usual_low, low, high, usual_high = np.quantile(values, (USUAL[0], WINSOR[0], WINSOR[1], USUAL[1]))
    if feature.kind is not Kind.NUMERIC or low == high:
        low, high = values.min(), values.max()
    low, high = stable(low), stable(high)
    clipped = np.clip(values, low, high)
    transform = _transform(feature, clipped)
    unit = 1.0
    if transform == "signed_log1p":
        magnitudes = np.abs(clipped[clipped != 0])
        unit = stable(np.median(magnitudes))
    if transform != "none":
        clipped = np.sign(clipped) * np.log1p(np.abs(clipped) / unit)
    scale = float(clipped.std())
    if feature.kind is Kind.BOOLEAN:
        scale = max(scale, SMALLEST_DEVIATION_OF_A_SHARE)
    return Scale(
        feature=blank.feature,
        kind=blank.kind,
        group=blank.group,
        gate=blank.gate,
        levels=blank.levels,
        transform=transform,
        unit=unit,
        low=low,
        high=high,
        centre=stable(clipped.mean()),
        scale=stable(scale),
        usual_low=stable(usual_low),
        usual_high=stable(usual_high),
    )


def _transform(feature: Feature, values: np.ndarray) -> Transform:
    if feature.kind is not Kind.NUMERIC or feature.transform == "none":
        return "none"
    negative = bool(values.min() < 0)
    if feature.transform == "log1p":
        return "signed_log1p" if negative else "log1p"
    deviations = values - values.mean()
    skew = float((deviations**3).mean() / (deviations**2).mean() ** 1.5)
    if negative:
        return "signed_log1p" if abs(skew) > SKEWED else "none"
    return "log1p" if skew > SKEWED else "none"
