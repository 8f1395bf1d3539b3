"""The intent index of accounts as plain pandas and NumPy: what PlainIndices is to the other indices.

Belongs here: the points that each feature's value earns, added up.
Does not: fitting the scorecard, what is made of the index (plain_scoring.py).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.plain_indices import Floats
from seg_assets.segmentation.intent.bins import FIRST, MISSING, NOTHING
from seg_assets.segmentation.intent.index import IntentIndex, Item


class PlainIntent:
    """Computes a scorecard. Built outside the measured time, as a fitted pipeline is loaded."""

    def __init__(self, index: IntentIndex) -> None:
        self.base = index.base_tenths
        self.items = index.items

    def of(self, accounts: pd.DataFrame) -> Floats:
        """(n,): whole points 0 to 100, halves rounded up."""
        tenths = self.base + np.sum([_tenths(accounts, item) for item in self.items], axis=0)
        points: Floats = np.clip((tenths + 5) // 10, 0, 100)
        return points


def _tenths(accounts: pd.DataFrame, item: Item) -> Floats:
    """(n,): tenths of a point."""
    bins, earned = item.bins, np.array(item.tenths, dtype=np.float64)
    column = accounts[bins.feature]
    if bins.levels:
        tenths = column.map(dict(zip(bins.levels, earned[FIRST:], strict=False))).fillna(earned[-1]).to_numpy()
    else:
        tenths = earned[FIRST + np.digitize(column.to_numpy(dtype=np.float64), bins.thresholds)]
    tenths = np.where(column.isna(), earned[MISSING], tenths)
    if bins.gate is not None:
        tenths = np.where(accounts[bins.gate].eq(False), earned[NOTHING], tenths)
    return tenths
