"""Accounts as points: the coordinates in which alike accounts are close.

Belongs here: fitting the coordinates of one data month against the frozen reference, and computing them.
Does not: the frozen scales (reference.py), what is done with the points (clustering.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import numpy as np
import polars as pl

from seg_assets.catalogs import Catalogue, Feature, Kind
from seg_assets.segmentation.balance import balance_weights
from seg_assets.segmentation.levels import MANY_LEVELS, SMALLEST_LEVEL_SHARE, level_profiles, level_shares
from seg_assets.segmentation.reference import Reference
from seg_assets.segmentation.sampling import hash_sample
from seg_assets.segmentation.scaling import gate_of
from seg_assets.segmentation.serialise import from_values, stable, to_values


@dataclass(frozen=True)
class Coordinate:
    """One column of the table of points.

    coding: `scaled`, the reference's standardised number of `feature`; `level`, whether the feature has one of
    `levels`; `other`, whether it has none of them; `profile`, the number in `values` of the account's level;
    `not_applicable`, whether the group does not apply. All are (number - centre) / scale * weight, 0 where missing.
    """

    name: str
    group: str
    coding: Literal["scaled", "level", "other", "profile", "not_applicable"]
    feature: str
    gate: str | None
    levels: tuple[str, ...] = ()
    values: tuple[float, ...] = ()
    centre: float = 0.0
    scale: float = 1.0
    weight: float = 1.0

    def expression(self, reference: Reference) -> pl.Expr:
        """The coordinate as Float32, never null."""
        value = (self._number(reference) - self.centre) / self.scale
        if self.gate is not None and self.coding != "not_applicable":
            value = pl.when(pl.col(self.gate).fill_null(True)).then(value)
        return (value.fill_null(0.0) * self.weight).cast(pl.Float32).alias(self.name)

    def _number(self, reference: Reference) -> pl.Expr:
        column = pl.col(self.feature)
        if self.coding == "scaled":
            scale = reference.scale(self.feature)
            if scale is None:
                raise ValueError(f"the reference has no scale of {self.feature!r}; fit the preprocessor against it")
            return scale.standardised()
        if self.coding == "level":
            return column.is_in(list(self.levels)).cast(pl.Float64)
        if self.coding == "other":
            return (~column.is_in(list(self.levels))).cast(pl.Float64)
        if self.coding == "profile":
            return column.replace_strict(list(self.levels), list(self.values), default=0.0, return_dtype=pl.Float64)
        return (~column.fill_null(True)).cast(pl.Float64)


@dataclass(frozen=True)
class Preprocessor:
    """The coordinates of one data month: scales from the reference, levels and the groups' balance from the month."""

    reference: Reference
    coordinates: tuple[Coordinate, ...]

    @classmethod
    def fit(cls, snapshot: pl.DataFrame, catalogue: Catalogue, reference: Reference) -> Self:
        """Levels and weights on `snapshot`, on at most 60,000 of its accounts.

        A feature that the reference does not know is left out until the reference is set again.
        Raises ValueError where no feature varies.
        """
        sample = hash_sample(snapshot)
        features = [feature for feature in catalogue.features if feature.name in reference.features]
        numbers = _standardised(sample, reference)
        found = [c for feature in features for c in _of_feature(sample, feature, catalogue, reference, numbers)]
        found += _of_gates(sample, catalogue)
        if not found:
            raise ValueError("no usable features: every column of the snapshot is empty or constant")
        plain = cls(reference, _named(found))
        table = plain.transform(sample)
        by_group = {
            group: table.select(c.name for c in plain.coordinates if c.group == group).to_numpy().astype(np.float64)
            for group in dict.fromkeys(c.group for c in plain.coordinates)
        }
        weights = balance_weights(by_group)
        return cls(reference, tuple(replace(c, weight=stable(weights[c.group])) for c in plain.coordinates))

    def transform(self, snapshot: pl.DataFrame) -> pl.DataFrame:
        """account_id and a Float32 column a coordinate, in the order of the rows; unseen levels count as other."""
        return snapshot.lazy().select("account_id", *self.expressions()).collect()

    def expressions(self) -> list[pl.Expr]:
        """An expression a coordinate: Float32, never null."""
        return [coordinate.expression(self.reference) for coordinate in self.coordinates]

    @property
    def required_columns(self) -> tuple[str, ...]:
        """The columns that `transform` reads, sorted."""
        gates = {c.gate for c in self.coordinates if c.gate is not None}
        return tuple(sorted({"account_id"} | gates | {c.feature for c in self.coordinates}))

    def to_dict(self) -> dict[str, Any]:
        """Dicts, lists and scalars that JSON can hold."""
        values: dict[str, Any] = to_values(self)
        return values

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """What `to_dict` gave. Raises ValueError for another shape."""
        return from_values(cls, values)


def _standardised(sample: pl.DataFrame, reference: Reference) -> np.ndarray:
    columns = [
        pl.when(scale.applies()).then(scale.standardised()).fill_null(0.0).alias(scale.feature)
        for scale in reference.scales
        if scale.kind is Kind.NUMERIC
    ]
    return sample.lazy().select(columns).collect().to_numpy() if columns else np.zeros((sample.height, 0))


def _of_feature(
    sample: pl.DataFrame, feature: Feature, catalogue: Catalogue, reference: Reference, numbers: np.ndarray
) -> list[Coordinate]:
    gate = gate_of(feature, catalogue)
    if feature.kind is not Kind.CATEGORICAL:
        scaled = Coordinate(feature.name, feature.group, "scaled", feature.name, gate)
        found = [scaled] if reference.scale(feature.name) else []
        return found + _of_levels(sample, feature, gate, feature.unordered_levels)
    shares = level_shares(sample[feature.name])
    found = _of_levels(sample, feature, gate, tuple(shares))
    if len(shares) > MANY_LEVELS and numbers.shape[1]:
        profiles = level_profiles(sample[feature.name], numbers)
        found += [
            Coordinate(
                f"{feature.name}_profile_{axis}", feature.group, "profile", feature.name, gate, p.levels, p.values
            )
            for axis, p in enumerate(profiles, start=1)
        ]
    return found


def _of_levels(sample: pl.DataFrame, feature: Feature, gate: str | None, levels: Sequence[str]) -> list[Coordinate]:
    """Indicators of the levels that are frequent enough, and one of all others together where they are.

    Coding: (indicator - p) / sqrt(p), as factor analysis of mixed data has it (Pages 2004).
    """
    shares = level_shares(sample[feature.name])
    kept = tuple(sorted(level for level in levels if SMALLEST_LEVEL_SHARE <= shares.get(level, 0.0) < 1.0))
    found = []
    for level in kept:
        p = stable(shares[level])
        name = f"{feature.name}_{level}"
        found.append(Coordinate(name, feature.group, "level", feature.name, gate, (level,), (), p, stable(np.sqrt(p))))
    rest = stable(1.0 - sum(shares[level] for level in kept))
    if feature.kind is Kind.CATEGORICAL and kept and rest >= SMALLEST_LEVEL_SHARE:
        name = f"{feature.name}_other"
        found.append(
            Coordinate(name, feature.group, "other", feature.name, gate, kept, (), rest, stable(np.sqrt(rest)))
        )
    return found


def _of_gates(sample: pl.DataFrame, catalogue: Catalogue) -> list[Coordinate]:
    found = []
    for group in catalogue.groups:
        if group.applicable_when is None:
            continue
        gate = f"{group.name}_applicable"
        p = stable(float((~sample[gate].fill_null(True)).sum()) / sample.height)
        if SMALLEST_LEVEL_SHARE <= p <= 1 - SMALLEST_LEVEL_SHARE:
            deviation = stable(np.sqrt(p * (1 - p)))
            name = f"{group.name}_not_applicable"
            found.append(Coordinate(name, group.name, "not_applicable", gate, gate, (), (), p, deviation))
    return found


def _named(coordinates: Sequence[Coordinate]) -> tuple[Coordinate, ...]:
    """Names that every table format takes: x_ and lower-case letters, digits, underscores; each once."""
    named: list[Coordinate] = []
    taken: set[str] = set()
    for coordinate in coordinates:
        base = "x_" + re.sub(r"[^a-z0-9_]+", "_", coordinate.name.lower()).strip("_")
        name, copy = base, 1
        while name in taken:
            copy += 1
            name = f"{base}_{copy}"
        taken.add(name)
        named.append(replace(coordinate, name=name))
    return tuple(named)
