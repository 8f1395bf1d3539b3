from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from seg_assets.segmentation.stability.partition_quality import partition_quality, silhouettes
from seg_assets_tests.segmentation.stability.blobs import blobs, continuum
from seg_assets_tests.segmentation.stability.golden import DATA, partition, points, reference

COUNTS = range(2, 7)


@pytest.mark.parametrize("data", DATA)
def test_figures_agree_with_r_to_nine_digits(data: str) -> None:
    partitions = np.column_stack([partition(data, count) for count in COUNTS])
    for count, found in zip(COUNTS, partition_quality(points(data), partitions, seed=0), strict=True):
        expected = reference("cluster_stats")[f"{data}_{count}"]
        assert sorted(found.sizes) == expected["size"]
        assert found.entropy == pytest.approx(expected["entropy"], abs=1e-9)
        assert found.within_squares == pytest.approx(expected["tot_withinss"], abs=1e-9)
        assert found.calinski_harabasz == pytest.approx(expected["ch"], abs=1e-9)
        assert found.silhouette.value == pytest.approx(expected["avg_silwidth"], abs=1e-9)


def test_intervals_of_sampled_silhouettes_hold_that_of_all_points() -> None:
    cloud = continuum(600)
    labels = (cloud[:, 0] > 0).astype(np.intp) + 2 * (cloud[:, 1] > 0)
    whole = silhouette_score(cloud, labels)
    found = [silhouettes(cloud, [labels], rows=120, seed=seed)[0] for seed in range(60)]
    assert np.mean([estimate.low < whole < estimate.high for estimate in found]) >= 0.9
    assert np.mean([estimate.value for estimate in found]) == pytest.approx(whole, abs=0.01)
    assert max(estimate.high - estimate.low for estimate in found) < 0.1


def test_several_partitions_at_once_are_judged_as_one_by_one() -> None:
    cloud = continuum(300)
    halves, quarters = (cloud[:, 0] > 0).astype(np.intp), np.arange(300) % 4
    together = partition_quality(cloud, np.column_stack([halves, quarters]), seed=3, silhouette_rows=100)
    alone = [partition_quality(cloud, part[:, None], seed=3, silhouette_rows=100)[0] for part in (halves, quarters)]
    for one, other in zip(together, alone, strict=True):
        assert one.silhouette.value == pytest.approx(other.silhouette.value, abs=1e-12)
        assert one.davies_bouldin == other.davies_bouldin


def test_every_figure_prefers_the_groups_that_are_there() -> None:
    cloud, corner = blobs()
    shuffled = np.random.default_rng(0).permutation(corner)
    right, wrong = partition_quality(cloud, np.column_stack([corner, shuffled]), seed=0)
    assert right.silhouette.low > wrong.silhouette.high
    assert right.calinski_harabasz > wrong.calinski_harabasz
    assert right.davies_bouldin < wrong.davies_bouldin
    assert right.explained_variance > 0.9 > 0.1 > wrong.explained_variance


def test_names_of_parts_do_not_matter() -> None:
    cloud, corner = blobs(80)
    one, other = partition_quality(cloud, np.column_stack([corner, 10 * (3 - corner)]), seed=0)
    assert one.silhouette.value == pytest.approx(other.silhouette.value, abs=1e-12)
    assert one.within_squares == other.within_squares


def test_a_point_alone_in_its_part_has_silhouette_0() -> None:
    cloud = np.array([[0.0], [0.0], [0.0], [5.0]])
    (found,) = silhouettes(cloud, [np.array([0, 0, 0, 1])], rows=10, seed=0)
    assert found.value == pytest.approx(0.75)


@pytest.mark.parametrize("labels", [np.zeros(5, dtype=np.intp), np.arange(5)])
def test_one_part_and_parts_of_single_points_cannot_be_judged(labels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="2 to n - 1 parts"):
        partition_quality(continuum(5), labels[:, None], seed=0)
