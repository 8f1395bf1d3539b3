"""The loop over k that refreshes are set beside is a fair one: it finds groups where there are some."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import plain_refresh
from benchmarks.plain_refresh import figures, fitted, part_of_refits
from seg_assets.segmentation.stability.assessment import Effort

COUNTS = (2, 3, 4)


@pytest.fixture
def groups() -> np.ndarray:
    """Three round groups of 200 points far from each other, in an order that is chance."""
    random = np.random.default_rng(0)
    points = random.normal(size=(600, 4)) + 20 * np.eye(4)[np.arange(600) % 3]
    return random.permutation(points)


def test_the_right_number_is_the_most_compact_and_shares_add_up(groups: np.ndarray) -> None:
    found = figures(fitted(groups, COUNTS, 1), groups, groups, 1)
    assert max(COUNTS, key=lambda count: found[count].silhouette) == 3
    assert max(COUNTS, key=lambda count: found[count].gap) == 3
    assert min(COUNTS, key=lambda count: found[count].davies_bouldin) == 3
    assert found[3].shares == pytest.approx([1 / 3] * 3)


def test_refits_agree_on_groups_and_not_without(groups: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    small = Effort(half=300, splits=2, bootstraps=2, nulls=2, null_splits=2, null_bootstraps=2)
    monkeypatch.setattr(plain_refresh, "EFFORT", small)
    monkeypatch.setattr(plain_refresh, "PARTS", 1)
    observed, nulls = part_of_refits(fitted(groups, COUNTS, 1), groups, 1)
    assert (observed[3].agreement, observed[3].strength) == (1.0, 1.0)
    assert observed[3].jaccards.tolist() == [1.0, 1.0, 1.0]
    assert observed[4].strength < 0.8
    assert len(nulls) == 2
    assert all(null[3].agreement < 0.9 and null[3].jaccards.min() < 0.9 for null in nulls)
