"""Weeks of accounts that are shared by the tests of the hold in several engines."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from seg_assets_tests.segmentation.conftest import Fitted
from seg_assets_tests.segmentation.population import population
from seg_assets_tests.segmentation.sql.held_weeks import MONDAYS, Weeks


@pytest.fixture(scope="module")
def weeks(fitted: Fitted) -> Weeks:
    """Five weeks of which one is missing, and accounts of which some are away in each; a part with odd values."""
    random = np.random.default_rng(0)
    found = {}
    for monday in MONDAYS:
        frame = population(fitted.catalogue, 1_200, monday=monday, drift=0.15)
        odd = pl.Series(random.random(frame.height) < 0.05)
        numbers = [name for name, dtype in frame.schema.items() if dtype == pl.Float64]
        value = pl.Series(random.choice([np.nan, np.inf, -np.inf, 0.0], frame.height))
        frame = frame.with_columns(pl.when(odd).then(value).otherwise(pl.col(name)).alias(name) for name in numbers)
        found[monday] = frame.filter(pl.Series(random.random(frame.height) < 0.95))
    return found
