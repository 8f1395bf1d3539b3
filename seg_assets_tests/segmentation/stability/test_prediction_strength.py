from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_assets.segmentation.stability.clusterer import free_kmeans
from seg_assets.segmentation.stability.prediction_strength import prediction_strengths
from seg_assets.segmentation.stability.split_halves import Halves, split_halves
from seg_assets_tests.segmentation.stability.blobs import blobs, continuum
from seg_assets_tests.segmentation.stability.golden import DATA, points, reference


@pytest.mark.parametrize("data", DATA)
def test_the_mean_over_splits_agrees_with_r(data: str) -> None:
    """Within 0.05, as R's own seeds differ; 30 splits and 10 starts where R took 50 and 20."""
    splits = split_halves(points(data), free_kmeans(range(1, 7), starts=10), splits=30, half=1_000, seed=3)
    found = [prediction_strengths(partition).mean() for partition in splits]
    expected = np.mean([run["mean"] for run in reference("prediction_strength_runs20")[data]], axis=0)
    assert found == pytest.approx(expected, abs=0.05)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 12))
def test_it_is_the_share_of_pairs_that_stay_together_in_the_worst_segment(seed: int, rows: int) -> None:
    random = np.random.default_rng(seed)
    own, other = random.integers(3, size=(2, rows))
    shares = []
    for segment in np.unique(own):
        inside = other[own == segment]
        pairs = [a == b for i, a in enumerate(inside) for b in inside[i + 1 :]]
        shares.append(np.mean(pairs) if pairs else 1.0)
    counts = np.zeros((3, 3))
    np.add.at(counts, (own, other), 1.0)
    everyone = np.array([[rows]], dtype=np.float64)
    assert prediction_strengths((Halves(counts, everyone),)) == pytest.approx([(min(shares) + 1) / 2])


def test_groups_predict_each_other_and_a_cloud_in_many_parts_does_not() -> None:
    for cloud, least, most in ((blobs()[0], 0.99, 1.0), (continuum(), 0.0, 0.7)):
        (splits,) = split_halves(cloud, free_kmeans((4,), starts=3), splits=5, half=1_000, seed=0)
        assert least <= prediction_strengths(splits).mean() <= most


def test_one_segment_predicts_itself() -> None:
    (splits,) = split_halves(continuum(50), free_kmeans((1,), starts=1), splits=2, half=1_000, seed=0)
    assert prediction_strengths(splits).tolist() == [1.0, 1.0]
