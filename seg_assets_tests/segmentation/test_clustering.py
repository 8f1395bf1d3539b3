from __future__ import annotations

import numpy as np
import pytest

from seg_assets.segmentation.clustering import explained_variance, free_clusters


def blobs(seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    centres = np.array([[0, 0], [8, 0], [0, 8], [8, 8]])
    return np.repeat(centres, 100, axis=0) + random.normal(size=(400, 2))


def test_separate_groups_are_found_whatever_the_seed() -> None:
    for seed in range(2):
        clusters = free_clusters(blobs(), 4, seed=seed)
        assert [len(set(clusters.labels[start : start + 100])) for start in (0, 100, 200, 300)] == [1, 1, 1, 1]
        assert explained_variance(blobs(), clusters.labels) > 0.9


def test_clusters_are_numbered_by_their_centroids() -> None:
    centroids = free_clusters(blobs(), 4).centroids
    assert [tuple(c) for c in centroids] == sorted(tuple(c) for c in centroids)


def test_labels_belong_to_the_nearest_centroid() -> None:
    """A warm-started KMeans can return stale labels: they are predicted again."""
    points = blobs()
    champion = np.arange(400) % 4
    clusters = free_clusters(points, 4, champion=champion)
    distances = ((points[:, None, :] - clusters.centroids[None]) ** 2).sum(axis=2)
    assert (clusters.labels == distances.argmin(axis=1)).all()


def test_a_champion_that_is_as_good_keeps_its_partition() -> None:
    points = np.random.default_rng(3).normal(size=(600, 2))
    champion = free_clusters(points, 5, seed=1)
    again = free_clusters(points + 0.01, 5, champion=champion.labels, seed=2)
    assert (again.labels == champion.labels).mean() > 0.98


def test_a_bad_champion_does_not_hold_the_partition_back() -> None:
    clusters = free_clusters(blobs(), 4, champion=np.repeat([0, 1, 2, 3], [10, 10, 10, 370]))
    assert explained_variance(blobs(), clusters.labels) > 0.9


def test_explained_variance_is_0_for_one_part_and_1_for_parts_of_equals() -> None:
    points = np.array([[0.0, 1.0], [0.0, 1.0], [2.0, 3.0], [2.0, 3.0]])
    assert explained_variance(points, np.zeros(4, dtype=np.intp)) == pytest.approx(0.0)
    assert explained_variance(points, np.array([0, 0, 7, 7])) == pytest.approx(1.0)
    assert explained_variance(np.ones((4, 2)), np.array([0, 0, 1, 1])) == 0.0
