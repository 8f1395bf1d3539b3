from __future__ import annotations

import numpy as np
import pytest

from seg_assets.segmentation.stability.separation import separation
from seg_assets_tests.segmentation.stability.blobs import blobs, continuum
from seg_assets_tests.segmentation.stability.golden import DATA, partition, points, reference


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("count", range(2, 7))
def test_figures_agree_with_r_to_nine_digits(data: str, count: int) -> None:
    found = separation(points(data), partition(data, count), seed=0)
    expected = reference("cluster_stats")[f"{data}_{count}"]
    assert found.dunn == pytest.approx(expected["dunn"], abs=1e-9)
    assert found.dunn_of_averages == pytest.approx(expected["dunn2"], abs=1e-9)
    assert found.within_between_ratio == pytest.approx(expected["wb_ratio"], abs=1e-9)
    assert found.pearson_gamma == pytest.approx(expected["pearsongamma"], abs=1e-9)


def test_many_points_are_judged_by_a_sample_that_the_result_names() -> None:
    cloud, corner = blobs(4_000)
    whole, part = separation(cloud, corner, seed=0, rows=4_000), separation(cloud, corner, seed=0, rows=800)
    assert (whole.rows, part.rows) == (4_000, 800)
    assert part.within_between_ratio == pytest.approx(whole.within_between_ratio, rel=0.03)
    assert part.pearson_gamma == pytest.approx(whole.pearson_gamma, abs=0.03)
    assert separation(cloud, corner, seed=0, rows=800) == part


def test_averages_are_those_of_pairs() -> None:
    found = separation(np.array([[0.0], [1.0], [3.0], [10.0]]), np.array([0, 0, 0, 1]), seed=0)
    assert found.average_within == pytest.approx(2.0)
    assert found.average_between == pytest.approx((10 + 9 + 7) / 3)
    assert found.dunn == pytest.approx(7 / 3)


def test_a_single_part_cannot_be_judged() -> None:
    with pytest.raises(ValueError, match="5 points in 1 parts"):
        separation(continuum(5), np.zeros(5, dtype=np.intp), seed=0)
