from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_assets.segmentation.stability.estimate import mean_of, quantile_of

shares = st.lists(st.floats(0, 1), min_size=2, max_size=30)


@given(shares)
def test_the_interval_holds_the_value_and_stays_within_the_bounds(values: list[float]) -> None:
    estimate = mean_of(values)
    assert estimate.value == pytest.approx(np.mean(values))
    assert 0 <= estimate.low <= estimate.value + 1e-12
    assert estimate.value - 1e-12 <= estimate.high <= 1


def test_the_interval_of_a_mean_is_students() -> None:
    estimate = mean_of([0.4, 0.5, 0.6])
    reach = 4.302652729911275 * 0.1 / np.sqrt(3)
    assert estimate.low == pytest.approx(0.5 - reach)
    assert estimate.high == pytest.approx(0.5 + reach)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    random = np.random.default_rng(0)
    found = [mean_of(random.normal(0.5, 0.1, size=8)) for _ in range(1_000)]
    assert np.mean([e.low <= 0.5 <= e.high for e in found]) == pytest.approx(0.95, abs=0.02)


@given(shares, st.floats(0.01, 0.99))
def test_a_quantile_and_its_interval_lie_among_the_repeats(values: list[float], share: float) -> None:
    estimate = quantile_of(values, share, seed=0)
    assert estimate.value == pytest.approx(np.quantile(values, share))
    assert min(values) - 1e-12 <= estimate.low <= estimate.high <= max(values) + 1e-12


def test_one_repeat_has_no_interval() -> None:
    with pytest.raises(ValueError, match="at least 2 repeats, got 1"):
        mean_of([0.5])
    with pytest.raises(ValueError, match="at least 2 repeats, got 1"):
        quantile_of([0.5], 0.05, seed=0)
