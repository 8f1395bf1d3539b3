"""Nested partitions are ranked from one count of leaves, exactly as if each were ranked by itself."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_assets.segmentation.count.prospects import (
    LeafCounts,
    difference,
    difference_by_chance,
    prospects,
    ranked_draws,
    shares_of,
    shrunk_rates,
)
from seg_assets.segmentation.lift import auc, segment_rates

LEAVES = 6
COARSE = np.array([0, 0, 1, 1, 2, 2])
FINE = np.arange(LEAVES)


def population(seed: int, rows: int = 3_000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    leaf = random.integers(0, LEAVES, rows)
    return leaf, random.random(rows) < 0.02 + 0.05 * leaf, random.integers(0, rows // 3, rows)


def counted(leaf: np.ndarray, converted: np.ndarray) -> np.ndarray:
    return np.bincount(2 * leaf + converted, minlength=2 * LEAVES).reshape(LEAVES, 2).astype(float)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_the_auc_is_that_of_the_accounts(seed: int) -> None:
    leaf, converted, families = population(seed)
    later, outcome, _ = population(seed + 1)
    judged = LeafCounts.of(later, outcome, families, LEAVES, seed=0, draws=3)
    for partition, found in zip(
        (COARSE, FINE), prospects(counted(leaf, converted), judged, np.array([COARSE, FINE])), strict=True
    ):
        rates = segment_rates(partition[leaf], converted, int(partition.max()) + 1)
        assert np.isclose(found.auc.value, auc(rates[partition[later]], outcome))


def test_rates_are_shrunk_as_lift_shrinks_them() -> None:
    leaf, converted, _ = population(3)
    assert np.allclose(shrunk_rates(counted(leaf, converted)), segment_rates(leaf, converted, LEAVES))


def test_intervals_hold_the_value_and_pairs_are_sharper_than_each() -> None:
    leaf, converted, families = population(0, 20_000)
    judged = LeafCounts.of(leaf, converted, families, LEAVES, seed=1)
    coarse, fine = prospects(counted(leaf, converted), judged, np.array([COARSE, FINE]))
    assert coarse.auc.low < coarse.auc.value < coarse.auc.high
    gain = difference(fine, coarse)
    assert 0 < gain.low < gain.value < gain.high
    assert gain.high - gain.low < fine.auc.high - fine.auc.low


def test_the_best_fifth_takes_part_of_a_segment() -> None:
    """100 accounts a leaf, 6 leaves: a fifth is 120 accounts, the best leaf and 20 accounts of the second."""
    counts = np.array([[100.0 - hits, hits] for hits in (0, 0, 0, 0, 10, 40)])
    judged = LeafCounts(counts, np.repeat(counts[None], 2, axis=0))
    found = prospects(counts, judged, np.array([FINE]))[0]
    assert np.isclose(found.reached, (40 + 10 * 20 / 100) / 50)


def test_the_ceilings_draws_are_of_the_same_families() -> None:
    leaf, converted, families = population(5, 20_000)
    judged = LeafCounts.of(leaf, converted, families, LEAVES, seed=2)
    fine = prospects(counted(leaf, converted), judged, np.array([FINE]))[0]
    top, draws = ranked_draws(leaf.astype(float), converted, families, seed=2)
    assert np.isclose(top.value, fine.auc.value)
    assert np.allclose(draws, fine.draws)
    share = shares_of(fine, top, draws)
    assert share is not None and np.allclose([share.value, share.low, share.high], 1.0)


def test_no_share_is_given_of_a_ceiling_near_chance() -> None:
    leaf, converted, families = population(5)
    judged = LeafCounts.of(leaf, converted, families, LEAVES, seed=2, draws=2)
    fine = prospects(counted(leaf, converted), judged, np.array([FINE]))[0]
    top, draws = ranked_draws(np.random.default_rng(0).random(len(leaf)), converted, families, seed=2, draws=2)
    assert top.value < 0.6
    assert shares_of(fine, top, draws) is None


def test_segments_by_lot_differ_by_chance_and_real_ones_do_not() -> None:
    leaf, converted, _ = population(7)
    lot = np.random.default_rng(1).integers(0, LEAVES, len(leaf))
    assert difference_by_chance(counted(leaf, converted), seed=0) == 1 / 200
    assert difference_by_chance(counted(lot, converted), seed=0) > 0.05
    assert difference_by_chance(counted(leaf, np.zeros(len(leaf), dtype=bool)), seed=0) == 1.0
