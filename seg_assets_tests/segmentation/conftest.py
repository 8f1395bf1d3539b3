"""One fitted segmentation of the default catalogue, shared by the tests that only read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl
import pytest

from seg_assets.catalogs import Catalogue, default_catalogue
from seg_assets.segmentation import Outcomes, Preprocessor, Reference, Segmentation, fit
from seg_assets_tests.segmentation.population import conversions, population

ACCOUNTS = 4_000


@dataclass(frozen=True)
class Fitted:
    """A refresh with all that went into it. later: the same accounts a week on."""

    catalogue: Catalogue
    snapshot: pl.DataFrame
    later: pl.DataFrame
    outcomes: Outcomes
    preprocessor: Preprocessor
    segmentation: Segmentation


@pytest.fixture(scope="session")
def fitted() -> Fitted:
    catalogue = default_catalogue()
    previous, snapshot, later = (
        population(catalogue, ACCOUNTS, monday=date(2026, 6, day), drift=0.1) for day in (15, 22, 29)
    )
    outcomes = Outcomes(snapshot.with_columns(conversions(snapshot, "web_visits_30d", rate=0.1)).lazy())
    preprocessor = Preprocessor.fit(snapshot, catalogue, Reference.fit(snapshot, catalogue))
    segmentation = fit(snapshot, catalogue, None, outcomes, preprocessor=preprocessor, previous=previous)
    return Fitted(catalogue, snapshot, later, outcomes, preprocessor, segmentation)
