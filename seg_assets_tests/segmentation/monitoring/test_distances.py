"""Distances between counts: what they are without change, with none in common, and beside SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import jensenshannon

from seg_assets.segmentation.monitoring.distances import (
    chi_squared,
    expected_index,
    jensen_shannon,
    kolmogorov_smirnov,
    largest_difference,
    population_stability_index,
    quantile_bins,
    total_variation,
    wasserstein,
)

COUNTS = st.lists(st.integers(0, 500), min_size=12, max_size=12).filter(lambda counts: sum(counts) > 0).map(np.array)


@given(COUNTS)
def test_nothing_is_far_from_itself(counts):
    assert population_stability_index(counts, counts) == 0
    assert total_variation(counts, counts) == largest_difference(counts, counts) == jensen_shannon(counts, counts) == 0
    assert kolmogorov_smirnov(counts, counts) == (0, 1)
    assert wasserstein(counts, counts, 1.0) == 0


@given(COUNTS, COUNTS)
def test_distances_are_alike_in_both_directions_and_bounded(one, other):
    for distance in (population_stability_index, total_variation, largest_difference, jensen_shannon):
        assert distance(one, other) == pytest.approx(distance(other, one))
    assert largest_difference(one, other) <= total_variation(one, other) + 1e-12 <= 1 + 1e-9
    assert 0 <= jensen_shannon(one, other) <= 1 + 1e-12
    assert 0 <= kolmogorov_smirnov(one, other)[0] <= total_variation(one, other) + 1e-12


@given(COUNTS, COUNTS)
def test_they_are_what_scipy_finds(one, other):
    cells = np.arange(12)
    assert wasserstein(one, other, 1.0) == pytest.approx(stats.wasserstein_distance(cells, cells, one, other))
    assert jensen_shannon(one, other) == pytest.approx(jensenshannon(one, other, 2), abs=1e-7)
    seen = (one + other) > 0
    if seen.sum() > 1:
        expected = stats.chi2_contingency(np.vstack([one[seen], other[seen]]), correction=False)
        assert chi_squared(one, other) == pytest.approx((expected.statistic, expected.pvalue))
    left, right = np.repeat(cells, one), np.repeat(cells, other)
    assert kolmogorov_smirnov(one, other)[0] == pytest.approx(stats.ks_2samp(left, right).statistic)


def test_ten_bins_hold_a_tenth_each_and_ties_stay_together():
    even = np.full(1_000, 7)
    assert np.bincount(quantile_bins(even), even).tolist() == [700] * 10
    tied = np.array([600, 100, 100, 100, 100])
    assert quantile_bins(tied).tolist() == [0, 1, 2, 3, 4]


@given(COUNTS)
def test_bins_are_in_the_order_of_cells_and_at_most_ten(counts):
    bins = quantile_bins(counts)
    assert (np.diff(bins) >= 0).all()
    assert bins.max() < 10


def test_without_change_the_index_is_about_what_chance_makes():
    dice = np.random.default_rng(1)
    shares = np.full(10, 0.1)
    found = [
        population_stability_index(dice.multinomial(5_000, shares), dice.multinomial(3_000, shares)) for _ in range(400)
    ]
    mean, deviation = expected_index(10, 5_000, 3_000)
    assert np.mean(found) == pytest.approx(mean, rel=0.1)
    assert np.std(found) == pytest.approx(deviation, rel=0.15)
