from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from seg_assets.segmentation.matching import overlaps
from seg_assets.segmentation.stability.clusterer import free_kmeans
from seg_assets.segmentation.stability.resample_agreement import adjusted_rand, agreements
from seg_assets.segmentation.stability.split_halves import split_halves
from seg_assets_tests.segmentation.stability.blobs import blobs, continuum


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 30))
def test_the_index_is_scikit_learns(seed: int, rows: int) -> None:
    one, other = np.random.default_rng(seed).integers(4, size=(2, rows))
    assert adjusted_rand(overlaps(one, other, (4, 4))) == pytest.approx(adjusted_rand_score(one, other), abs=1e-12)


def test_names_of_segments_do_not_matter() -> None:
    labels = np.random.default_rng(0).integers(3, size=100)
    assert adjusted_rand(overlaps(labels, 2 - labels, (3, 3))) == pytest.approx(1.0)


def test_refits_on_groups_agree_and_on_a_cloud_less() -> None:
    (groups,) = split_halves(blobs()[0], free_kmeans((4,), starts=3), splits=4, half=1_000, seed=0)
    (cloud,) = split_halves(continuum(), free_kmeans((4,), starts=3), splits=4, half=1_000, seed=0)
    assert agreements(groups).tolist() == [1.0] * 4
    assert agreements(cloud).mean() < 0.9


def test_the_index_is_over_the_accounts_of_both_halves() -> None:
    """A segment that a refit finds in one half only must not shift the others."""
    cloud = continuum(90)
    seen: list[np.ndarray] = []
    kmeans = free_kmeans((3,), starts=1)

    def kept(rows: np.ndarray, seed: int):
        assign = kmeans(rows, seed)
        seen.append(assign(cloud)[:, 0])
        return assign

    (splits,) = split_halves(cloud, kept, splits=1, half=1_000, seed=2)
    assert agreements(splits) == pytest.approx([adjusted_rand_score(*seen)])
