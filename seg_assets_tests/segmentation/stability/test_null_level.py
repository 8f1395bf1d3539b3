from __future__ import annotations

import numpy as np
import pytest

from seg_assets.segmentation.stability.null_level import null_level, null_levels_by_rank


def noisy(random: np.random.Generator, truth: np.ndarray, repeats: int, noise: float = 0.1) -> np.ndarray:
    """(repeats, segments)."""
    return truth + noise * random.normal(size=(repeats, len(truth)))


def test_fewer_repeats_of_the_nulls_do_not_raise_the_level() -> None:
    random = np.random.default_rng(0)
    centres = random.normal(0.5, 0.02, size=400)
    few = null_level([noisy(random, np.array([c]), 2)[:, 0] for c in centres], 20)
    many = null_level([noisy(random, np.array([c]), 20)[:, 0] for c in centres], 20)
    naive = np.quantile([noisy(random, np.array([c]), 2).mean() for c in centres], 0.95)
    assert few == pytest.approx(many, abs=0.01)
    assert naive > many + 0.05


def test_a_single_repeat_is_taken_as_it_is() -> None:
    assert null_level([np.array([v]) for v in np.linspace(0, 1, 21)], 10) == pytest.approx(0.95)


def test_equal_nulls_are_their_own_level() -> None:
    assert null_level([np.array([1.0, 1.0])] * 5, 10) == 1.0


def test_segments_of_the_null_itself_seldom_pass_at_any_rank() -> None:
    """Data drawn as the nulls are should pass 5 % of the time, at the worst rank as at the best."""
    random = np.random.default_rng(1)
    truth = np.array([0.95, 0.8, 0.7, 0.7])
    passed = np.zeros(4)
    for _ in range(150):
        nulls = [noisy(random, truth, 2) for _ in range(20)]
        data = noisy(random, truth, 20)
        passed += -np.sort(-data.mean(axis=0)) > null_levels_by_rank(nulls, data)
    assert (passed / 150 < 0.15).all()


def test_segments_above_the_null_pass_at_their_own_rank() -> None:
    random = np.random.default_rng(2)
    nulls = [noisy(random, np.array([0.99, 0.6, 0.5]), 2, 0.02) for _ in range(20)]
    data = noisy(random, np.array([0.99, 0.9, 0.9]), 20, 0.02)
    above = -np.sort(-data.mean(axis=0)) > null_levels_by_rank(nulls, data)
    assert above[1:].all()


def test_nulls_with_another_number_of_segments_count_at_the_same_relative_rank() -> None:
    nulls = [np.tile(np.linspace(1, 0, segments), (2, 1)) for segments in (3, 5, 9)]
    assert null_levels_by_rank(nulls, np.full((2, 5), 0.5)) == pytest.approx(np.linspace(1, 0, 5))
