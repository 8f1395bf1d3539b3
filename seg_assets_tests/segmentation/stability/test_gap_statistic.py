from __future__ import annotations

import numpy as np
import pytest

from seg_assets.segmentation.stability.clusterer import free_kmeans
from seg_assets.segmentation.stability.gap_statistic import Gap, gap_statistic
from seg_assets_tests.segmentation.stability.blobs import blobs, continuum
from seg_assets_tests.segmentation.stability.golden import DATA, partition, points, reference

REFERENCES = 25


@pytest.mark.parametrize("data", DATA)
def test_the_gap_agrees_with_r(data: str) -> None:
    """The references are random: three standard errors of the difference of two means of them, R's taken as many.

    Where R's few starts end in another optimum, log_within differs by up to 0.01; so the references' are compared.
    """
    expected = reference("gap")[data]
    found = gap_statistic(points(data), free_kmeans(range(1, 9), starts=8), range(1, 9), references=REFERENCES, seed=1)
    log_within, error = np.array(expected["logW"]), np.array(expected["se"])
    assert found.log_within == pytest.approx(log_within, abs=0.01)
    assert found.log_within[0] == pytest.approx(log_within[0], abs=1e-9)
    assert found.log_within[2] == pytest.approx(log_within[2], abs=1e-9)
    ours = np.array(found.gap) + found.log_within
    assert (np.abs(ours - expected["gap"] - log_within) < 3 * error * np.sqrt(2 / REFERENCES)).all()
    assert found.error == pytest.approx(error, rel=0.5)
    assert found.proposed() == expected["tibs"]


@pytest.mark.parametrize("data", DATA)
def test_pooled_distances_of_given_partitions_agree_with_r(data: str) -> None:
    labels = np.column_stack([partition(data, count) for count in (2, 3)])
    found = gap_statistic(points(data), lambda _rows, _seed: lambda _: labels, (2, 3), references=2, seed=0)
    assert found.log_within == pytest.approx(reference("gap")[data]["logW"][1:3], abs=3e-4)


def test_r_s_numbers_lead_to_r_s_proposals() -> None:
    for data in DATA:
        values = reference("gap")[data]
        gap = Gap(tuple(range(1, 9)), tuple(values["logW"]), tuple(values["gap"]), tuple(values["se"]))
        assert gap.proposed() == values["tibs"]
        assert gap.first_near_maximum() == values["first"]


def test_groups_are_counted_and_a_single_cloud_is_one() -> None:
    clusterer = free_kmeans(range(1, 7), starts=3)
    for cloud, expected in ((blobs(200)[0], 4), (continuum(200), 1)):
        found = gap_statistic(cloud, clusterer, range(1, 7), references=10, seed=0)
        assert found.proposed() == expected
        assert found.first_near_maximum() == expected


def test_the_same_seed_gives_the_same_gap_and_many_points_are_sampled() -> None:
    clusterer = free_kmeans((1, 2), starts=1)
    cloud = blobs(600)[0]
    one, other = (gap_statistic(cloud, clusterer, (1, 2), references=3, seed=5, rows=100) for _ in range(2))
    assert one == other
    assert one.log_within[0] < gap_statistic(cloud, clusterer, (1, 2), references=3, seed=5).log_within[0] - 1


def test_one_reference_has_no_error() -> None:
    with pytest.raises(ValueError, match="at least 2 references"):
        gap_statistic(continuum(20), free_kmeans((1, 2), starts=1), (1, 2), references=1, seed=0)
