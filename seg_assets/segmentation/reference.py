"""The frozen part: what 0, 50 and 100 mean, so that 70 means the same next month.

Belongs here: the scales and indices of the first refresh, their expressions, and how a catalogue has moved since.
Does not: what is fitted again each data month (preprocess.py).
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from functools import reduce
from typing import Any, Self

import polars as pl

from seg_assets.catalogs import Catalogue, Kind
from seg_assets.segmentation.composite import Composite, derived_indices, fit_composite
from seg_assets.segmentation.scaling import Scale, fit_scale
from seg_assets.segmentation.serialise import from_values, to_values

UNUSUAL_FEATURES = 3


@dataclass(frozen=True)
class CatalogueChange:
    """Features that a catalogue has and the reference lacks, and the other way round."""

    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True)
class Reference:
    """Scales of features and indices, set by the first refresh; setting it again is a person's act.

    features: every feature of the catalogue it was fitted with; scales: those of them that are ordered and vary.
    """

    features: tuple[str, ...]
    scales: tuple[Scale, ...]
    indices: tuple[Composite, ...]

    @classmethod
    def fit(cls, snapshot: pl.DataFrame | pl.LazyFrame, catalogue: Catalogue) -> Self:
        """Scales and indices on `snapshot` (account rows: features and `<group>_applicable`).

        A LazyFrame is read a column or an index at a time, and never held as a whole.
        Raises ValueError for an empty snapshot and for an index without a usable feature.
        """
        accounts = snapshot.lazy()
        if accounts.head(1).collect().is_empty():
            raise ValueError("the reference needs a snapshot with accounts; land one before the first refresh")
        ordered = [feature for feature in catalogue.features if feature.kind is not Kind.CATEGORICAL]
        fitted = [fit_scale(accounts, feature, catalogue) for feature in ordered]
        scales = {scale.feature: scale for scale in fitted if scale is not None}
        indices = []
        for index in derived_indices(catalogue):
            if not catalogue.indices and not any(name in scales for name in index.features):
                continue
            indices.append(fit_composite(accounts, index, catalogue, scales))
        return cls(catalogue.feature_names, tuple(scales.values()), tuple(indices))

    def scale(self, feature: str) -> Scale | None:
        """The scale of `feature`, None where it has none."""
        return next((scale for scale in self.scales if scale.feature == feature), None)

    def index_expressions(self) -> list[pl.Expr]:
        """An expression an index: Float64 whole numbers 0 to 100, never null."""
        scales = {scale.feature: scale for scale in self.scales}
        return [index.expression(scales) for index in self.indices]

    def unusual_expression(self) -> pl.Expr:
        """Boolean `unusual`: three numeric features or more beyond the 0.1 and 99.9 % quantiles of the reference."""
        beyond = [
            (~pl.col(scale.feature).is_between(scale.usual_low, scale.usual_high)).fill_null(False).cast(pl.UInt16)
            for scale in self._numeric_scales()
        ]
        if not beyond:
            return pl.lit(False).alias("unusual")
        # Added one to another: half the time of a horizontal sum, which widens every flag to 32 bits.
        return (reduce(operator.add, beyond) >= UNUSUAL_FEATURES).alias("unusual")

    def contributions(self) -> pl.DataFrame:
        """A row per index and feature: index, feature, weight (signed; sizes sum to 1 within an index)."""
        rows = [(index.name, c.feature, c.weight) for index in self.indices for c in index.contributions]
        return pl.DataFrame(rows, schema={"index": pl.String, "feature": pl.String, "weight": pl.Float64}, orient="row")

    def required_columns(self) -> tuple[str, ...]:
        """The columns that indices and `unusual` read, sorted."""
        used = {c.feature for index in self.indices for c in index.contributions}
        gates = {scale.gate for scale in self.scales if scale.feature in used and scale.gate is not None}
        return tuple(sorted(used | gates | {scale.feature for scale in self._numeric_scales()}))

    def change_to(self, catalogue: Catalogue) -> CatalogueChange:
        """How the features of `catalogue` differ from those that the reference was fitted with."""
        now = catalogue.feature_names
        return CatalogueChange(
            added=tuple(name for name in now if name not in self.features),
            removed=tuple(name for name in self.features if name not in now),
        )

    def to_dict(self) -> dict[str, Any]:
        """Dicts, lists and scalars that JSON can hold."""
        values: dict[str, Any] = to_values(self)
        return values

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """What `to_dict` gave. Raises ValueError for another shape."""
        return from_values(cls, values)

    def _numeric_scales(self) -> list[Scale]:
        return [scale for scale in self.scales if scale.kind is Kind.NUMERIC]
