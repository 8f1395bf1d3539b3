"""Indices of accounts as plain scikit-learn and NumPy: the first half of the yardstick.

Belongs here: the standardised features by a ColumnTransformer, and indices from them.
Does not: what is made of the indices (plain_scoring.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder, StandardScaler

from seg_assets.catalogs import Kind
from seg_assets.segmentation import Reference
from seg_assets.segmentation.composite import NEARLY_HALF, NOT_APPLICABLE, UNKNOWN, Composite, points_of
from seg_assets.segmentation.scaling import Scale

Floats = npt.NDArray[np.float64]


class PlainIndices:
    """Computes the named indices of a reference. Built outside the measured time, as a fitted pipeline is loaded."""

    def __init__(self, reference: Reference, names: set[str]) -> None:
        self.indices = [index for index in reference.indices if index.name in names]
        used = dict.fromkeys(c.feature for index in self.indices for c in index.contributions)
        self.scales = _in_order_of_transformer([scale for scale in reference.scales if scale.feature in used])
        self.transformer = _transformer(self.scales)

    def of(self, accounts: pd.DataFrame) -> dict[str, Floats]:
        """(n,) an index: whole points 0 to 100, by name."""
        if not self.indices:
            return {}
        table = self.transformer.transform(accounts)
        for place, scale in enumerate(self.scales):
            if scale.gate is not None:
                table[accounts[scale.gate].eq(False).to_numpy(), place] = np.nan
        return {index.name: self._points(index, table, accounts) for index in self.indices}

    def _points(self, index: Composite, table: Floats, accounts: pd.DataFrame) -> Floats:
        places = {scale.feature: place for place, scale in enumerate(self.scales)}
        used = [places[c.feature] for c in index.contributions]
        weights = np.array([c.hundredths for c in index.contributions])
        values = np.floor(table[:, used] + 0.5)
        known = (~np.isnan(values)) @ np.abs(weights)
        mean = np.divide(np.nansum(values * weights, axis=1), known, out=np.zeros(len(values)), where=known > 0)
        points = np.where(known > 0, points_of(np.floor(mean + NEARLY_HALF), index.steps), UNKNOWN)
        gates = {self.scales[place].gate for place in used}
        if None in gates:
            return points
        applies = np.any([accounts[gate].ne(False).to_numpy() for gate in gates], axis=0)
        return np.where(applies, points, NOT_APPLICABLE)


def _in_order_of_transformer(scales: Sequence[Scale]) -> list[Scale]:
    return sorted(scales, key=lambda scale: (scale.kind, scale.transform))


def _transformer(scales: Sequence[Scale]) -> ColumnTransformer:
    """A column a scale, in their order: winsorized, transformed, centred, in millionths of a deviation; nan: missing.

    Fitted on a row that stands for nothing, as scikit-learn wants it: every step's parameters are given.
    """
    alike: dict[tuple[str, str], list[Scale]] = {}
    for scale in scales:
        alike.setdefault((scale.kind, scale.transform), []).append(scale)
    transformer = ColumnTransformer(
        [("_".join(key), make_pipeline(*_steps(group)), [s.feature for s in group]) for key, group in alike.items()]
    )
    return transformer.fit(pd.DataFrame({scale.feature: [_example(scale)] for scale in scales}))


def _steps(scales: Sequence[Scale]) -> list[Any]:
    """The steps for scales of one kind and transform."""
    first = scales[0]
    if first.kind is Kind.ORDINAL:
        levels = [list(scale.levels) for scale in scales]
        numbers: Any = OrdinalEncoder(
            categories=levels, handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan
        )
    else:
        numbers = FunctionTransformer(_numbers)
    bounds = {"a_min": [scale.low for scale in scales], "a_max": [scale.high for scale in scales]}
    steps: list[Any] = [numbers, FunctionTransformer(np.clip, kw_args=bounds)]
    if first.transform == "log1p":
        steps.append(FunctionTransformer(np.log1p))
    elif first.transform == "signed_log1p":
        units = np.array([scale.unit for scale in scales])
        steps.append(FunctionTransformer(_signed_log1p, kw_args={"units": units}))
    return [*steps, _frozen_scaler(scales)]


def _frozen_scaler(scales: Sequence[Scale]) -> FrozenEstimator:
    scaler = StandardScaler()
    scaler.mean_ = np.array([scale.centre for scale in scales])
    scaler.scale_ = np.array([1 / scale.millionths for scale in scales])
    scaler.var_ = scaler.scale_**2
    scaler.n_features_in_ = len(scales)
    return FrozenEstimator(scaler)


def _numbers(frame: pd.DataFrame) -> Floats:
    return frame.to_numpy(dtype=np.float64)


def _signed_log1p(values: Floats, units: Floats) -> Floats:
    return np.sign(values) * np.log1p(np.abs(values) / units)


def _example(scale: Scale) -> object:
    return scale.levels[0] if scale.kind is Kind.ORDINAL else scale.low
