"""Where accounts stand: a new kind is told from the others, and does not change how far apart these are."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from seg_assets.segmentation import Preprocessor, Reference
from seg_assets.segmentation.count.ground import Ground
from seg_assets.segmentation.indices import IndexSet
from seg_assets.segmentation.stability.births import KNOWN, NEW
from seg_assets_tests.segmentation.population import population
from seg_assets_tests.segmentation.small_catalogue import small_catalogue

ACCOUNTS, CAME = 2_000, 400


@pytest.fixture(scope="module")
def grounds() -> tuple[Ground, Ground, np.ndarray]:
    """Before and after the same accounts were joined by some of another kind, and who came."""
    catalogue = small_catalogue()
    frame = population(catalogue, ACCOUNTS + CAME)
    came = np.arange(frame.height) >= ACCOUNTS
    orders = pl.when(pl.Series(came)).then(pl.col("orders") * 40).otherwise("orders")
    frame = frame.with_columns(orders.alias("orders"))
    reference = Reference.fit(frame, catalogue)
    preprocessor = Preprocessor.fit(frame, catalogue, reference)
    frame = frame.with_columns(reference.index_expressions())
    presence = np.where(came, NEW, KNOWN).astype(np.int8)[:, None]
    indices = IndexSet(reference, None)
    earlier = Ground.of(frame.head(ACCOUNTS), preprocessor, indices, None, None, presence[:ACCOUNTS, :0])
    return earlier, Ground.of(frame, preprocessor, indices, None, None, presence), came


def test_those_who_were_there_stay_as_far_apart_as_they_were(grounds: tuple[Ground, Ground, np.ndarray]) -> None:
    earlier, later, _ = grounds
    assert later.group_axes[0, :ACCOUNTS] == pytest.approx(earlier.group_axes[0], abs=1e-6)
    assert len(earlier.group_axes) == 1


def test_a_new_kind_has_an_axis_of_its_own_in_each_group(grounds: tuple[Ground, Ground, np.ndarray]) -> None:
    _, later, came = grounds
    strongest, own = later.group_means(came.astype(np.intp))
    assert len(later.group_axes) == 2
    behaviour = later.group_names.index("behaviour")
    assert abs(own[1] - own[0])[behaviour] > abs(strongest[1] - strongest[0])[behaviour]
    assert abs(own[1] - own[0])[behaviour] > 0.5
