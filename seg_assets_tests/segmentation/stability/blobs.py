"""Points and accounts in groups that nobody can miss, and points in none."""

from __future__ import annotations

import numpy as np
import polars as pl

from seg_assets_tests.segmentation.population import population
from seg_assets_tests.segmentation.small_catalogue import small_catalogue

GROUPED = ("visits", "orders", "clicks")


def blobs(points: int = 400, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(points, 2) around the corners of a square eight deviations wide, and the corner, 0 to 3, of each."""
    corners = np.array([[0.0, 0.0], [8.0, 0.0], [0.0, 8.0], [8.0, 8.0]])
    corner = np.arange(points) % 4
    return corners[corner] + np.random.default_rng(seed).normal(size=(points, 2)), corner


def continuum(points: int = 400, seed: int = 0) -> np.ndarray:
    """(points, 2) of one normal cloud."""
    return np.random.default_rng(seed).normal(size=(points, 2))


def planted(accounts: int, seed: int = 0) -> pl.DataFrame:
    """Accounts of three kinds, each high in one of the GROUPED columns of the small catalogue.

    Neither the columns' values nor their correlations alone can make such groups.
    """
    random = np.random.default_rng(seed)
    kind = np.arange(accounts) % 3
    high = {name: 6.0 * (kind == k) + random.normal(size=accounts) for k, name in enumerate(GROUPED)}
    frame = population(small_catalogue(), accounts, seed=seed)
    return frame.with_columns(pl.Series(name, values) for name, values in high.items())
