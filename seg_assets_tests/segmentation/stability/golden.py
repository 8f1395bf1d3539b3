"""Reference values that R computed, and the data they belong to.

Belongs here: reading the shared folder's `golden` files.
Does not: comparing with them; each test file says what it compares and how closely.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import polars as pl

from seg_assets_tests.shared import shared_file

DATA = ("iris", "wine_z")


def reference(part: str) -> dict[str, Any]:
    """One part of `reference.json`."""
    values: dict[str, Any] = json.loads(shared_file("golden/reference.json").read_text())[part]
    return values


def points(data: str) -> np.ndarray:
    """(n, columns) float64, without the outcome."""
    return pl.read_csv(shared_file(f"golden/{data}.csv")).drop("y").to_numpy().astype(np.float64)


def partition(data: str, count: int) -> np.ndarray:
    """(n,) parts 0 .. count - 1, those that the reference values of this data and count are about."""
    labels = pl.read_csv(shared_file(f"golden/labels_{data}_k{count}.csv")).to_series()
    return labels.to_numpy().astype(np.intp) - 1
