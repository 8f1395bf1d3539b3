from __future__ import annotations

import numpy as np

from seg_assets.segmentation.clustering import explained_variance, free_clusters
from seg_assets.segmentation.stability.clusterer import free_kmeans
from seg_assets_tests.segmentation.stability.blobs import blobs, continuum


def test_one_refit_carries_a_partition_for_each_count() -> None:
    cloud, corner = blobs()
    assign = free_kmeans((1, 4, 7), starts=3)(cloud, 0)
    found = assign(cloud)
    assert found.shape == (400, 3)
    assert [len(np.unique(labels)) for labels in found.T] == [1, 4, 7]
    assert all(len(np.unique(found[corner == place, 1])) == 1 for place in range(4))


def test_points_that_were_not_fitted_go_to_the_nearest_centroid() -> None:
    cloud, _ = blobs()
    assign = free_kmeans((4,), starts=3)(cloud, 0)
    corners = np.array([[0.0, 0.0], [8.0, 0.0], [0.0, 8.0], [8.0, 8.0]])
    assert (assign(corners)[:, 0] == assign(cloud[:4])[:, 0]).all()


def test_it_explains_as_much_as_the_clusters_that_segments_are_measured_by() -> None:
    cloud = continuum(500)
    mine = explained_variance(cloud, free_kmeans((5,), starts=10)(cloud, 1)(cloud)[:, 0])
    yardstick = explained_variance(cloud, free_clusters(cloud, 5).labels)
    assert abs(mine - yardstick) < 0.005


def test_the_same_seed_gives_the_same_segments() -> None:
    cloud = continuum(200)
    one, other = (free_kmeans((5,), starts=1)(cloud, 7)(cloud) for _ in range(2))
    assert (one == other).all()
